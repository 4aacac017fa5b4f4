"""The settings server killed while an axis moves and its velocity is set again and again."""

import contextlib
import json
from typing import Any

from tests.beacon_process import BeaconProcess
from tests.campaign.keyboard import ANSWER, Keyboard
from tests.campaign.report import Part
from tests.campaign.server_kill import server_killed
from tests.campaign.verdict import check_next_scan, check_scans, check_session
from tests.campaign.witness import Witness

VELOCITY = 4.0  #: mm/s, of the axis that moves
TARGETS = (8.0, 0.0)  #: mm, in turn: two seconds apart
MOVES = ("umv(robx, {0})", "ascan(robx, {1}, {0}, 20, .01, diode1)")
KILLED = (0.3, 1.7)  #: s from the line to the kill
MOST_LOST = 1.0  #: s of settings that may be lost

#: How it is set, and read as it is stored.
SETUP = (
    "from bliss.config.settings import HashSetting",
    "from tests.campaign.steady import Steady",
    "store = HashSetting('axis:robx')",
    "set_it, get_it = lambda v: setattr(robx, 'velocity', v), lambda: store['velocity']",
    "steady = Steady(set_it, get_it, lambda: robx.is_moving)",
)


def run(part: Part) -> None:
    """Kill the server in motions, and look what became of them and of the velocity."""
    scene = _Scene(part)
    with contextlib.ExitStack() as everything:
        everything.enter_context(scene)
        for number in part.numbers:
            part.attempt(number, lambda n=number: scene.trial(n), lambda: scene.shell.text[-5000:])
        scene.print_figures()


class _Scene(contextlib.ExitStack):
    """Beacon, a follower, and a shell with an axis whose velocity is set at a steady rate."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._part = part
        self._lost: list[float] = []
        self._longest: list[float] = []
        self._back: list[float] = []

    def __enter__(self) -> "_Scene":
        self._beacon = self.enter_context(BeaconProcess(self._part.folder / "state"))
        self._witness = self.enter_context(Witness(self._beacon.env, self._part.folder))
        self.shell = self.enter_context(Keyboard(self._beacon, self._part.folder))
        for line in (*SETUP, f"robx.velocity = {VELOCITY}"):
            self.shell.run(line)
        for _ in range(2):
            self._move("umv(robx, 0.1); umv(robx, 0); ct(0.01, diode1)")
            self.shell.ask("inside.settle()")
        return self

    def _move(self, line: str) -> int:
        """Type a line during which the setting is set; where its output begins."""
        return self.shell.type(f"steady.start(); {line}; steady.stop()\r")

    def _told(self, since: int) -> dict[str, Any]:
        found = self.shell.wait_for(r"^STEADY (\{.*?\})$", ANSWER, since=since)
        told: dict[str, Any] = json.loads(found[1])
        return told

    def trial(self, number: int) -> str:
        """One motion, alone or in a scan."""
        dice, shell = self._part.dice(number), self.shell
        shell.forget()
        target, before = TARGETS[number % 2], TARGETS[number % 2 - 1]
        since = self._move(MOVES[number // 2 % 2].format(target, before))
        shell.watch(dice.uniform(*KILLED))
        with server_killed(self._beacon, "settings") as killed:
            told = self._told(since)
        began, ended = told["moved"]
        assert began < killed.at < ended, f"nothing moved when the server was killed: {told}"
        self._check(told, target)
        self._lost.append(told["lost"])
        self._longest.append(told["longest"])
        self._back.append(killed.back)
        return f"{told['set']} values, {told['errors']} errors, {told['lost']:.3f} s lost"

    def _check(self, told: dict[str, Any], target: float) -> None:
        assert told["lost"] <= MOST_LOST, f"more than {MOST_LOST} s are lost: {told}"
        state = self.shell.ask()
        check_session(state)
        check_scans(state, self._witness, ["complete"])
        assert f"{target:g}" in self.shell.run("round(robx.position, 3)")
        check_next_scan(self.shell, self._witness)

    def print_figures(self) -> None:
        """What was lost, and how long the server was away."""
        if self._back:
            self._part.figures += [
                f"lost: at most {max(self._lost):.3f} s of settings",
                f"back: within {max(self._back):.2f} s, {len(self._back)} times",
                f"from one set to the next: at most {max(self._longest):.2f} s",
            ]
