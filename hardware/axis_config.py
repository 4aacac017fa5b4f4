"""What the configuration says of axes, whatever drives them.

A controller with more fields derives from these two models and names its own as `Config`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from hardware.configuration import DeviceConfig

Pair = Annotated[list[float | None], Field(min_length=2, max_length=2)]


class EncoderConfig(DeviceConfig):
    """The encoder of an axis."""

    steps_per_unit: float = 1.0  #: encoder steps for a unit of the axis; below 0 if it runs back


class AxisConfig(DeviceConfig):
    """One entry of `axes`."""

    name: str = Field(min_length=1)
    unit: str | None = None
    steps_per_unit: float = 1.0  #: below 0 if the motor runs the other way round
    velocity: float | None = Field(default=None, gt=0)  #: unit/s
    velocity_limits: Pair | None = None  #: unit/s; None: no limit
    acceleration: float | None = Field(default=None, gt=0)  #: unit/s2
    limits: Pair | None = None  #: dial positions, in `unit`; None: no limit
    sign: Literal[1, -1] = 1  #: of the user position against the dial
    backlash: float = 0.0  #: unit; motions against its sign go so far beyond, and come back
    tolerance: float | None = Field(default=None, gt=0)  #: unit; how far from its target it may end
    encoder: EncoderConfig | None = None
    check_encoder: bool = False  #: compare the encoder, not the controller, with the target
    motion_hooks: list[Any] = Field(default_factory=list)


class ControllerConfig(DeviceConfig):
    """A controller of axes."""

    axes: Sequence[AxisConfig] = Field(min_length=1)
