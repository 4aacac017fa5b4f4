"""A move that is worked out before it begins, while the axis has to stand still anyway.

A scan has its next moves worked out while its counters count: between two points the hardware is
then told to move, and asked nothing.
"""

from typing import TYPE_CHECKING

from bliss.common import clock
from hardware._move import Move

if TYPE_CHECKING:
    from hardware.axis import Axis

FRESH = 0.1  #: s for which it counts what the hardware said; a count that lasts gains nothing


class Prepared:
    """A move of an axis that is not calculated and has no hooks; harmless if it never begins.

    Whatever is done with the axis meanwhile has the move worked out anew: see `is_good_for`.

    Args:
        axis: What is to move; it is asked what it does, and where it is.
        target: User position where to.

    Raises:
        LimitError: If it cannot go there.
        DeviceError: If it cannot move now.
    """

    def __init__(self, axis: "Axis", target: float) -> None:
        self._known = axis.settings.known
        self._asked = clock.now()
        axis.check_ready()
        self._target = axis.checked_target(target)
        self.move = Move.to(axis, self._target, axis.dial)

    def is_good_for(self, target: float) -> bool:
        """Whether this still is how the axis gets to `target`."""
        axis = self.move.axis
        return (
            target == self._target
            and clock.now() - self._asked < FRESH
            and self._known is axis.settings.known  # another object once something was set
            and axis.name in axis.controller.in_use
            and not axis.motion_hooks
        )
