"""Which counters are looked at: a session's own choice, kept in the settings server.

It is the field `counters` of the setting `{session}:plot`, a list of full channel names.  Who wants
to know at once when it changes, such as a live plot, holds the Channel of the same name, whose
value is that list; no value means that nothing has changed yet.
"""

from collections.abc import Sequence

from bliss.config.channels import Channel
from bliss.config.settings import HashSetting
from bliss.scanning.session import Session

_FIELD = "counters"


def _name(session: Session) -> str:
    return f"{session.name}:plot"


def read(session: Session) -> list[str]:
    """The full channel names that were chosen, the most wanted first: `["diodes:diode1"]`."""
    stored = HashSetting(_name(session), {_FIELD: []}, beacon=session.beacon)[_FIELD]
    return [str(name) for name in stored]


def write(session: Session, channels: Sequence[str]) -> None:
    """Choose others, here and in all processes that follow the choice."""
    HashSetting(_name(session), beacon=session.beacon)[_FIELD] = list(channels)
    # who holds it has the value; when nobody does, nobody asks
    with Channel(_name(session), value=list(channels), beacon=session.beacon):
        pass
