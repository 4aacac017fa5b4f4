"""The controllers that `tests/test_axis_contract.py` runs over, each with the means to fail.

A controller of your own is tested by the same suite: write a rig for it, derived from `Rig`, and
name it:

    AXIS_RIG=my_lab.rigs.MonoRig python -m pytest tests/test_axis_contract.py

What a rig cannot do is left out: the tests that need it are skipped, or not there at all if it is
named in `cannot`.
"""

import os
from collections.abc import Callable, Mapping, Set
from importlib import import_module
from typing import Any

import gevent
import pytest

from bliss.common import clock
from bliss.common.errors import DeviceError
from hardware.axis import Axis
from hardware.axis_controller import AxisController
from hardware.axis_state import AxisState
from hardware.calculated_axes import CalculatedAxisController
from hardware.simulated_axes import SimulatedAxisController
from hardware.simulated_motor import SimulatedMotor
from hardware.soft_axis import SoftAxis
from hardware.tcp_axes import TcpAxisController
from tests.motor_server import MotorServer, Voice

#: What each controller has: a plain axis; one that is as awkward as can be.  They are quick.
AXES: tuple[Mapping[str, Any], ...] = (
    {
        "name": "plain",
        "unit": "mm",
        "steps_per_unit": 1000.0,
        "velocity": 1000.0,
        "acceleration": 1e5,
        "velocity_limits": [0.01, 1500.0],
        "limits": [-50.0, 50.0],
    },
    {
        "name": "worm",
        "unit": "deg",
        "steps_per_unit": -400.0,
        "sign": -1,
        "velocity": 1000.0,
        "acceleration": 1e5,
        "limits": [-60.0, 60.0],
        "backlash": 0.2,
        "tolerance": 0.01,
        "encoder": {"steps_per_unit": -400.0},
    },
)


class Rig:
    """A controller with the axes of `AXES`, and what makes it fail."""

    #: What is not tested: methods that the controller does not have, `"home_search"`; settings
    #: that outlive the session, `"settings"`; `"backlash"`, `"switches"`.
    cannot: Set[str] = frozenset()

    def __init__(self) -> None:
        self.stores: dict[str, dict[str, Any]] = {}  #: the settings of each axis
        self.controller = self.make(self.settings)

    def settings(self, name: str) -> dict[str, Any]:
        """Where the settings of an axis are kept."""
        return self.stores.setdefault(name, {})

    def make(self, settings: Callable[[str], dict[str, Any]]) -> AxisController:
        """Another controller of the same hardware, as another session makes one."""
        raise NotImplementedError

    @property
    def plain(self) -> Axis:
        """The plain axis."""
        return self.controller.axes["plain"]

    @property
    def worm(self) -> Axis:
        """The awkward axis."""
        return self.controller.axes["worm"]

    def close(self) -> None:
        """Leave nothing behind."""
        for axis in self.controller.axes.values():
            axis.stop()
        self.controller.leave()

    def set_motion(self, axis: Axis, velocity: float, acceleration: float | None = None) -> None:
        """Say how it moves, in unit/s and unit/s2."""
        axis.velocity = velocity
        if acceleration:
            axis.acceleration = acceleration

    def blamed(self, axis: Axis) -> str:
        """What an error of its hardware names first, as a regular expression."""
        return axis.name

    def refuse(self, axis: Axis, reason: str) -> None:
        """Have the hardware refuse the next motion of an axis."""
        pytest.skip("this rig cannot refuse a motion")

    def fault(self, axis: Axis, after: float, reason: str) -> None:
        """Have the next motion break off after so many seconds."""
        pytest.skip("this rig cannot break a motion off")

    def miss(self, axis: Axis, steps: float) -> None:
        """Have the next motion end so many steps beyond its target."""
        pytest.skip("this rig cannot miss a target")

    def lie(self, axis: Axis, *states: str) -> None:
        """Have it say that state whatever it does; without one, the truth again."""
        pytest.skip("this rig cannot lie")

    def switches(self, axis: Axis, low: float, high: float) -> None:
        """Put the limit switches there, in steps."""
        pytest.skip("this rig cannot move its limit switches")

    def slow(self, seconds: float) -> None:
        """Have each answer take so long."""
        pytest.skip("this rig cannot be slow")

    def lose(self) -> None:
        """Lose the connection; it is not to be had again."""
        pytest.skip("this rig cannot lose its connection")

    def find(self) -> None:
        """The connection is to be had again."""

    def place(self, axis: Axis) -> float:
        """Where the hardware really is, in steps, whatever it is called."""
        pytest.skip("this rig does not know where it really is")


class SimulatedRig(Rig):
    """The controller inside the session."""

    kind: type[SimulatedAxisController] = SimulatedAxisController

    def make(self, settings):
        return self.kind("motors", {"axes": list(AXES)}, settings=settings)

    def refuse(self, axis, reason):
        self.controller.motor(axis).fail_start(reason)

    def fault(self, axis, after, reason):
        self.controller.motor(axis).fail_move(after, reason)

    def miss(self, axis, steps):
        self.controller.motor(axis).overshoot = steps

    def lie(self, axis, *states):
        self.controller.motor(axis).lie = AxisState(*states) if states else None

    def switches(self, axis, low, high):
        self.controller.motor(axis).switches = (low, high)

    def slow(self, seconds):
        self.controller.ensure(self.plain)
        self.controller.delay = seconds

    def lose(self):
        self.controller.is_lost = True

    def find(self):
        self.controller.is_lost = False

    def place(self, axis):
        motor = self.controller.motor(axis)
        return motor.position(clock.now()) - motor.home_position

    def close(self):
        self.slow(0)
        for axis in self.controller.axes.values():
            self.lie(axis)
        super().close()


class SilentController(SimulatedAxisController):
    """Like hardware that never says when a motion will end."""

    def motion_end(self, axis):
        return None


class SilentRig(SimulatedRig):
    """Hardware that never says when a motion will end."""

    kind = SilentController


#: What only axes have that a motor controller drives itself.
_DRIVEN_ONLY = frozenset(
    (
        "backlash",
        "home_search",
        "limit_search",
        "read_encoder",
        "set_acceleration",
        "set_off",
        "set_position",
        "set_velocity",
        "start_jog",
        "switches",
    )
)


class Calculation(CalculatedAxisController):
    """Axes that are calculated from one real axis each."""

    def from_real(self, real):
        return {"plain": real["real_plain"] / 2 + 3, "worm": 1 - real["real_worm"]}

    def to_real(self, calculated):
        return {"real_plain": 2 * (calculated["plain"] - 3), "real_worm": 1 - calculated["worm"]}


class CalculatedRig(Rig):
    """Axes that are calculated from others."""

    cannot = _DRIVEN_ONLY

    def __init__(self) -> None:
        self.behind = _RigBehind()
        super().__init__()

    def make(self, settings):
        axes = []
        for axis in AXES:
            about = ("name", "unit", "limits", "tolerance", "sign")
            steps = abs(axis["steps_per_unit"])
            axes.append(
                {key: axis[key] for key in about if key in axis} | {"steps_per_unit": steps}
            )
        real = self.behind.controller.axes
        return Calculation("motors", {"axes": axes, "real": real}, settings=settings)

    def real(self, axis):
        """The axis behind a calculated one."""
        return self.behind.controller.axes[f"real_{axis.name}"]

    def set_motion(self, axis, velocity, acceleration=None):
        self.behind.set_motion(self.real(axis), velocity, acceleration)

    def blamed(self, axis):
        return "(real_)?(plain|worm)"  # to know where one is takes all real ones

    def refuse(self, axis, reason):
        self.behind.refuse(self.real(axis), reason)

    def fault(self, axis, after, reason):
        self.behind.fault(self.real(axis), after, reason)

    def miss(self, axis, steps):
        real = self.real(axis)
        distance = {"plain": 2, "worm": -1}[axis.name] * steps / axis.steps_per_unit
        self.behind.miss(real, distance * real.sign * real.steps_per_unit)

    def lie(self, axis, *states):
        self.behind.lie(self.real(axis), *states)

    def slow(self, seconds):
        self.behind.controller.ensure(self.real(self.plain))
        self.behind.controller.delay = seconds

    def lose(self):
        self.behind.lose()

    def find(self):
        self.behind.find()

    def place(self, axis):
        real = self.real(axis)
        place = self.behind.place(real) / real.steps_per_unit * real.sign
        return axis.steps_per_unit * {"plain": place / 2, "worm": -place}[axis.name]

    def close(self):
        self.slow(0)
        super().close()
        self.behind.controller.leave()


class _RigBehind(SimulatedRig):
    """The real axes of the above."""

    def make(self, settings):
        axes = [{**axis, "name": f"real_{axis['name']}", "limits": None} for axis in AXES]
        return self.kind("real_motors", {"axes": axes}, settings=settings)


class SoftAxes:
    """Two soft axes of one stage each, in the place of a controller."""

    def __init__(self) -> None:
        self.stages = {axis["name"]: Stage() for axis in AXES}
        self.axes = {
            axis["name"]: SoftAxis(
                axis["name"],
                self.stages[axis["name"]],
                move="move",
                stop="stop",
                state="state",
                low_limit=axis["limits"][0],
                high_limit=axis["limits"][1],
                tolerance=axis.get("tolerance"),
                unit=axis["unit"],
            )
            for axis in AXES
        }

    def leave(self):
        for axis in self.axes.values():
            axis.controller.leave()


class SoftRig(Rig):
    """Axes of objects of the user's; they keep no settings."""

    cannot = _DRIVEN_ONLY | {"settings"}

    def make(self, settings):
        return SoftAxes()

    def stage(self, axis):
        """The object behind an axis."""
        return self.controller.stages[axis.name]

    def set_motion(self, axis, velocity, acceleration=None):
        motor = self.stage(axis).motor
        motor.velocity = velocity
        motor.acceleration = acceleration or motor.acceleration

    def refuse(self, axis, reason):
        self.stage(axis).motor.fail_start(reason)

    def fault(self, axis, after, reason):
        self.stage(axis).motor.fail_move(after, reason)

    def miss(self, axis, steps):
        self.stage(axis).motor.overshoot = steps / 1000

    def lie(self, axis, *states):
        self.stage(axis).motor.lie = AxisState(*states) if states else None

    def slow(self, seconds):
        for stage in self.controller.stages.values():
            stage.delay = seconds

    def lose(self):
        for stage in self.controller.stages.values():
            stage.is_lost = True

    def find(self):
        for stage in self.controller.stages.values():
            stage.is_lost = False

    def place(self, axis):
        return self.stage(axis).motor.position(clock.now())

    def close(self):
        self.slow(0)
        for axis in self.controller.axes.values():
            self.lie(axis)
        super().close()


class Stage:
    """An object of the user's, as a soft axis may drive one."""

    def __init__(self) -> None:
        self.motor = SimulatedMotor(velocity=1000.0, acceleration=1e5)
        self.is_lost = False
        self.delay = 0.0  #: s that it takes to answer

    @property
    def position(self):
        return self._asked.position(clock.now())

    def move(self, target):
        try:
            self._asked.start(target, now=clock.now())
        except DeviceError as problem:
            raise RuntimeError(str(problem)) from None

    def stop(self):
        self._asked.stop(clock.now())

    def state(self):
        return self._asked.state(clock.now())

    @property
    def _asked(self):
        gevent.sleep(self.delay)
        if self.is_lost:
            raise OSError("the stage does not answer")
        return self.motor


class TcpRig(Rig):
    """The controller over TCP."""

    server: MotorServer  #: set by the fixture that starts it

    def __init__(self) -> None:
        self.voice = Voice(self.server.address)
        self.voice.say("!RESET")
        super().__init__()

    def make(self, settings):
        axes = [{**axis, "motor": number} for number, axis in enumerate(AXES, 1)]
        config = {"address": self.server.address, "axes": axes}
        return TcpAxisController("motors", config, settings=settings)

    def close(self):
        self.voice.say("!HEAL")
        for axis in self.controller.axes.values():
            self.lie(axis)
        super().close()
        self.voice.close()

    def refuse(self, axis, reason):
        self.voice.say("!REFUSE", axis.config.motor, reason)

    def fault(self, axis, after, reason):
        self.voice.say("!FAULT", axis.config.motor, after, reason)

    def miss(self, axis, steps):
        self.voice.say("!MISS", axis.config.motor, steps)

    def lie(self, axis, *states):
        self.voice.say("!LIE", axis.config.motor, *states)

    def switches(self, axis, low, high):
        self.voice.say("!SWITCHES", axis.config.motor, low, high)

    def slow(self, seconds):
        self.voice.say("!SLOW", seconds)

    def lose(self):
        self.voice.say("!CUT", 0, 1000)

    def find(self):
        self.voice.say("!HEAL")

    def place(self, axis):
        return float(self.voice.say("!PLACE", axis.config.motor))


def rigs() -> dict[str, type[Rig]]:
    """All there are, or the one that `AXIS_RIG` names."""
    path = os.environ.get("AXIS_RIG")
    if not path:
        return {
            "simulated": SimulatedRig,
            "silent": SilentRig,
            "tcp": TcpRig,
            "calculated": CalculatedRig,
            "soft": SoftRig,
        }
    module, _, name = path.rpartition(".")
    return {name: getattr(import_module(module), name)}
