"""Asks several axes at once; one that does not answer costs the others nothing."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import gevent

from bliss.common.ending import in_words
from bliss.common.protocols import Axis

LIMIT = 1.0  #: s that reading axes may take

Answer = TypeVar("Answer")


def ask(
    axes: Sequence[Any], question: Callable[[Any], Answer], limit: float | None = LIMIT
) -> dict[Any, Answer | BaseException]:
    """What each axis answers, or what went wrong, in the order of the axes.

    Args:
        axes: Which to ask.
        question: Called with each axis, on a greenlet of its own.
        limit: s until an axis counts as silent; None waits for ever.
    """
    answers: dict[Any, Answer | BaseException] = {}

    def put(axis: Any) -> None:
        try:
            answers[axis] = question(axis)
        except (Exception, gevent.Timeout) as error:  # noqa: BLE001 - the answer of this axis
            answers[axis] = error

    greenlets = [gevent.spawn(put, axis) for axis in axes]
    try:
        gevent.joinall(greenlets, timeout=limit)
    finally:
        gevent.killall(greenlets, block=False)
    silent = TimeoutError(f"no answer within {limit or 0:g} s")
    return {axis: answers.get(axis, silent) for axis in axes}


def why(axis: Axis, error: BaseException) -> str:
    """What went wrong, where the axis is named already: `"no answer within 1 s"`."""
    text = str(error) if isinstance(error, TimeoutError) else in_words(error)
    return text.removeprefix(f"{axis.name}: ")
