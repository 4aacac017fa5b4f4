"""What the configuration says of axes, whatever drives them.

A controller with more fields derives from these two models and names its own as `Config`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from bliss.beacon import get_beacon
from hardware.configuration import DeviceConfig, checked

Pair = Annotated[list[float | None], Field(min_length=2, max_length=2)]


class EncoderConfig(DeviceConfig):
    """The encoder of an axis."""

    steps_per_unit: float = 1.0  #: encoder steps for a unit of the axis; below 0 if it runs back


class AxisConfig(DeviceConfig):
    """One entry of `axes`."""

    name: str = Field(min_length=1)
    unit: str | None = None
    steps_per_unit: float | None = None  #: below 0 if the motor runs the other way round;
    #: None where the controller itself counts in units
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


#: Settings that the configuration has a say in, as `AxisSettings` calls them.
SETTABLE = ("velocity", "acceleration", "low_limit", "high_limit")

#: Fields of an entry that may change while a session uses it.
_CHANGEABLE = (
    "velocity", "velocity_limits", "acceleration", "limits", "sign", "backlash", "tolerance"
)  # fmt: skip


def now_configured(name: str, config: AxisConfig) -> AxisConfig:
    """An axis' entry with what the configuration file says by now.

    Raises:
        ConfigError: If that is wrong.
    """
    now = get_beacon().object_config(name)
    fixed = {f: v for f, v in config.model_dump(exclude_unset=True).items() if f not in _CHANGEABLE}
    changed = {field: now[field] for field in _CHANGEABLE if field in now}
    return checked(type(config), name, fixed | changed)
