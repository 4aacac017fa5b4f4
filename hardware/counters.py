"""Counters that can be read at any instant."""

from typing import Any, Literal

from bliss.common.protocols import SamplingController

#: What is made of the samples of a point: the mean of those taken in its counting time, or one.
SamplingMode = Literal["MEAN", "SINGLE"]


class SamplingCounter:
    """One value per point, made of readings of its controller.

    Args:
        name: What the user types, `"diode1"`.
        controller: What reads it.
        unit: Of its values.
        mode: `"MEAN"` of all samples in a point's counting time, or a `"SINGLE"` one.
        dtype: numpy's little-endian name of a value's type.
        shape: Of a value; `()` for a number.
    """

    def __init__(
        self,
        name: str,
        controller: SamplingController,
        *,
        unit: str | None = None,
        mode: SamplingMode = "MEAN",
        dtype: str = "<f8",
        shape: tuple[int, ...] = (),
    ) -> None:
        self.name = name
        self.unit = unit
        self.mode: str = mode
        self.dtype = dtype
        self.shape = shape
        self._controller = controller

    @property
    def controller(self) -> SamplingController:
        """The device that reads this counter, together with its others."""
        return self._controller

    @property
    def fullname(self) -> str:
        """`"simulation_counter_controller:sim_ct_gauss"`."""
        return f"{self._controller.name}:{self.name}"

    @property
    def value(self) -> float:
        """One reading, taken now."""
        return self._controller.read_all([self])[0]

    def __info__(self) -> str:
        """What a user wants to see, with a reading taken now."""
        value = f"{self.value} {self.unit}" if self.unit else str(self.value)
        return (
            f"{self.name}: counter of {self._controller.name}\n"
            f"  value  {value}\n"
            f"  mode   {self.mode}\n"
            f"  type   {self.dtype}, shape {self.shape}"
        )

    def __repr__(self) -> str:
        return f"<SamplingCounter {self.fullname}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        nested = len(printer.stack) > 1  # in a list, say
        printer.text(repr(self) if nested else self.__info__())
