"""The simulated motor controller that can be told how to fail; touches no socket and no clock.

These requests are no controller's; each is answered with `OK` and counts from then on.

| request                  | what it does                                                          |
| ------------------------ | --------------------------------------------------------------------- |
| `!REFUSE 1 no air`       | refuses the next motion                                               |
| `!FAULT 1 0.2 no air`    | breaks the next motion off after so many seconds                      |
| `!MISS 1 30`             | ends the next motion so many steps beyond its target                  |
| `!LIE 1 READY`, `!LIE 1` | says that state whatever it does; says the truth again                |
| `!SWITCHES 1 -900 900`   | puts the limit switches there                                         |
| `!HAND 1 250`            | is moved by so many steps, by hand                                    |
| `!SLOW 0.5`              | takes so many seconds to answer anything                              |
| `!MUTE 3`                | does not answer the next three requests at all                        |
| `!GARBAGE 00ff0a`        | answers the next request with these bytes                             |
| `!CUT 0.2 1`             | ends all connections in 0.2 s, and takes no new ones for 1 s          |
| `!POWERCYCLE`            | stands still, forgets where it is, and ends all connections           |
| `!HEAL`                  | has a good line again, and takes new connections                      |
| `!RESET`                 | is as new                                                             |
| `!PLACE 1`               | says how many steps it really is from its home switch                 |
"""

from collections.abc import Mapping
from typing import Any

from bliss.common.errors import DeviceError
from hardware._motor_rack import ACCELERATION, VELOCITY, MotorRack, new_motor
from hardware._motor_words import expect, number
from hardware.axis_state import AxisState


class FailingRack(MotorRack):
    """A controller with some motors, and trouble with all of it.

    Args:
        motors: As of `MotorRack`.
        kept: As of `MotorRack`.
    """

    def __init__(self, motors: int = 8, kept: Mapping[str, Any] | None = None) -> None:
        super().__init__(motors, kept)
        self._have_a_good_line()
        self._commands |= {
            "!REFUSE": self._refuse,
            "!FAULT": self._fault,
            "!MISS": self._miss,
            "!LIE": self._lie,
            "!SWITCHES": self._put_switches,
            "!HAND": self._move_by_hand,
            "!SLOW": self._slow,
            "!MUTE": self._mute,
            "!GARBAGE": self._garbage,
            "!CUT": self._cut,
            "!POWERCYCLE": self._power_cycle,
            "!HEAL": self._heal,
            "!RESET": self._reset,
            "!PLACE": self._place,
        }

    def _have_a_good_line(self) -> None:
        self.delay = 0.0  #: s that it takes to answer
        self.mute = 0  #: how many requests are not answered
        self.garbage = b""  #: what the next answer is
        self.cut: tuple[float, float] | None = None  #: s until all are cut off, and for how long
        self.deaf_until = 0.0  #: when it takes new connections again

    def _refuse(self, words: list[str], _now: float) -> str:
        self.one(words[:1]).fail_start(" ".join(words[1:]) or "simulated failure")
        return ""

    def _fault(self, words: list[str], _now: float) -> str:
        motor, after = self.with_number(words[:2])
        motor.fail_move(after, " ".join(words[2:]) or "simulated failure")
        return ""

    def _miss(self, words: list[str], _now: float) -> str:
        motor, steps = self.with_number(words)
        motor.overshoot = float(round(steps))
        return ""

    def _lie(self, words: list[str], _now: float) -> str:
        self.one(words[:1]).lie = AxisState(*words[1:]) if words[1:] else None
        return ""

    def _put_switches(self, words: list[str], _now: float) -> str:
        motor, low, high = expect(words, "a motor", "a position", "a position")
        self.one([motor]).switches = (number(low), number(high))
        return ""

    def _move_by_hand(self, words: list[str], now: float) -> str:
        motor, steps = self.with_number(words)
        motor.move_by_hand(float(round(steps)), now)
        return ""

    def _slow(self, words: list[str], _now: float) -> str:
        (seconds,) = expect(words, "seconds")
        self.delay = max(0.0, number(seconds))
        return ""

    def _mute(self, words: list[str], _now: float) -> str:
        (requests,) = expect(words, "a number of requests")
        self.mute = int(number(requests))
        return ""

    def _garbage(self, words: list[str], _now: float) -> str:
        (digits,) = expect(words, "bytes in hexadecimal digits")
        try:
            self.garbage = bytes.fromhex(digits)
        except ValueError:
            raise DeviceError(f"{digits[:20]!r}: expected hexadecimal digits") from None
        return ""

    def _cut(self, words: list[str], _now: float) -> str:
        after, how_long = expect(words, "seconds until then", "seconds that it lasts")
        self.cut = max(0.0, number(after)), max(0.0, number(how_long))
        return ""

    def _power_cycle(self, _words: list[str], now: float) -> str:
        for motor in self._motors.values():
            motor.power_cycle(now)
            motor.velocity, motor.acceleration = VELOCITY, ACCELERATION
        self.cut = 0.0, 0.0
        return ""

    def _place(self, words: list[str], now: float) -> str:
        motor = self.one(words)
        return str(round(motor.position(now) - motor.home_position))

    def _heal(self, _words: list[str], _now: float) -> str:
        self._have_a_good_line()
        return ""

    def _reset(self, _words: list[str], _now: float) -> str:
        self._motors = {n: new_motor() for n in self._motors}
        self._have_a_good_line()
        return ""
