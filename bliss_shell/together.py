"""Moves of several axes: begun together, and over when all stand still or one has failed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import gevent

from bliss.common.ending import Step
from hardware import _start
from hardware.axis import Axis

Targets = Mapping[Axis, float]
"""User positions to go to."""


def check(targets: Targets) -> None:
    """Raise what says that these moves cannot begin; nothing moves.

    Raises:
        LimitError: If a position is outside the limits of an axis, or of a real one behind it.
        DeviceError: If an axis moves already, or cannot be moved.
    """
    for axis in _start.check(targets):
        axis.check_ready()


def start(targets: Targets, *, wait: bool) -> None:
    """Begin moves that were checked.

    Args:
        targets: Where to.
        wait: Whether `wait_for` follows; else each move is looked after by itself.
    """
    _start.start(targets, after=None if wait else _nothing)


def _nothing(_axis: Axis) -> None:
    """An axis whose move has an `after` is watched to its end."""


def wait_for(axes: Sequence[Axis]) -> None:
    """Wait until all stand still; what goes wrong with one is raised at once."""
    if len(axes) == 1:
        axes[0].wait_move()
        return
    waiting = [gevent.spawn(_problem_of, axis.wait_move) for axis in axes]
    try:
        for greenlet in gevent.iwait(waiting):
            if greenlet.value:
                raise greenlet.value
    finally:
        gevent.killall(waiting, block=False)


def _problem_of(work: Callable[[], Any]) -> Exception | None:
    try:
        work()
    except Exception as problem:  # noqa: BLE001 - raised by who waits for all
        return problem
    return None


def stop_steps(axes: Sequence[Axis]) -> list[Step]:
    """Stopping all, as steps of an ending that run side by side."""
    return [Step(f"stopping {axis.name}", partial(axis.stop), again=True) for axis in axes]
