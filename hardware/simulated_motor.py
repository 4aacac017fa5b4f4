"""A motor that exists only here, and behaves as a real one: it takes time, and it fails.

Pure: no clock, no socket; time is an argument.  The simulated controllers, the one in the session
and the one behind a socket, are thin shells around it.  Everything is in steps.

    >>> motor = SimulatedMotor(velocity=1000.0, acceleration=10000.0)
    >>> motor.start(20.0, now=0.0)
    >>> motor.state(0.01), motor.state(1.0), motor.position(1.0)
    (<MOVING>, <READY>, 20.0)
"""

import math

from bliss.common.errors import DeviceError
from hardware.axis_state import MOVING, READY, AxisState
from hardware.motion import Profile

_OFF = AxisState("OFF")


class SimulatedMotor:
    """The mechanics of one axis, and the electronics that drive them.

    It can be told to fail in every way; see the methods whose names begin with `fail` and the
    attributes below them.

    Args:
        position: Where it stands.
        velocity: Of the next motion, in steps/s.
        acceleration: Of the next motion, in steps/s2.
    """

    def __init__(
        self, position: float = 0.0, *, velocity: float = 1.0, acceleration: float = 1.0
    ) -> None:
        self.velocity = velocity
        self.acceleration = acceleration
        self.is_on = True
        self.home_position = 0.0  #: where the home switch is
        self.switches = (-math.inf, math.inf)  #: where the limit switches are
        self.overshoot = 0.0  #: how far beyond its target the next motion ends, unnoticed
        self.lie: AxisState | None = None  #: what it says that it does, whatever it does
        self.profile = Profile.between(position, position, velocity=1.0, acceleration=1.0)
        self._refusal = ""
        self._planned_fault: tuple[float, str] | None = None
        self._fault_time = math.inf
        self._fault = ""

    def fail_start(self, reason: str = "simulated failure") -> None:
        """Refuse the next motion."""
        self._refusal = reason

    def fail_move(self, after: float, reason: str = "simulated failure") -> None:
        """Break off the next motion after so many seconds, and be in FAULT."""
        self._planned_fault = (after, reason)

    def position(self, now: float) -> float:
        """Where it is."""
        return self.profile.position(min(now, self._fault_time))

    def end_time(self) -> float:
        """When the last motion ends, should nothing happen before."""
        return self.profile.end_time

    def is_moving(self, now: float) -> bool:
        """Whether it is on its way, whatever it says."""
        return now < min(self.profile.end_time, self._fault_time)

    def state(self, now: float) -> AxisState:
        """What it does, or what it says that it does."""
        if self.lie is not None:
            return self.lie
        if self.is_moving(now):
            return MOVING
        if self._fault_time < self.profile.end_time:
            return AxisState(("FAULT", self._fault))
        return self._at_rest(now) if self.is_on else _OFF

    def _at_rest(self, now: float) -> AxisState:
        position = self.position(now)
        low, high = self.switches
        at = [
            name
            for name, is_there in (
                ("LIMPOS", position >= high),
                ("LIMNEG", position <= low),
                ("HOME", position == self.home_position and self._has_found_home),
            )
            if is_there
        ]
        return AxisState("READY", *at) if at else READY

    _has_found_home = False

    def start(self, target: float, *, now: float, velocity: float | None = None) -> None:
        """Begin a motion; it ends at a limit switch at the latest.

        Raises:
            DeviceError: If it refuses.
        """
        if self._refusal:
            reason, self._refusal = self._refusal, ""
            raise DeviceError(reason)
        if not self.is_on:
            raise DeviceError("it has no power")
        if self.is_moving(now):
            raise DeviceError("it is moving")
        after, self._fault = self._planned_fault or (math.inf, "")
        self._planned_fault = None
        low, high = self.switches
        end = min(max(target + self.overshoot, low), high)
        self.overshoot = 0.0
        start, self._fault_time = self.position(now), now + after
        self._has_found_home = False
        self.profile = Profile.between(
            start,
            end,
            velocity=velocity or self.velocity,
            acceleration=self.acceleration,
            start_time=now,
        )

    def home(self, now: float) -> None:
        """Go to the home switch."""
        self.start(self.home_position, now=now)
        self._has_found_home = True

    def search_limit(self, direction: int, now: float) -> None:
        """Go to a limit switch.

        Raises:
            DeviceError: If there is none.
        """
        target = self.switches[direction > 0]
        if math.isinf(target):
            raise DeviceError("it has no limit switch there")
        self.start(target, now=now)

    def jog(self, velocity: float, now: float) -> None:
        """Go on for ever, for as long as anybody may be there to see it."""
        far = math.copysign(abs(velocity) * 1e6, velocity)
        self.start(self.position(now) + far, now=now, velocity=abs(velocity))

    def stop(self, now: float) -> None:
        """Begin to decelerate."""
        if self.is_moving(now):
            self.profile = self.profile.stopped_at(now)

    def set_position(self, position: float, now: float) -> None:
        """Call the place where it is `position`; the switches stay where they are."""
        shift = position - self.position(now)
        self.home_position += shift
        self.switches = (self.switches[0] + shift, self.switches[1] + shift)
        self._fault_time = math.inf
        self.profile = Profile.between(position, position, velocity=1.0, acceleration=1.0)

    def move_by_hand(self, distance: float, now: float) -> None:
        """Be moved from outside: the encoder sees it."""
        position = self.position(now) + distance
        self._fault_time = math.inf
        self.profile = Profile.between(position, position, velocity=1.0, acceleration=1.0)

    def power_cycle(self, now: float) -> None:
        """Lose power and get it back: it stands still, and calls the place where it is 0."""
        self.set_position(0.0, now)
        self._planned_fault, self._refusal = None, ""
        self.is_on, self.lie, self.overshoot = True, None, 0.0
        self._has_found_home = False
