"""What is to happen before axes move and after they have: open an air cushion, close a brake."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware._move import Move
    from hardware.axis import Axis


class MotionHook:
    """Called around moves, on the greenlet that begins or waits for them.

    Attach it with `axis.motion_hooks.append(hook)`, or in `sessions.yml` with
    `motion_hooks: [$name]`.  One that several axes share is called once for those that move
    together.
    """

    def pre_move(self, moves: Mapping["Axis", tuple[float, float]]) -> None:
        """Called before anything moves, with `{axis: (from, to)}`; what it raises forbids it."""

    def post_move(self, axes: Sequence["Axis"]) -> None:
        """Called when all of them stand still, whatever happened; also when none could start."""


class Hooked:
    """The hooks of axes that move together; false if there is none."""

    def __init__(self, axes: Iterable["Axis"]) -> None:
        self._axes = list(axes)
        self._hooks = list(dict.fromkeys(h for axis in self._axes for h in axis.motion_hooks))
        self._called: list[MotionHook] = []
        self._left = set(self._axes)

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def before(self, moves: Mapping["Axis", tuple[float, float]]) -> None:
        """Call `pre_move` of each; if one raises, those before it hear that it is over."""
        for hook in self._hooks:
            mine = {axis: way for axis, way in moves.items() if hook in axis.motion_hooks}
            try:
                hook.pre_move(mine)
            except BaseException:
                self.give_up()
                raise
            self._called.append(hook)

    def after(self, move: "Move") -> None:
        """A move has ended; the last one has `post_move` called."""
        self._left.discard(move.axis)
        if not self._left:
            self.give_up()

    def give_up(self) -> None:
        """Call `post_move` of each whose `pre_move` was called, once."""
        called, self._called = self._called, []
        for hook in reversed(called):
            hook.post_move([axis for axis in self._axes if hook in axis.motion_hooks])
