"""The data server stopped for a while in a scan: it is said, Ctrl-C works, or the scan goes on.

What is left behind in the session, `cuts`, `kills` and `many_scans` look at.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator

from tests.beacon_process import BeaconProcess
from tests.campaign.keyboard import Keyboard
from tests.campaign.report import Part
from tests.campaign.verdict import check_next_scan, check_scans, check_session
from tests.campaign.witness import Witness

SCAN = "loopscan(300, .01, diode1)"
SHORT, LONG = 5.0, 40.0  #: s
EVERY = 5  #: of so many trials, one is long
SAID = 3.0  #: s until it has to be said
PROMPT = 2.0  #: s from Ctrl-C to the prompt
GOES_ON = 30.0  #: s that a scan may take once the server goes on


def run(part: Part) -> None:
    """Stop the data server in scans."""
    said: list[float] = []
    prompts: list[float] = []
    with (
        BeaconProcess(part.folder / "state") as beacon,
        Witness(beacon.env, part.folder) as witness,
        Keyboard(beacon, part.folder) as shell,
    ):
        trials = _Trials(part, beacon, shell, witness, said, prompts)
        for number in part.numbers:
            part.attempt(number, lambda n=number: trials.run(n), lambda: shell.text[-5000:])
    for what, seconds in (("said", said), ("prompt after Ctrl-C", prompts)):
        if seconds:
            part.figures.append(f"{what}: within {max(seconds):.3f} s, {len(seconds)} times")


class _Trials:
    def __init__(
        self,
        part: Part,
        beacon: BeaconProcess,
        shell: Keyboard,
        witness: Witness,
        said: list[float],
        prompts: list[float],
    ) -> None:
        self._part = part
        self._beacon = beacon
        self._shell = shell
        self._witness = witness
        self._said = said
        self._prompts = prompts

    def run(self, number: int) -> str:
        """One scan in which the server stops."""
        shell, dice = self._shell, self._part.dice(number)
        seconds = LONG if number % EVERY == EVERY - 1 else SHORT
        shell.forget()
        known = self._witness.scans
        since = shell.type(SCAN + "\r")
        scan = self._witness.wait_for_new(known)
        shell.watch(dice.uniform(0.2, 2.0))
        with self._stopped(seconds) as stopped:
            shell.wait_for("waiting: the data server does not answer", since=since)
            self._said.append(time.monotonic() - stopped)
            if number % 2:
                self._interrupt(since)
        expected = "aborted" if number % 2 else "complete"
        if not number % 2:
            shell.finish(since, GOES_ON)
        assert self._witness.end_of(scan, GOES_ON)[0] == expected
        self._check(expected)
        return f"{scan}: stopped for {seconds:.0f} s, {expected}"

    @contextlib.contextmanager
    def _stopped(self, seconds: float) -> Iterator[float]:
        with self._beacon.client() as client:
            pid = client.status()["servers"]["data"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            yield stopped
            self._shell.watch(stopped + seconds - time.monotonic())
        finally:
            os.kill(pid, signal.SIGCONT)

    def _interrupt(self, since: int) -> None:
        self._shell.interrupt()
        pressed = time.monotonic()
        shown = self._shell.finish(since)
        self._prompts.append(time.monotonic() - pressed)
        assert "published as soon as the data server takes them" in shown

    def _check(self, expected: str) -> None:
        told = self._shell.ask()
        check_session(told)
        check_scans(told, self._witness, [expected])
        check_next_scan(self._shell, self._witness)
        assert self._said[-1] < SAID, f"said after {self._said[-1]:.2f} s"
        if expected == "aborted":
            assert self._prompts[-1] < PROMPT, f"prompt after {self._prompts[-1]:.2f} s"
