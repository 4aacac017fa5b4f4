"""Processes killed at random instants: the session, Beacon, its servers, a follower."""

import contextlib
import os
import random
import signal
from collections.abc import Sequence
from functools import partial

import psutil

from tests.beacon_process import BeaconProcess, free_port
from tests.campaign.keyboard import Keyboard
from tests.campaign.report import Part
from tests.campaign.server_kill import server_killed
from tests.campaign.verdict import check_next_scan, check_scan, check_scans, check_session
from tests.campaign.witness import Witness

VICTIMS = ("session", "Beacon", "data server", "settings server", "follower")
LONGEST_SCAN = 2.0  #: s that a scan takes in which something is killed
SCANS = (
    "ascan(roby, 0, 5 if roby.position < 2 else .5, 40, .03, sim_ct_gauss)",
    "dscan(robz, -.5, .5, 40, .03, sim_ct_gauss, diode1)",
    "loopscan(80, .02, diode1)",
)
TOLD = 5.0  #: s until a scan whose data server died has ended with the reason
GONE = 5.0  #: s until the processes that have to end with another have ended


def run(part: Part) -> None:
    """Kill something in a scan, look what became of the rest, and go on with it."""
    _run(part, VICTIMS)


def data_servers(part: Part) -> None:
    """The same, always with the data server."""
    _run(part, ["data server"])


def _run(part: Part, victims: Sequence[str]) -> None:
    with _Scene(part, victims) as scene:
        for number in part.numbers:
            if not part.attempt(number, partial(scene.trial, number), scene.shown):
                scene.renew()
        scene.print_figures()


class _Scene:
    """All that runs: Beacon, the shell, the witness and a follower to be killed."""

    def __init__(self, part: Part, victims: Sequence[str]) -> None:
        self._part = part
        self._chosen = victims
        self._port = free_port()
        self._lives = 0
        self._back: list[float] = []  #: s until a data server was there again
        self._ended: list[float] = []  #: s until the scan that it took with it had ended

    def __enter__(self) -> "_Scene":
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _open(self) -> None:
        self._beacon = self._started_beacon()
        self._witness = Witness(self._beacon.env, self._part.folder)
        self._follower = Witness(self._beacon.env, self._part.folder)
        self._shell = self._started_shell()

    def _close(self) -> None:
        for each in (self._shell, self._follower, self._witness, self._beacon):
            with contextlib.suppress(AssertionError):  # it has been seen
                each.__exit__(None, None, None)

    def renew(self) -> None:
        """Start all of it again."""
        self._close()
        self._open()

    def shown(self) -> str:
        """What the terminal shows, and what Beacon logged last."""
        return f"{self._shell.text}\nBeacon logged:\n{''.join(self._beacon.lines[-20:])}"

    def _started_beacon(self) -> BeaconProcess:
        return BeaconProcess(self._part.folder / "state", port=self._port)

    def _started_shell(self) -> Keyboard:
        shell = Keyboard(self._beacon, self._part.folder)
        shell.run("robx.velocity = roby.velocity = robz.velocity = 20")
        for scan in ("ascan(roby, 0, 1, 3, .01, sim_ct_gauss)", "loopscan(3, .01, diode1)") * 2:
            shell.ask(f"{scan}; inside.settle()")
        return shell

    def trial(self, number: int) -> str:
        """Kill something, in the middle of a scan."""
        dice = self._part.dice(number)
        victim = self._chosen[number % len(self._chosen)]
        self._shell.forget()
        kill = getattr(self, f"_kill_{victim.lower().replace(' ', '_')}")
        return f"{victim}: {kill(dice)}"

    def print_figures(self) -> None:
        """How long what hung on a data server took."""
        for what, seconds in (("back", self._back), ("its scan had ended", self._ended)):
            if seconds:
                said = f"{what}: within {max(seconds):.2f} s, {len(seconds)} times"
                self._part.figures.append(f"data server killed, {said}")

    def _start_scan(self, dice: random.Random) -> str:
        """Start a scan, wait for a random instant in it, and say which it is."""
        known = self._witness.scans
        self._shell.type(dice.choice(SCANS) + "\r")
        name = self._witness.wait_for_new(known)
        self._shell.watch(dice.uniform(0, LONGEST_SCAN))
        return name

    def _kill_session(self, dice: random.Random) -> str:
        scan = self._start_scan(dice)
        pid = self._shell.process.pid
        os.kill(pid, signal.SIGKILL)
        self._shell.__exit__()
        outcome, reason = self._witness.end_of(scan)
        assert outcome in ("lost", "complete"), (outcome, reason)
        if outcome == "lost":
            assert f"process {pid}" in reason, reason
        self._witness.wait_for_all_ends()
        self._shell = self._started_shell()
        check_next_scan(self._shell, self._witness)
        return f"{scan} {outcome}"

    def _kill_beacon(self, dice: random.Random) -> str:
        scan = self._start_scan(dice)
        servers = psutil.Process(self._beacon.process.pid).children(recursive=True)
        assert len(servers) == 2, servers
        self._beacon.kill()
        _, orphans = psutil.wait_procs(servers, GONE)
        assert not orphans, f"orphans: {orphans}"
        told = self._shell.ask(timeout=15)
        self._beacon = self._started_beacon()
        outcome = self._check_lost(scan, told)
        check_next_scan(self._shell, self._witness)
        return f"{scan} {outcome}"

    def _kill_data_server(self, dice: random.Random) -> str:
        scan = self._start_scan(dice)
        with server_killed(self._beacon, "data") as killed:
            told = self._shell.ask()
            took = killed.since
        ended = told["scans"][-1]["outcome"]
        assert took < TOLD or ended == "complete", f"{took:.1f} s until the scan had ended"
        outcome = self._check_lost(scan, told)
        check_next_scan(self._shell, self._witness)
        if ended != "complete":
            self._ended.append(took)
        self._back.append(killed.back)
        return f"{scan} {outcome}, the prompt was back after {took:.2f} s"

    def _kill_settings_server(self, dice: random.Random) -> str:
        scan = self._start_scan(dice)
        with server_killed(self._beacon, "settings"):
            told = self._shell.ask()
        check_session(told)
        outcome = check_scans(told, self._witness, ["complete"])
        check_next_scan(self._shell, self._witness)
        return f"{scan} {outcome}"

    def _kill_follower(self, dice: random.Random) -> str:
        scan = self._start_scan(dice)
        os.kill(self._follower.pid, signal.SIGKILL)
        told = self._shell.ask()
        check_session(told)
        outcome = check_scans(told, self._witness, ["complete"])
        self._follower.__exit__()
        self._follower = Witness(self._beacon.env, self._part.folder)
        check_next_scan(self._shell, self._follower)
        self._witness.wait_for_all_ends()
        return f"{scan} {outcome}"

    def _check_lost(self, scan: str, told: dict) -> str:
        """The session says why its scan failed; who followed it sees it lost, once."""
        check_session(told)
        (mine,) = told["scans"]
        assert mine["name"] == scan, mine
        check_scan(mine, ["complete", "failed"], has_data=False)
        outcome, reason = self._witness.end_of(scan)
        if mine["outcome"] == "complete":
            assert outcome in ("complete", "lost"), (outcome, reason)
        else:
            assert outcome in ("failed", "lost"), (outcome, reason)
            assert "data" in mine["reason"], mine
        assert reason or outcome == "complete"
        self._witness.wait_for_all_ends()
        return f"{mine['outcome']} ({mine['reason']}), for the follower {outcome}"
