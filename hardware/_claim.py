"""Who has an axis while more than one request to the hardware is made about it.

To begin a move takes several requests, and other greenlets run meanwhile: without a claim, two of
them could begin a move of the same axis, or one set its position while the other moves it.
"""

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bliss.common.errors import DeviceError

if TYPE_CHECKING:
    from hardware.driven_axis import DrivenAxis


Words = Callable[[Any], str]
"""Says of an axis what is being done with it."""


class Claim:
    """Something is being done with an axis that bears no other beside it.

    Args:
        what: Gives what is told to others, in words that follow the axis' name: `"is moving"`.
    """

    def __init__(self, what: Words) -> None:
        self.what = what
        self.is_stopped = False  #: whether somebody wanted the axis to stand still meanwhile


class claimed:  # noqa: N801 - it is used as a function is
    """Have axes for oneself, all or none: a context manager.

    Args:
        axes: Which.
        what: As of `Claim`.

    Raises:
        DeviceError: If another greenlet has one.
    """

    def __init__(self, axes: "Iterable[DrivenAxis]", what: Words) -> None:
        self._axes = list(axes)
        self._what = what

    def __enter__(self) -> None:
        for axis in self._axes:
            if axis.claim is not None:
                raise DeviceError(f"{axis.name}: {axis.claim.what(axis)}")
        for axis in self._axes:
            axis.claim = Claim(self._what)
            axis.prepared = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for axis in self._axes:
            axis.claim = None


def check_not_stopped(axes: "Iterable[DrivenAxis]") -> None:
    """Raise `DeviceError` if somebody stopped one of these claimed axes."""
    for axis in axes:
        if axis.claim is not None and axis.claim.is_stopped:
            raise DeviceError(f"{axis.name}: was stopped before it began to move")
