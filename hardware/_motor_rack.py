"""What the simulated motor controller answers to each line; touches no socket and no clock.

A request is a line of ASCII words, the answer to it one line: `OK`, `OK` and values, or `ERR` and a
reason.  Motors are numbered from 1; positions are whole steps, velocities and accelerations steps/s
and steps/s2.

| request              | answer                 | what it does                                     |
| -------------------- | ---------------------- | ------------------------------------------------ |
| `?ID`                | `OK bliss-motors 1 42` | its name, version of these words, and process    |
| `?STATUS 1`          | `OK 2000 0.35 MOVING`  | position, seconds to the end, states             |
|                      | `OK 7 0 FAULT no air`  | and why it is in FAULT                           |
|                      | `OK 9 0 READY,HOME`    | several states have commas between them          |
| `?POS 1`             | `OK 2000`              | where it is                                      |
| `?ENC 1`             | `OK 2000`              | where its encoder sees it                        |
| `?VEL 1`, `?ACC 1`   | `OK 5000.0`            | of the next motion                               |
| `VEL 1 5e3`, `ACC …` | `OK`                   | sets them                                        |
| `MOVE 1 2000 2 -5`   | `OK`                   | begins motions at one instant, all or none       |
| `STOP 1`             | `OK`                   | begins to decelerate                             |
| `HOME 1`             | `OK`                   | begins to look for the home switch               |
| `LIMIT 1 -1`         | `OK`                   | begins to go to the lower (-1), upper (1) switch |
| `JOG 1 -500`         | `OK`                   | begins to move until stopped                     |
| `POS 1 0`            | `OK`                   | calls the place where it is 0                    |
| `ON 1`, `OFF 1`      | `OK`                   | gives it power, takes it away                    |

`hardware._motor_trouble` has the words that tell it how to fail; they begin with `!`.
"""

import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from bliss.common.errors import DeviceError
from hardware._motor_words import above_zero, expect, number
from hardware.simulated_motor import SimulatedMotor

NAME = "bliss-motors"  #: how it answers to `?ID`
VERSION = 1

VELOCITY, ACCELERATION = 5e3, 1e4  #: after power-on, steps/s and steps/s2
SWITCH = 105_000  #: where the limit switches of a new motor are, in steps, on either side

Command = Callable[[list[str], float], str]
"""Takes the words after the first, and the time; gives the values of the answer."""


class MotorRack:
    """A controller with some motors.

    Args:
        motors: How many.
        kept: What it knew when it was switched off; see `kept`.
    """

    def __init__(self, motors: int = 8, kept: Mapping[str, Any] | None = None) -> None:
        self._motors = {n: new_motor() for n in range(1, motors + 1)}
        for n, motor in self._motors.items():
            _remember(motor, (kept or {}).get(str(n)))
        self._commands: dict[str, Command] = {
            "?ID": lambda _words, _now: f"{NAME} {VERSION} {os.getpid()}",
            "?STATUS": self._status,
            "?POS": lambda words, now: str(round(self.one(words).position(now))),
            "?ENC": lambda words, now: str(round(self.one(words).position(now))),
            "?VEL": lambda words, _now: repr(self.one(words).velocity),
            "?ACC": lambda words, _now: repr(self.one(words).acceleration),
            "VEL": self._set_velocity,
            "ACC": self._set_acceleration,
            "MOVE": self._move,
            "STOP": self._stop,
            "HOME": self._home,
            "LIMIT": self._search_limit,
            "JOG": self._jog,
            "POS": self._set_position,
            "ON": lambda words, _now: self._switch(words, True),
            "OFF": lambda words, _now: self._switch(words, False),
        }

    def answer(self, line: str, now: float) -> str:
        """The answer to a request, without the end of the line."""
        name, *words = line.split() or [""]
        command = self._commands.get(name.upper())
        if command is None:
            return f"ERR unknown command {name[:20]!r}"
        try:
            said = command(words, now)
        except DeviceError as problem:
            return f"ERR {problem}"
        return f"OK {said}" if said else "OK"

    def kept(self, now: float) -> dict[str, Any]:
        """What it still knows when it is switched on again: where motors and switches are."""
        return {
            str(n): {
                "position": round(motor.position(now)),
                "home": motor.home_position,
                "switches": [None if math.isinf(at) else at for at in motor.switches],
            }
            for n, motor in self._motors.items()
        }

    def is_moving(self, now: float) -> bool:
        """Whether any motor is on its way."""
        return any(motor.is_moving(now) for motor in self._motors.values())

    def one(self, words: list[str]) -> SimulatedMotor:
        """The motor that the only word names.

        Raises:
            DeviceError: If there is no such motor.
        """
        (word,) = expect(words, "a motor")
        if word.isascii() and word.isdigit() and int(word) in self._motors:
            return self._motors[int(word)]
        raise DeviceError(f"no motor {word[:20]!r}; there are 1 to {len(self._motors)}")

    def with_number(self, words: list[str]) -> tuple[SimulatedMotor, float]:
        """The motor that the first word names, and the number that the second is."""
        motor, value = expect(words, "a motor", "a number")
        return self.one([motor]), number(value)

    def _status(self, words: list[str], now: float) -> str:
        motor = self.one(words)
        state = motor.state(now)
        left = max(0.0, motor.end_time() - now) if motor.is_moving(now) else 0.0
        reason = state.meaning("FAULT") if "FAULT" in state else ""
        return f"{round(motor.position(now))} {left:.6f} {','.join(state)} {reason}".strip()

    def _set_velocity(self, words: list[str], _now: float) -> str:
        motor, value = self.with_number(words)
        motor.velocity = above_zero(value)
        return ""

    def _set_acceleration(self, words: list[str], _now: float) -> str:
        motor, value = self.with_number(words)
        motor.acceleration = above_zero(value)
        return ""

    def _move(self, words: list[str], now: float) -> str:
        if not words or len(words) % 2:
            raise DeviceError("expected pairs of a motor and a position")
        pairs = [self.with_number(words[at : at + 2]) for at in range(0, len(words), 2)]
        begun: list[SimulatedMotor] = []
        for name, (motor, target) in zip(words[::2], pairs, strict=True):
            try:
                motor.start(float(round(target)), now=now)
            except DeviceError as problem:
                for other in begun:  # they have no speed yet, and stay where they are
                    other.stop(now)
                which = f"motor {name}: " if len(pairs) > 1 else ""
                raise DeviceError(f"{which}{problem}") from None
            begun.append(motor)
        return ""

    def _stop(self, words: list[str], now: float) -> str:
        self.one(words).stop(now)
        return ""

    def _home(self, words: list[str], now: float) -> str:
        self.one(words).home(now)
        return ""

    def _search_limit(self, words: list[str], now: float) -> str:
        motor, direction = self.with_number(words)
        motor.search_limit(1 if direction > 0 else -1, now)
        return ""

    def _jog(self, words: list[str], now: float) -> str:
        motor, velocity = self.with_number(words)
        above_zero(abs(velocity))
        motor.jog(velocity, now)
        return ""

    def _set_position(self, words: list[str], now: float) -> str:
        motor, position = self.with_number(words)
        if motor.is_moving(now):
            raise DeviceError("it is moving")
        motor.set_position(float(round(position)), now)
        return ""

    def _switch(self, words: list[str], is_on: bool) -> str:
        self.one(words).is_on = is_on
        return ""


def new_motor() -> SimulatedMotor:
    """A motor as it comes out of its box."""
    motor = SimulatedMotor(velocity=VELOCITY, acceleration=ACCELERATION)
    motor.switches = (-SWITCH, SWITCH)
    return motor


def _remember(motor: SimulatedMotor, kept: Any) -> None:
    """Give a motor what it knew; it is as new if that cannot be read."""
    try:
        position, home = float(kept["position"]), float(kept["home"])
        low, high = kept["switches"]
        switches = (
            -math.inf if low is None else float(low),
            math.inf if high is None else float(high),
        )
    except (TypeError, KeyError, ValueError):
        return
    motor.set_position(position, now=0.0)
    motor.home_position, motor.switches = home, switches
