"""Which columns the table of a scan has, a session's own choice; apart from what plots show.

It is the setting `{session}:table`, a list of names of channels, or of patterns of them.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from bliss.common.errors import ArgumentError, BlissError
from bliss.common.protocols import counters_of, is_axis
from bliss.config.settings import SimpleSetting
from bliss.scanning.session import Session

COMMANDS = ("tableselect",)


class TableChoice:
    """The command, and what was chosen.

    Args:
        session: Whose choice it is.
    """

    def __init__(self, session: Session) -> None:
        self._setting = SimpleSetting(f"{session.name}:table", [], beacon=session.beacon)

    def commands(self) -> dict[str, Callable[..., None]]:
        """What can be typed."""
        return {name: getattr(self, name) for name in COMMANDS}

    def wanted(self) -> Sequence[str]:
        """Names of channels, or patterns; none where that cannot be told: a table has all then."""
        with suppress(BlissError):
            return [str(name) for name in self._setting.get()]
        return []

    def tableselect(self, *counters: Any) -> None:
        """Choose the columns that the table of a scan has, besides the axes that it moves.

            tableselect(diode1, "sim*")
            tableselect("elapsed_time", diode1)
            tableselect()

        It is kept when the session ends.  All channels are recorded all the same, and plots have
        a choice of their own: `plotselect`.  A scan that has none of them shows all.

        Args:
            counters: Counters, groups of them, or names of channels, with `*` and `?`; without
                any, what is chosen is shown; `None` forgets it.

        Raises:
            ArgumentError: If one is something else.
        """
        if counters:
            names = [] if counters == (None,) else [n for each in counters for n in _names(each)]
            self._setting.set(list(dict.fromkeys(names)))
        shown = ", ".join(name.rpartition(":")[2] for name in self._setting.get())
        print(f"tables show {f'the axes and {shown}' if shown else 'all that a scan has'}")


def _names(chosen: Any) -> list[str]:
    """The channels that one argument stands for."""
    if isinstance(chosen, str) and chosen.strip():
        return [chosen]
    if is_axis(chosen):
        return [f"axis:{chosen.name}"]
    names = [f"{each.controller.name}:{each.name}" for each in counters_of(chosen)]
    if not names:
        raise ArgumentError(
            f"tableselect: {chosen!r:.60} is no counter; expected counters or names, as in "
            'tableselect(diode1, "sim*"); lscnt() lists counters'
        )
    return names
