"""Ten thousand random moves and settings, over each kind of controller: right to a step."""

import random
from functools import partial

from tests.axis_moves import make_random_moves
from tests.axis_rigs import Rig, TcpRig, rigs
from tests.campaign.report import Part
from tests.motor_server import MotorServer

MOVES = 100  #: of each trial


def run(part: Part) -> None:
    """Make them, with one kind of controller and axis after the other."""
    kinds = list(rigs().values())
    with MotorServer() as server:
        TcpRig.server = server
        for number in part.numbers:
            rig = kinds[number % len(kinds)]()
            name = ("plain", "worm")[number // len(kinds) % 2]
            part.attempt(number, partial(_move, rig, name, part.dice(number)), str)
            rig.close()
    part.figures.append(f"{part.passed * MOVES} moves and settings, each right to a step")


def _move(rig: Rig, name: str, dice: random.Random) -> str:
    axis = rig.controller.axes[name]
    rig.set_motion(axis, 1400, acceleration=1e8)
    make_random_moves(rig, axis, dice, MOVES)
    return f"{type(rig).__name__}, {name}"
