"""Random moves and settings of an axis, with the account of where it has to be."""

import random

from hardware.axis import Axis
from tests.axis_rigs import Rig

_WHAT = {"move": 12, "rmove": 6, "position": 1, "dial": 1, "sign": 1}


def make_random_moves(rig: Rig, axis: Axis, dice: random.Random, count: int) -> None:
    """Move and set an axis at random; it has to be right to a step after each.

    The account is of the mechanics: where the hardware really is, whatever its dial was called.
    """
    steps = axis.steps_per_unit
    weights = dict(_WHAT)
    if not axis.controller.can("set_position"):
        del weights["dial"]
    axis.limits = None, None
    expected, place = axis.position, rig.place(axis)
    for number in range(count):
        what = dice.choices(list(weights), weights=list(weights.values()))[0]
        before = expected
        if what == "move":
            expected = round(dice.uniform(-5, 5), dice.choice((1, 3, 6)))
            axis.move(expected)
        elif what == "rmove":
            distance = round(dice.uniform(-0.5, 0.5), dice.choice((1, 3, 6)))
            expected += distance
            axis.rmove(distance)
        elif what == "position":
            expected = before = round(dice.uniform(-5, 5), 3)
            axis.position = expected
        elif what == "dial":
            axis.dial = round(dice.uniform(-5, 5), 3)
        else:
            axis.sign = -axis.sign
        place += axis.sign * (expected - before) * steps
        told = f"{number}: {what}, expected {expected}, {axis.position}; {place}, {rig.place(axis)}"
        assert abs(axis.position - expected) <= axis.resolution * (1 + 1e-6), told
        assert abs(rig.place(axis) - place) <= 1 + 1e-6, told
        if what in ("position", "sign"):  # they are about where it is, not where it should be
            expected, place = axis.position, rig.place(axis)
