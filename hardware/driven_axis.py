"""Where an axis is, and how it is set: positions, limits, velocity, what the hardware says.

user position = sign * dial + offset        dial = steps of the controller / steps_per_unit
"""

import logging
import math
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bliss.beacon import get_beacon
from bliss.common.errors import DeviceError, LimitError, NotSupportedError, SettingError
from hardware._claim import Claim, claimed
from hardware._last_seen import complaint
from hardware._limits import checked_limits
from hardware._numbers import above_zero, number
from hardware.axis_config import SETTABLE, AxisConfig, now_configured
from hardware.axis_settings import AxisSettings
from hardware.axis_state import AxisState

if TYPE_CHECKING:
    from hardware._prepared import Prepared
    from hardware.axis import Axis
    from hardware.axis_controller import AxisController


_log = logging.getLogger(__name__)


class DrivenAxis:
    """What a controller sees of an axis; `hardware.axis.Axis` is one that moves."""

    def __init__(
        self,
        name: str,
        controller: "AxisController",
        config: AxisConfig,
        settings: MutableMapping[str, Any],
    ) -> None:
        self.name = name
        self.unit = config.unit
        self.config: Any = config
        self.steps_per_unit = 1.0 if config.steps_per_unit is None else config.steps_per_unit
        self._controller = controller
        self._is_disabled = False
        self.claim: Claim | None = None  #: what is being done with it, if that bears no other
        self.prepared: Prepared | None = None  #: its next move, if that is worked out already
        #: User position that the last move was to end at; None once it is known to be elsewhere.
        self._sent: float | None = None
        self._configure()
        self.settings = AxisSettings(self._defaults(), settings)

    def _configure(self) -> None:
        """Take from the configuration what is not a setting."""
        self.backlash: float = self.config.backlash
        self.tolerance: float | None = self.config.tolerance

    def _defaults(self) -> dict[str, Any]:
        low, high = checked_limits(self.name, self.config.limits or (None, None), self.amount)
        return {
            "offset": 0.0,
            "sign": self.config.sign,
            "velocity": self.config.velocity,
            "acceleration": self.config.acceleration,
            "low_limit": low,
            "high_limit": high,
        }

    @property
    def controller(self) -> "AxisController":
        """What drives the axis."""
        return self._controller

    @property
    def real_axes(self) -> "list[Axis]":
        """The axes that are moved when this one is; none if it is real itself."""
        return self._controller.real_axes

    @property
    def _hardware(self) -> "AxisController":
        """The controller, when it knows the axis."""
        controller = self._controller
        if self.name not in controller.in_use:
            controller.ensure(self)
        return controller

    # What it does

    @property
    def state(self) -> AxisState:
        """What it does, read from the hardware: `READY`, `MOVING`, `READY LIMPOS`, `FAULT` …"""
        state = self.hardware_state()
        return state.with_("DISABLED", without="READY") if self._is_disabled else state

    def hardware_state(self) -> AxisState:
        """What the hardware says that it does."""
        return self._hardware.state(self)

    @property
    def is_moving(self) -> bool:
        """Whether a move is under way, read from the hardware."""
        return "MOVING" in self.state

    @property
    def is_dormant(self) -> bool:
        """Whether its hardware would have to be started before it can be used."""
        return self._controller.is_dormant

    def on(self) -> None:
        """Give it power."""
        self._hardware.set_on(self)

    def off(self) -> None:
        """Take its power away."""
        self._check_rest("it cannot be switched off")
        self.prepared = None
        self._hardware.set_off(self)

    def disable(self) -> None:
        """Refuse to move it until `enable()`."""
        self._is_disabled = True
        self.prepared = None

    def enable(self) -> None:
        """The opposite of `disable`."""
        self._is_disabled = False

    def sync_hard(self) -> None:
        """Believe the hardware: initialize the axis again, and tell it the settings."""
        self._controller.start_over(self)
        self.settings.load()
        self.settings.saw(seen=None, going_to=None)  # wherever it is now, it is right there
        self._controller.ensure(self)

    def _check_rest(self, what: str) -> None:
        if self.is_moving:
            raise DeviceError(f"{self.name}: {what} while it moves; stop it or wait")

    @contextmanager
    def _at_rest(self, setting: str) -> Iterator[None]:
        """Have the axis stand still, and nobody begin to move it, while it is set."""
        with claimed([self], lambda _: f"its {setting} is being set; wait for that to end"):
            self._check_rest(f"its {setting} cannot be set")
            self._sent = None  # what is set holds for where the axis is, not for where it was sent
            yield

    def amount(self, value: float | None) -> str:
        """A position with its unit: `"1.5 mm"`."""
        return f"{value} {self.unit}" if self.unit else str(value)

    def __repr__(self) -> str:
        return f"<Axis {self.name}>"

    # Where it is

    @property
    def position(self) -> float:
        """User position, read from the hardware: `-4.98`.

        Setting it moves nothing: it changes the offset, so that the axis is there from now on.
        """
        return self.dial_to_user(self.dial)

    @position.setter
    def position(self, position: float) -> None:
        wanted = number(self.name, "position", position)
        with self._at_rest("position"):
            dial = self.dial
            self.settings.update({"offset": wanted - self.sign * dial}, durably=True)

    @property
    def dial(self) -> float:
        """Position as the hardware has it, read from it.

        Setting it tells the hardware that it is there; the user position stays what it is.
        """
        return self._hardware.read_position(self) / self.steps_per_unit

    @dial.setter
    def dial(self, dial: float) -> None:
        wanted = number(self.name, "dial position", dial)
        with self._at_rest("dial"):
            # the hardware and the offset cannot change at once: what is half done is known
            # meanwhile, and brought to its end before the axis is used again
            about = {"dial_to_be": wanted, "position_to_keep": self.position}
            try:
                self.settings.update(about, durably=True)
                self._hardware.set_position(self, wanted * self.steps_per_unit)
                self._settle_dial()
            except BaseException:
                self._controller.start_over(self)
                raise

    def _settle_dial(self) -> None:
        """Bring a change of the dial to its end, one that a crash interrupted too."""
        wanted, position = self.settings["dial_to_be"], self.settings["position_to_keep"]
        if wanted is None:
            return
        settled: dict[str, Any] = {"dial_to_be": None, "position_to_keep": None}
        dial = self._controller.read_position(self) / self.steps_per_unit
        if abs(dial - wanted) <= self.resolution:  # the hardware was told
            settled |= {"offset": position - self.sign * dial, "seen": dial, "going_to": None}
            self.settings.saw(seen=dial, going_to=None)
        self.settings.update(settled, durably=True)

    @property
    def offset(self) -> float:
        """What is added to the dial position; `position = x` sets it."""
        return float(self.settings["offset"])

    @property
    def sign(self) -> int:
        """1, or -1 where the user position grows when the dial shrinks.

        Setting it keeps the user position, by way of the offset.
        """
        return int(self.settings["sign"])

    @sign.setter
    def sign(self, sign: int) -> None:
        if sign not in (1, -1):
            raise SettingError(f"{self.name}: {sign!r} is no sign; expected 1 or -1")
        with self._at_rest("sign"):
            dial = self.dial
            offset = self.dial_to_user(dial) - sign * dial
            self.settings.update({"sign": int(sign), "offset": offset}, durably=True)

    @property
    def measured_position(self) -> float:
        """What the encoder says, as a user position.

        Raises:
            NotSupportedError: If it has none.
        """
        encoder = self.config.encoder
        if encoder is None:
            raise NotSupportedError(
                f"{self.name}: has no encoder; if it does, say so in its configuration, "
                "encoder: {steps_per_unit: ...}"
            )
        return self.dial_to_user(self._hardware.read_encoder(self) / encoder.steps_per_unit)

    @property
    def resolution(self) -> float:
        """What is the same place, in `unit`: a step, or next to nothing without steps."""
        return 1e-9 if self.config.steps_per_unit is None else abs(1 / self.steps_per_unit)

    def dial_to_user(self, dial: float) -> float:
        """The user position for a dial position."""
        known = self.settings.known
        return float(known["sign"] * dial + known["offset"])

    def user_to_dial(self, position: float) -> float:
        """The dial position for a user position."""
        known = self.settings.known
        return float(known["sign"] * (position - known["offset"])) + 0.0  # no -0.0

    # Settings

    @property
    def velocity(self) -> float:
        """Velocity of the next move, in unit/s."""
        return self._known("velocity")

    @velocity.setter
    def velocity(self, velocity: float) -> None:
        wanted = above_zero(self.name, "velocity", velocity)
        low, high = self.velocity_limits
        if not low <= wanted <= high:
            raise SettingError(
                f"{self.name}: a velocity of {self.amount(wanted)}/s is outside its limits "
                f"({low} to {self.amount(high)}/s); see {self.name}.velocity_limits"
            )
        self._set("velocity", wanted)

    @property
    def velocity_limits(self) -> tuple[float, float]:
        """Lowest and highest velocity, in unit/s: `(0.0, 1500.0)`."""
        low, high = self.config.velocity_limits or (None, None)
        return (0.0 if low is None else low), (math.inf if high is None else high)

    @property
    def acceleration(self) -> float:
        """Acceleration and deceleration of the next move, in unit/s2."""
        return self._known("acceleration")

    @acceleration.setter
    def acceleration(self, acceleration: float) -> None:
        self._set("acceleration", above_zero(self.name, "acceleration", acceleration))

    @property
    def acctime(self) -> float:
        """Seconds from standstill to `velocity`; setting it sets the acceleration."""
        return self.velocity / self.acceleration

    @acctime.setter
    def acctime(self, acctime: float) -> None:
        self.acceleration = self.velocity / above_zero(self.name, "acctime", acctime)

    def _known(self, setting: str) -> float:
        value = self.settings[setting]
        if value is None:
            read = getattr(self._hardware, f"read_{setting}")
            value = read(self) / abs(self.steps_per_unit)
        return float(value)

    def _set(self, setting: str, value: float) -> None:
        """Tell the hardware first, which may refuse."""
        getattr(self._hardware, f"set_{setting}")(self, value * abs(self.steps_per_unit))
        try:
            self.settings.update({setting: value})
        except BaseException:
            self._controller.start_over(self)  # it is told what is stored, before it is used
            raise

    def apply_settings(self) -> None:
        """Tell the hardware the settings; called when it begins to know the axis."""
        for setting in ("velocity", "acceleration"):
            value = self.settings[setting]
            if value is not None and self._controller.can(f"set_{setting}"):
                getattr(self._controller, f"set_{setting}")(self, value * abs(self.steps_per_unit))
        self._settle_dial()
        if self._controller.remembers:
            self._compare_with_last_time()

    def _compare_with_last_time(self) -> None:
        """Say so if the axis is not where it was last seen, by any session."""
        self.settings.load()
        dial = self._controller.read_position(self) / self.steps_per_unit
        said = complaint(self, dial)
        if said:
            _log.warning("%s", said)
        if said or self.settings["seen"] is None:
            self.settings.saw(seen=dial, going_to=None)

    def apply_config(self, reload: bool = False) -> None:
        """Forget what was set, and use what the configuration says; the offset stays.

        Args:
            reload: Look first whether the configuration file says something else by now.

        Raises:
            ConfigError: If what it says is wrong.
        """
        self._check_rest("its configuration cannot be applied")
        if reload:
            self.config = now_configured(self.name, self.config)
            self._configure()
            self.settings.set_defaults(self._defaults())
        self.settings.update(dict.fromkeys(SETTABLE), durably=True)
        self._controller.start_over(self)
        self._controller.ensure(self)

    def settings_to_config(
        self,
        *,
        velocity: bool = True,
        acceleration: bool = True,
        limits: bool = True,
        sign: bool = True,
        backlash: bool = True,
    ) -> None:
        """Write what is set now into the configuration file; its comments stay.

        Raises:
            ConfigError: If the file cannot be changed; it is as it was.
        """
        low, high = (None if math.isinf(end) else end for end in self.dial_limits)
        now = {
            "velocity": (velocity, self.settings["velocity"]),
            "acceleration": (acceleration, self.settings["acceleration"]),
            "limits": (limits, None if low is high is None else [low, high]),
            "sign": (sign, self.sign if -1 in (self.sign, self.config.sign) else None),
            "backlash": (backlash, self.backlash or None),
        }
        wanted = {name: value for name, (is_wanted, value) in now.items() if is_wanted}
        get_beacon().change_config(self.name, wanted)

    # Limits

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest position: `(-20.0, 20.0)`; infinite where there is none.

        Set it to a pair, with None for no limit.  They are kept as dial positions: they stay
        where they are on the hardware when the user position is set.
        """
        ends = [self.dial_to_user(self.settings[f]) for f in ("low_limit", "high_limit")]
        return min(ends), max(ends)

    @limits.setter
    def limits(self, limits: Sequence[float | None]) -> None:
        ends = [self.user_to_dial(end) for end in checked_limits(self.name, limits, self.amount)]
        self.settings.update({"low_limit": min(ends), "high_limit": max(ends)}, durably=True)

    @property
    def dial_limits(self) -> tuple[float, float]:
        """Lowest and highest dial position."""
        known = self.settings.known
        return known["low_limit"], known["high_limit"]

    @property
    def low_limit(self) -> float:
        """Lowest position."""
        return self.limits[0]

    @low_limit.setter
    def low_limit(self, low: float | None) -> None:
        self.limits = (low, self.high_limit)

    @property
    def high_limit(self) -> float:
        """Highest position."""
        return self.limits[1]

    @high_limit.setter
    def high_limit(self, high: float | None) -> None:
        self.limits = (self.low_limit, high)

    def checked_target(self, target: float) -> float:
        """`target` as a number within the limits; asks nothing of the hardware.

        Raises:
            LimitError: If it is not.
        """
        try:
            position = number(self.name, "position", target)
        except SettingError as problem:
            raise LimitError(str(problem)) from None
        low, high = self.dial_limits
        if low <= self.user_to_dial(position) <= high:
            return position
        low, high = self.limits  # rounding must not count, so a limit itself is looked at here
        for which, limit, is_beyond in (
            ("low", low, position < low),
            ("high", high, position > high),
        ):
            if is_beyond:
                raise LimitError(
                    f"{self.name}: {self.amount(position)} is beyond the {which} limit "
                    f"({self.amount(limit)}); see {self.name}.limits"
                )
        return position
