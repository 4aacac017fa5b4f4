"""Where the axes of a session are when a scan begins and ends, for its metadata."""

import logging
from collections.abc import Sequence

import gevent

from bliss.common.ending import in_words
from bliss.common.protocols import Axis

_log = logging.getLogger(__name__)

LIMIT = 1.0  #: s that reading all axes may take


def read_positions(axes: Sequence[Axis], when: str) -> dict[str, dict[str, float]]:
    """The user and dial positions of the axes, read side by side.

    An axis that fails, or does not answer in time, is left out with a warning: it must not cost
    a scan that may not even use it.  One that is dormant is left out, too: starting it takes time.

    Args:
        axes: Which to read.
        when: `"start"` or `"end"`.

    Returns:
        `{"positioners_start": {"robz": 1.0}, "positioners_dial_start": {"robz": 1.0}}`
    """
    axes = [axis for axis in axes if not getattr(axis, "is_dormant", False)]
    answers: dict[str, tuple[float, float] | BaseException] = {}
    readers = [gevent.spawn(_read, axis, answers) for axis in axes]
    try:
        gevent.joinall(readers, timeout=LIMIT)
    finally:
        gevent.killall(readers, block=False)
    user, dial = {}, {}
    for axis in axes:
        answer = answers.get(axis.name) or TimeoutError(f"no answer within {LIMIT:g} s")
        if isinstance(answer, BaseException):
            _log.warning(
                "%s: the scan's metadata is without its position at the %s (%s)",
                *(axis.name, when, in_words(answer)),
            )
        else:
            user[axis.name], dial[axis.name] = answer
    return {f"positioners_{when}": user, f"positioners_dial_{when}": dial}


def _read(axis: Axis, answers: dict[str, tuple[float, float] | BaseException]) -> None:
    try:
        answers[axis.name] = float(axis.position), float(axis.dial)
    except (Exception, gevent.Timeout) as error:  # noqa: BLE001 - told by who asked
        answers[axis.name] = error
