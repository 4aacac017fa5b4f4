"""A session that moves and sets an axis over TCP at random, and tells as JSON what it does.

Run as `python -m tests.campaign.mover SEED ADDRESS`; it is patched as the shell's process is.
"""

import tests.patched  # isort: skip  # before anything else is imported

import json
import logging
import random
import sys
from typing import Any

import gevent

from bliss.beacon import Beacon, set_beacon
from bliss.common.errors import BlissError
from hardware.axis import Axis
from hardware.tcp_axes import TcpAxisController
from tests.campaign.account import STEPS
from tests.motor_server import Voice

assert tests.patched

AXIS = {
    "name": "tx",
    "motor": 1,
    "unit": "mm",
    "steps_per_unit": STEPS,
    "velocity": 50.0,
    "acceleration": 500.0,
    "limits": [-100.0, 100.0],
    "backlash": 0.1,
    "tolerance": 0.002,
}
_WHAT = ("move", "position", "dial", "sign", "velocity", "limits")
_PAUSE = 0.05  #: s until it is looked again where the axis is


def main() -> None:
    """Move and set it, for ever."""
    seed, address = sys.argv[1:]
    logging.basicConfig(format="%(message)s")
    with Beacon(role="session") as beacon:
        set_beacon(beacon)
        controller = TcpAxisController("tower", {"address": address, "axes": [AXIS]})
        mover = _Mover(controller.axes["tx"], Voice(address), random.Random(seed))
        mover.look()
        while True:
            mover.do_something()


class _Mover:
    def __init__(self, axis: Axis, voice: Voice, dice: random.Random) -> None:
        self._axis = axis
        self._voice = voice
        self._dice = dice

    def look(self) -> None:
        """Tell where the axis is, as soon as it can be known."""
        axis = self._axis
        while True:
            try:
                axis.wait_move()
                where = {"place": self._place(), "position": axis.position}
                where |= {"velocity": axis.velocity, "limits": list(axis.dial_limits)}
            except BlissError as problem:
                _say(unknown=str(problem))
                gevent.sleep(_PAUSE)
            else:
                _say(here=where)
                return

    def do_something(self) -> None:
        """Do one thing, and tell before and after."""
        what = self._dice.choice(_WHAT)
        value = self._value_for(what)
        _say(about=what, value=value, place=self._place())
        try:
            self._do(what, value)
        except BlissError as problem:
            _say(failed=what, problem=str(problem))
        else:
            _say(done=what)
        self.look()

    def _value_for(self, what: str) -> Any:
        axis, dice = self._axis, self._dice
        if what == "move":
            return axis.position + dice.uniform(-3, 3)
        if what == "velocity":
            return round(dice.uniform(20, 80), 3)
        if what == "limits":
            return [dice.uniform(-200, -90), dice.uniform(90, 200)]
        return round(dice.uniform(-20, 20), 3)

    def _do(self, what: str, value: Any) -> None:
        axis = self._axis
        if what == "move":
            low, high = axis.limits
            axis.move(min(max(value, low), high))
        elif what == "sign":
            axis.sign = -axis.sign
        elif what == "limits":
            axis.limits = sorted(axis.dial_to_user(end) for end in value)
        else:
            setattr(axis, what, value)

    def _place(self) -> float:
        return float(self._voice.say("!PLACE 1"))


def _say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
