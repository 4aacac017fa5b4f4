"""Axes of a motor controller over TCP: the one that `bliss-simulated-motors` is.

Every controller of this kind looks like this one: a few words sent, a line read.  What there is to
know about the words is in `hardware._motor_rack`.
"""

import math
import socket
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from bliss.common import clock
from bliss.common.errors import ConfigError, DeviceError
from hardware.axis_config import AxisConfig, ControllerConfig
from hardware.axis_controller import AxisController, Motion
from hardware.axis_settings import Store
from hardware.axis_state import AxisState
from hardware.driven_axis import DrivenAxis
from hardware.line_connection import LineConnection

FRESH = 1e-3  #: s for which a status is not asked for again: position and state come together


class TcpAxisConfig(AxisConfig):
    """One entry of `axes`."""

    motor: int = Field(ge=1)  #: its number at the controller


class TcpAxesConfig(ControllerConfig):
    """A controller over TCP in the configuration."""

    address: str | None = None  #: `host:port`
    start_server: bool = False  #: instead of an address: start a simulated one when it is used
    timeout: float = Field(default=2.0, gt=0)  #: s that an answer may take
    axes: Sequence[TcpAxisConfig] = Field(min_length=1)


class Status(NamedTuple):
    """What the controller says of a motor."""

    position: float  #: steps
    state: AxisState
    end: float  #: when its motion ends (`clock.now`); now, when it is at rest
    read: float  #: when this was said


class TcpAxisController(AxisController):
    """Drives the motors of a controller over TCP.

    It connects when an axis is used first, and again after the connection was lost; the axes are
    initialized again then, for the controller may have been switched off meanwhile.
    """

    Config: ClassVar[type[ControllerConfig]] = TcpAxesConfig

    def __init__(
        self, name: str, config: Mapping[str, Any], *, settings: Store | None = None
    ) -> None:
        super().__init__(name, config, settings=settings)
        address, own = self.config.address, self.config.start_server
        if (address is None) != own:
            raise ConfigError(f"{name}: expected either address (host:port) or start_server: true")
        self._status: dict[str, Status] = {}
        try:
            self.line = LineConnection(
                name,
                address or "its simulated motor controller",
                timeout=self.config.timeout,
                connect=self._connect_to_own_server if own else None,
                on_lost=self.start_over,
            )
        except ConfigError as problem:
            raise ConfigError(f"{name}: {problem}") from None

    def _connect_to_own_server(self) -> socket.socket:
        from hardware._own_motor_server import (  # noqa: PLC0415 - many sessions never need it
            connect_to_own_server,
        )

        return connect_to_own_server(self.name, self.config.timeout)

    @property
    def is_dormant(self) -> bool:
        """Whether it would have to be started before it can be asked anything."""
        return bool(self.config.start_server) and not self.line.is_open

    def initialize(self) -> None:
        """Connect."""
        self._status.clear()
        self.line.connect()

    def close(self) -> None:
        """Disconnect; motors go on."""
        self.line.close()

    def initialize_axis(self, axis: DrivenAxis) -> None:
        """See whether there is such a motor."""
        self._read(axis)

    # What goes over the wire

    def _ask(self, axis: DrivenAxis, request: str, expected: str = "OK") -> str:
        """What stands behind OK in the answer."""
        answer = self.line.ask(request, axis.name, expected)
        word, _, rest = answer.partition(" ")
        if word == "OK":
            return rest
        if word == "ERR":
            raise DeviceError(f"{axis.name}: {self.name} says {rest!r} to {request!r}")
        raise self._nonsense(axis, request, answer, expected)

    def _tell(self, axis: DrivenAxis, *words: object) -> None:
        """Have something done; what was known is old then."""
        try:
            self._ask(axis, " ".join(map(str, words)))
        finally:
            self._status.clear()

    def _number(self, axis: DrivenAxis, word: str) -> float:
        request = f"{word} {axis.config.motor}"
        answer = self._ask(axis, request, "OK and a number")
        try:
            return _finite(answer)
        except ValueError:
            raise self._nonsense(axis, request, answer, "a number") from None

    def _nonsense(self, axis: DrivenAxis, request: str, answer: str, expected: str) -> DeviceError:
        return DeviceError(
            f"{axis.name}: {self.line.address} answered {answer[:60]!r} to {request!r}; "
            f"expected {expected}"
        )

    def _read(self, axis: DrivenAxis) -> Status:
        """Position and state, in one request, or those that were read just now."""
        known = self._status.get(axis.name)
        if known and clock.now() - known.read < FRESH:
            return known
        request, expected = f"?STATUS {axis.config.motor}", "OK, a position, seconds and states"
        answer = self._ask(axis, request, expected)
        try:
            position, left, states, *reason = answer.split(" ", 3)
            state = _state(states, reason[0] if reason else "")
            now = clock.now()
            status = Status(_finite(position), state, now + _finite(left), now)
        except ValueError:
            raise self._nonsense(axis, request, answer, expected) from None
        self._status[axis.name] = status
        return status

    def read_position(self, axis: DrivenAxis) -> float:
        """Where the motor is."""
        return self._read(axis).position

    def state(self, axis: DrivenAxis) -> AxisState:
        """What the motor does."""
        return self._read(axis).state

    def motion_end(self, axis: DrivenAxis) -> float | None:
        """When its motion ends, as it said with its state."""
        status = self._status.get(axis.name)
        return status.end if status else None

    def read_encoder(self, axis: DrivenAxis) -> float:
        """Where its encoder sees it."""
        return self._number(axis, "?ENC")

    def start_one(self, motion: Motion) -> None:
        """Begin a motion."""
        self.start_all([motion])

    def start_all(self, motions: Sequence[Motion]) -> None:
        """Begin motions at one instant, with one request."""
        pairs = [f"{motion.axis.config.motor} {float(motion.target)}" for motion in motions]
        self._tell(motions[0].axis, "MOVE", *pairs)

    def stop(self, axis: DrivenAxis) -> None:
        """Begin to decelerate."""
        self._tell(axis, "STOP", axis.config.motor)

    def read_velocity(self, axis: DrivenAxis) -> float:
        """Of the next motion."""
        return self._number(axis, "?VEL")

    def set_velocity(self, axis: DrivenAxis, velocity: float) -> None:
        """Of the next motion."""
        self._tell(axis, "VEL", axis.config.motor, velocity)

    def read_acceleration(self, axis: DrivenAxis) -> float:
        """Of the next motion."""
        return self._number(axis, "?ACC")

    def set_acceleration(self, axis: DrivenAxis, acceleration: float) -> None:
        """Of the next motion."""
        self._tell(axis, "ACC", axis.config.motor, acceleration)

    def set_position(self, axis: DrivenAxis, position: float) -> None:
        """Call the place where it is `position`."""
        self._tell(axis, "POS", axis.config.motor, position)

    def set_on(self, axis: DrivenAxis) -> None:
        """Give it power."""
        self._tell(axis, "ON", axis.config.motor)

    def set_off(self, axis: DrivenAxis) -> None:
        """Take its power away."""
        self._tell(axis, "OFF", axis.config.motor)

    def home_search(self, axis: DrivenAxis, direction: int) -> None:  # noqa: ARG002 - it knows the way
        """Begin to look for its home switch."""
        self._tell(axis, "HOME", axis.config.motor)

    def limit_search(self, axis: DrivenAxis, direction: int) -> None:
        """Begin to go to a limit switch."""
        self._tell(axis, "LIMIT", axis.config.motor, direction)

    def start_jog(self, axis: DrivenAxis, velocity: float) -> None:
        """Begin to move until stopped."""
        self._tell(axis, "JOG", axis.config.motor, velocity)

    def info(self, axis: DrivenAxis) -> str:
        """Which motor it is."""
        return f"motor {axis.config.motor} at {self.line.address}"


def _finite(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise ValueError(word)
    return value


def _state(words: str, reason: str) -> AxisState:
    names = words.split(",")
    if not all(name.isidentifier() for name in names):
        raise ValueError(words)
    return AxisState(*((n, reason) if n == "FAULT" and reason else n for n in names))
