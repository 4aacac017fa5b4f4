"""The start of moves: checked before anything moves, then all begun together.

Calculated axes are replaced by the real ones behind them, so whatever is asked to move, it is real
axes that are checked and moved, each controller's with one call.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import gevent

from bliss.common.errors import ArgumentError, BlissError, LimitError
from hardware._claim import check_not_stopped, claimed
from hardware._move import Move
from hardware._prepared import Prepared
from hardware.axis_controller import AxisController
from hardware.motion_hook import Hooked

if TYPE_CHECKING:
    from hardware.axis import Axis

Targets = Mapping["Axis", float]
"""User positions to go to."""


def check(targets: Targets) -> dict["Axis", float]:
    """What these moves come to: the user positions of all axes concerned, the real ones last.

    Raises:
        LimitError: If an axis, or a real one behind it, cannot go there; asks calculated axes only
            for positions.
        ArgumentError: If two of them need the same axis in different places.
    """
    level = {axis: axis.checked_target(target) for axis, target in targets.items()}
    is_real = not any(axis.real_axes for axis in level)
    return level if is_real else _checked(level)


def _checked(level: dict["Axis", float]) -> dict["Axis", float]:
    everything = dict(level)
    for controller, group in by_controller(level):
        real = controller.real_targets({axis: level[axis] for axis in group})
        if not real:
            continue
        names = ", ".join(axis.name for axis in group)
        for axis, target in real.items():
            try:
                axis.checked_target(target)
            except LimitError as problem:
                raise LimitError(f"{names}: needs {problem}") from None
            if axis in level and abs(level[axis] - target) > axis.resolution:
                raise ArgumentError(
                    f"{axis.name}: is moved by {names} already; leave one of them out"
                )
        everything |= _checked(real)
    return everything


def by_controller(
    axes: Mapping["Axis", Any] | Sequence["Axis"],
) -> list[tuple[AxisController, list["Axis"]]]:
    """The axes of each controller."""
    if len(axes) == 1:  # most moves are of one axis, and a scan makes thousands of them
        return [(axis.controller, [axis]) for axis in axes]
    groups: dict[int, tuple[AxisController, list[Axis]]] = {}
    for axis in axes:
        groups.setdefault(id(axis.controller), (axis.controller, []))[1].append(axis)
    return list(groups.values())


def start(
    targets: Targets,
    before: Callable[[], object] | None = None,
    after: Callable[[Move], object] | None = None,
) -> None:
    """Begin all moves and return; if one cannot be begun, those that were are stopped.

    Args:
        targets: Where to.
        before: Called when nothing is left to do but to begin, and nobody else can.
        after: Called with each move when it has ended.

    Raises:
        LimitError: If a position is outside limits; nothing has moved.
        DeviceError: If an axis moves already, or cannot be moved.
    """
    prepared = None if before or after else _prepared(targets)
    with claimed(targets, lambda axis: axis.moves_already(targets[axis])):
        if prepared:
            _begin_all(prepared, targets)
            return
        for axis in targets:
            axis.controller.ensure(axis)  # what is settled then may change what positions mean
        everything = check(targets)
        if len(everything) == len(targets):
            _start(everything, targets, before, after)
            return
        others = [axis for axis in everything if axis not in targets]
        with claimed(others, lambda axis: axis.moves_already(everything[axis])):
            _start(everything, targets, before, after)


def _start(
    everything: Targets,
    targets: Targets,
    before: Callable[[], object] | None,
    after: Callable[[Move], object] | None,
) -> None:
    for axis in everything:
        axis.check_ready()
    dials = {axis: axis.dial for axis in everything}
    calls: list[Callable[[Move], object]] = []
    hooked = None
    if any(axis.motion_hooks for axis in everything):
        hooked = Hooked(everything)
        hooked.before({a: (a.dial_to_user(dials[a]), target) for a, target in everything.items()})
        calls.append(hooked.after)
    if len(everything) > len(targets):  # nobody waits for the real axes behind calculated ones
        calls.append(partial(_stop_others, list(everything)))
    if after:
        calls.append(after)
    try:
        moves = {axis: Move.to(axis, everything[axis], dials[axis], calls) for axis in everything}
        for axis, move in moves.items():
            move.parts = [moves[real] for real in axis.real_axes]
        if before:
            before()
        _begin_all(moves, targets, watched=bool(calls))
    except BaseException:
        if hooked:
            hooked.give_up()
        raise


def prepare(axis: "Axis", target: float) -> None:
    """Work out a move that begins soon, if it does; what is wrong with it, its start says."""
    axis.prepared = None
    if axis.real_axes or axis.motion_hooks or axis.claim:
        return
    with contextlib.suppress(BlissError):
        axis.prepared = Prepared(axis, target)


def _prepared(targets: Targets) -> dict["Axis", Move] | None:
    """The moves, if all of them were worked out before."""
    moves = {}
    for axis, target in targets.items():
        if axis.prepared is None or not axis.prepared.is_good_for(target):
            return None
        moves[axis] = axis.prepared.move
    return moves


def _begin_all(moves: Mapping["Axis", Move], targets: Targets, *, watched: bool = False) -> None:
    """Begin moves.

    Args:
        moves: All of them.
        targets: The axes for which somebody waits.
        watched: Whether each has more to do at its end than to be looked at.
    """
    begun: list[Axis] = []
    try:
        for controller, group in by_controller(moves):
            begun += group
            check_not_stopped(moves)
            _begin(controller, [moves[axis] for axis in group])
            for axis in group:
                if watched or moves[axis].has_legs:
                    moves[axis].watch(quietly=axis not in targets)
        check_not_stopped(moves)
    except BaseException as reason:
        stop(begun, reason)
        raise


def _stop_others(axes: Sequence["Axis"], move: Move) -> None:
    """Have all stand still that began with one that failed."""
    if move.error:
        for axis in axes:
            if axis is not move.axis and axis.is_moving:
                axis.begin_stop()


def _begin(controller: AxisController, moves: Sequence[Move]) -> None:
    for move in moves:
        move.axis.on_move_start(move)
    motions = [move.axis.motion_to(move.take_leg(), move.start_dial) for move in moves]
    try:
        if len(motions) == 1:
            controller.start_one(motions[0])
        else:
            controller.start_all(motions)
    except BaseException:
        for move in moves:
            move.is_stopped = True
        raise


def stop(axes: Sequence["Axis"], reason: BaseException | None = None) -> None:
    """Stop axes side by side, and return when all stand still.

    Args:
        axes: Which.
        reason: Why; what cannot be stopped is noted on it, and raised if there is none.
    """
    stoppers = {axis: gevent.spawn(_problem_of, axis.stop) for axis in axes}
    gevent.joinall(list(stoppers.values()))
    problems = [(a, g.value) for a, g in stoppers.items() if g.value]
    for axis, problem in problems:
        if reason is None:
            raise problem
        who = "the axis" if len(axes) == 1 else axis.name
        reason.add_note(f"and {who} could not be stopped: {problem}")


def _problem_of(call: Callable[[], object]) -> BaseException | None:
    """What a call raises; a greenlet that raises has its traceback printed."""
    try:
        call()
    except Exception as problem:  # noqa: BLE001 - told by who waits
        return problem
    return None
