"""Sessions that are told to end, or whose terminal goes, at random instants."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.beacon_process import BeaconProcess
from tests.campaign.report import Part
from tests.campaign.witness import Witness
from tests.terminal import Terminal

COMMANDS = (
    "umv(tx, 5 if tx.position < 2.5 else 0)",
    "ascan(roby, 0, 1, 10, .03, sim_ct_gauss)",
    "dscan(tx, -.1, .1, 4, .03, sim_ct_gauss, diode1)",
    "fscan(robz, -.5, .5, 20, .02, sim_ct_gauss)",
    "loopscan(1000, .001, diode1)",
    "tx.jog(1)",
    "while True: ct(.1, diode1)",
)
WAYS = ("SIGTERM", "hang up", "hang up its shell")
LONGEST = 1.5  #: s that a command runs before
GONE = 15.0  #: s until the session has ended; tx may have to return and correct its backlash
STATUS = {"SIGTERM": 128 + signal.SIGTERM, "hang up": 128 + signal.SIGHUP}
_SHELL = ("sh", "-c", '"$@"; true', "sh")  #: one that is there as long as what it runs


def run(part: Part) -> None:
    """Each trial is a session of its own."""
    with (
        BeaconProcess(part.folder / "state") as beacon,
        Witness(beacon.env, part.folder) as witness,
    ):
        for number in part.numbers:
            trial = _Trial(part, beacon, witness)
            part.attempt(number, lambda trial=trial, number=number: trial.run(number), trial.shown)


class _Trial:
    def __init__(self, part: Part, beacon: BeaconProcess, witness: Witness) -> None:
        self._part = part
        self._beacon = beacon
        self._witness = witness
        self._text = ""

    def shown(self) -> str:
        """What the terminal showed."""
        return self._text

    def run(self, number: int) -> str:
        dice = self._part.dice(number)
        command, way = COMMANDS[number % len(COMMANDS)], WAYS[number % len(WAYS)]
        instant, known = dice.uniform(0, LONGEST), self._witness.scans
        with Terminal(
            *("-s", "demo_session"),
            home=self._part.folder,
            environment={"BEACON_HOST": self._beacon.host},
            through=_SHELL if way == "hang up its shell" else (),
        ) as shell:
            shell.wait_for_prompt()
            shell.type(f"{command}\r\r")
            shell.watch(instant)
            session = _session_of(shell)
            status = self._end(shell, way)
            self._text = shell.text
            psutil.wait_procs([session], GONE)
        assert not session.is_running(), f"its process has not ended within {GONE} s"
        assert status == STATUS.get(way, status), f"exit status {status}"
        assert "Traceback" not in self._text
        self._check_moves()
        return f"{command} {way} after {instant:.3f} s: {self._check_scans(known, way)}"

    def _end(self, shell: Terminal, way: str) -> int:
        if way == "SIGTERM":
            shell.signal(signal.SIGTERM)
            return shell.wait_for_end()
        return shell.hang_up()

    def _check_scans(self, known: frozenset[str], way: str) -> str:
        """Each has one END that says the truth, and nobody holds the session any more."""
        self._witness.wait_for_all_ends()
        cause = "SIGTERM" if way == "SIGTERM" else "SIGHUP"
        outcomes = []
        for name in sorted(self._witness.scans - known):
            outcome, reason = self._witness.end_of(name)
            assert outcome == "complete" or (outcome, cause in reason) == ("aborted", True), reason
            outcomes.append(outcome)
        with self._beacon.client() as client:
            assert client.status()["sessions"] == {}
        return ", ".join(outcomes) or "no scan"

    def _check_moves(self) -> None:
        """Each move that began is known to have ended."""
        path = self._part.folder / ".local/state/bliss-shell/demo_session/moves.jsonl"
        lines = _records(path) if path.exists() else []
        began = {(line["axis"], line["time"]) for line in lines if "from" in line}
        ended = {(line["axis"], line["began"]) for line in lines if "began" in line}
        assert began == ended, f"moves without an end: {began - ended}"


def _records(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _session_of(shell: Terminal) -> psutil.Process:
    """The process of the session, which its shell may have started."""
    process = psutil.Process(shell.process.pid)
    return process.children()[0] if process.name() == _SHELL[0] else process
