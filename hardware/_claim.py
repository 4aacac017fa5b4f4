"""Who has an axis while more than one request to the hardware is made about it.

To begin a move takes several requests, and other greenlets run meanwhile: without a claim, two of
them could begin a move of the same axis, or one set its position while the other moves it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bliss.common.errors import DeviceError

if TYPE_CHECKING:
    from hardware.driven_axis import DrivenAxis


class Claim:
    """Something is being done with an axis that bears no other beside it.

    Args:
        what: What is told to others, in words that follow the axis' name: `"is moving already"`.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.is_stopped = False  #: whether somebody wanted the axis to stand still meanwhile


@contextmanager
def claimed(axes: "Mapping[DrivenAxis, str]") -> Iterator[None]:
    """Have these axes for oneself, all or none.

    Args:
        axes: With what others are told.

    Raises:
        DeviceError: If another greenlet has one.
    """
    for axis in axes:
        if axis.claim is not None:
            raise DeviceError(f"{axis.name}: {axis.claim.what}")
    for axis, what in axes.items():
        axis.claim = Claim(what)
    try:
        yield
    finally:
        for axis in axes:
            axis.claim = None


def check_not_stopped(axes: "Iterable[DrivenAxis]") -> None:
    """Raise `DeviceError` if somebody stopped one of these claimed axes."""
    for axis in axes:
        if axis.claim is not None and axis.claim.is_stopped:
            raise DeviceError(f"{axis.name}: was stopped before it began to move")
