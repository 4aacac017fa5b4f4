"""Motion with a trapezoidal profile of velocity; pure: no clock, no device, time is an argument.

An axis speeds up evenly, cruises, and brakes evenly.  A move too short to reach the velocity
asked for has no cruise: its profile is a triangle.

    >>> move = Profile.between(0.0, 0.02, velocity=1000.0, acceleration=10000.0)
    >>> round(move.duration * 1e3, 2)  # ms
    2.83
    >>> move.position(move.duration / 2)
    0.01
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """The way from one position to another; made by `between`, cut short by `stopped_at`."""

    start: float  #: position before the move, in the axis' unit
    target: float  #: position after it, reached exactly
    start_time: float  #: instant at which the move begins (s)
    peak_velocity: float  #: highest speed on the way (unit/s)
    acceleration: float  #: of speeding up and of braking (unit/s2)
    cruise_after: float  #: end of speeding up (s after `start_time`)
    brake_after: float  #: beginning of braking (s after `start_time`)
    duration: float  #: standstill (s after `start_time`)

    @classmethod
    def between(
        cls,
        start: float,
        target: float,
        *,
        velocity: float,
        acceleration: float,
        start_time: float = 0.0,
    ) -> "Profile":
        """The quickest way from standstill at `start` to standstill at `target`.

        Args:
            start: Position before the move, in the axis' unit.
            target: Position after it.
            velocity: Not to be exceeded (unit/s), above 0.
            acceleration: Of speeding up and of braking (unit/s2), above 0.
            start_time: Instant at which the move begins (s).
        """
        distance = abs(target - start)
        # A triangle's peak: half the distance is v**2 / 2a.
        peak = min(velocity, math.sqrt(distance * acceleration))
        ramp = peak / acceleration
        brake_after = max(ramp, distance / peak) if peak else 0.0
        return cls(
            start, target, start_time, peak, acceleration, ramp, brake_after, brake_after + ramp
        )

    @property
    def end_time(self) -> float:
        """Instant of standstill at `target` (s)."""
        return self.start_time + self.duration

    def position(self, instant: float) -> float:
        """Position at `instant`: `start` before the move, `target` after it."""
        elapsed = instant - self.start_time
        if elapsed <= 0.0:
            return self.start
        if elapsed >= self.duration or instant >= self.end_time:
            return self.target
        distance = abs(self.target - self.start)
        if elapsed >= self.brake_after:
            travelled = distance - self.acceleration * (self.duration - elapsed) ** 2 / 2
        elif elapsed >= self.cruise_after:
            travelled = self.peak_velocity * (elapsed - self.cruise_after / 2)
        else:
            travelled = self.acceleration * elapsed**2 / 2
        travelled = min(max(travelled, 0.0), distance)
        return self.start + math.copysign(travelled, self.target - self.start)

    def velocity(self, instant: float) -> float:
        """Velocity at `instant` (unit/s), negative when the position goes down."""
        elapsed = instant - self.start_time
        if elapsed < 0.0 or elapsed >= self.duration or instant >= self.end_time:
            return 0.0
        ramp_time = self.duration - elapsed if elapsed >= self.brake_after else elapsed
        speed = min(self.acceleration * ramp_time, self.peak_velocity)
        return math.copysign(speed, self.target - self.start)

    def stopped_at(self, instant: float) -> "Profile":
        """What becomes of the move when the axis is told at `instant` to stop.

        It brakes evenly from the velocity it has; a move that brakes already goes on as it is.
        """
        if instant - self.start_time >= self.brake_after:
            return self
        position, velocity = self.position(instant), self.velocity(instant)
        braking = abs(velocity) / self.acceleration
        target = position + velocity * braking / 2
        return Profile(
            position, target, instant, abs(velocity), self.acceleration, 0.0, 0.0, braking
        )
