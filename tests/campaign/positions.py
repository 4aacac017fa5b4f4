"""The session or the settings server killed while an axis moves and is set: is it where it says?"""

import contextlib
import os
import signal
import time
from functools import partial
from typing import Any

from tests.beacon_process import BeaconProcess
from tests.campaign.account import Account
from tests.campaign.child import Child
from tests.campaign.report import Part
from tests.motor_server import MotorServer, Voice

VICTIMS = ("session", "settings server", "both")
LONGEST = 1.5  #: s that it is watched before something is killed
BACK = 30.0  #: s until the axis has to say again where it is
AIMED = 0.7  #: of the kills, those while it is set, which does not take long
SETTING = 0.01  #: s that setting something takes at most, usually
GOES_ON = 3  #: how much has to be done well after a kill
ODD = "last seen"  #: in the sentence about an axis that is not where it was


def run(part: Part) -> None:
    """Kill something, look whether the axis is where it says; with one axis, over and over."""
    with (
        MotorServer() as motors,
        BeaconProcess(part.folder / "state") as beacon,
        _Scene(part, motors.address, beacon) as scene,
    ):
        for number in part.numbers:
            if not part.attempt(number, partial(scene.trial, number), scene.shown):
                scene.renew()
        part.figures += scene.figures()


class _Scene:
    """A session that does things with an axis, and the account of them."""

    def __init__(self, part: Part, address: str, beacon: BeaconProcess) -> None:
        self._part = part
        self._address = address
        self._beacon = beacon
        self._account = Account()
        self._lives = 0
        self._log = part.folder / "mover.log"
        self._counts = dict.fromkeys(("done", "failed", "unknown"), 0)
        self._what: list[dict[str, Any]] = []

    def __enter__(self) -> "_Scene":
        self._voice = Voice(self._address)
        self._client = self._beacon.client()
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._client.close()
        self._voice.close()

    def _start(self) -> None:
        self._lives += 1
        self._session = Child(
            *("tests.campaign.mover", f"{self._part.seed}.{self._lives}", self._address),
            environment=self._beacon.env,
            log=self._log,
        )

    def renew(self) -> None:
        """Begin again, and believe what the axis says."""
        self._session.close()
        self._account = Account()
        self._voice.say("!RESET")
        with self._beacon.client("session") as client:
            client.redis("settings").delete("axis:tx")
        self._start()

    def shown(self) -> str:
        """What was done last."""
        return "\n".join(map(str, self._what[-20:])) + "\n" + self._log.read_text()[-2000:]

    def figures(self) -> list[str]:
        """How much was done, and how often it was said of an axis that it is not where it was."""
        counts = ", ".join(f"{what} {many}" for what, many in self._counts.items())
        odd = self._log.read_text().count(ODD)
        return [f"{counts}; false alarms about where it was last seen: {odd}"]

    def trial(self, number: int) -> str:
        """Let it work, kill something, and let it work again."""
        dice = self._part.dice(number)
        victim = VICTIMS[number % len(VICTIMS)]
        self._watch(time.monotonic() + dice.uniform(0.1, LONGEST), well=1)
        self._voice.say("!SLOW", dice.choice((0, 0, 0.002)))
        if dice.random() < AIMED:
            self._wait_until_it_is_set()
            time.sleep(dice.uniform(0, SETTING))
        last = self._what[-1]
        if victim != "session":
            os.kill(self._client.status()["servers"]["settings"]["pid"], signal.SIGKILL)
        if victim != "settings server":
            self._kill_session()
        self._voice.say("!SLOW", 0)
        self._watch(time.monotonic(), well=GOES_ON)
        return f"{victim} after {last}"

    def _wait_until_it_is_set(self) -> None:
        """Follow what it does until it begins to change what its positions mean."""
        while self._what[-1].get("about") not in ("position", "dial", "sign", "limits"):
            for said in self._session.take(BACK):
                self._take(said)

    def _kill_session(self) -> None:
        os.kill(self._session.process.pid, signal.SIGKILL)
        with contextlib.suppress(AssertionError):  # its end
            while True:
                for said in self._session.take(BACK):
                    self._take(said)
        self._session.close()
        while "MOVING" in self._voice.say("?STATUS 1"):
            time.sleep(0.01)
        self._start()

    def _watch(self, until: float, *, well: int) -> None:
        """Follow what it does until then, and until so much went well."""
        latest = max(until, time.monotonic()) + BACK
        while well > 0 or time.monotonic() < until:
            assert time.monotonic() < latest, f"nothing went well for {BACK} s"
            for said in self._session.take(max(0.0, min(until, latest) - time.monotonic()) or 1.0):
                well -= self._take(said)

    def _take(self, said: dict[str, Any]) -> bool:
        """Enter it into the account; whether something went well."""
        self._what.append(said)
        for what in self._counts:
            self._counts[what] += what in said
        if "about" in said:
            self._account.about_to(said["about"], said["value"], said["place"])
        elif "done" in said:
            self._account.confirmed(said["done"])
        elif "here" in said:
            here = dict(said["here"])
            self._account.check(here.pop("place"), here.pop("position"), here)
        return "done" in said
