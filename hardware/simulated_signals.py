"""What simulated counters see: a peak over an axis, blobs over two, a steady light."""

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bliss.common.sampling import SamplingMode
from hardware.configuration import DeviceConfig

Signal = Callable[[], float]
Mode = Annotated[SamplingMode, Field(strict=False)]  # a name will do


class Positioned(Protocol):
    """What a peak follows: an axis, of any make."""

    @property
    def position(self) -> float:
        """Where it is now."""


def _positioned(value: object) -> object:
    # Asks the class: asking the axis itself would read its hardware.
    if not hasattr(type(value), "position"):
        raise PydanticCustomError("axis", "an axis is expected, as in `axis: $robz`")
    return value


AxisReference = Annotated[Any, BeforeValidator(_positioned)]


class SignalConfig(DeviceConfig):
    """What an entry of `counters` has, whatever its shape."""

    name: str = Field(min_length=1)
    unit: str | None = "cts"
    alias: str | None = Field(default=None, min_length=1)
    noise: float = Field(default=0.0, ge=0)  #: standard deviation, as a share of the signal


class GaussConfig(SignalConfig):
    """A signal that is a peak when an axis moves through it."""

    shape: Literal["gauss"]
    peak: float  #: highest signal, in `unit`
    axis: AxisReference
    centre: float = 0.0  #: in the axis' unit
    sigma: float = Field(gt=0)  #: in the axis' unit
    mode: Mode = SamplingMode.SINGLE

    def signal(self) -> Signal:
        """A function that computes the signal, without noise, where the axis is now."""
        axis, peak, centre, sigma = self.axis, self.peak, self.centre, self.sigma

        def read() -> float:
            return peak * math.exp(-(((axis.position - centre) / sigma) ** 2) / 2)

        return read


class ConstantConfig(SignalConfig):
    """A steady signal."""

    shape: Literal["constant"]
    peak: float  #: the signal, in `unit`
    mode: Mode = SamplingMode.MEAN

    def signal(self) -> Signal:
        """A function that returns the signal, without noise."""
        level = self.peak
        return lambda: level


class BlobConfig(DeviceConfig):
    """One round spot of a sample."""

    at: Annotated[list[float], Field(min_length=2, max_length=2)]  #: in the units of the axes
    sigma: float = Field(gt=0)  #: in the same
    peak: float  #: at its centre, in the counter's unit


class BlobsConfig(SignalConfig):
    """A sample on a stage of two axes: the sum of round spots, and a background."""

    shape: Literal["blobs"]
    axes: Annotated[list[AxisReference], Field(min_length=2, max_length=2)]
    blobs: list[BlobConfig] = Field(min_length=1)
    background: float = 0.0  #: in `unit`
    mode: Mode = SamplingMode.MEAN

    def signal(self) -> Signal:
        """A function that computes the signal, without noise, where the axes are now."""
        across, up = self.axes
        background = self.background
        spots = [(*blob.at, 2 * blob.sigma**2, blob.peak) for blob in self.blobs]

        def read() -> float:
            x, y = across.position, up.position
            return background + sum(
                peak * math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / width)
                for x0, y0, width, peak in spots
            )

        return read


AnySignal = Annotated[GaussConfig | ConstantConfig | BlobsConfig, Field(discriminator="shape")]
