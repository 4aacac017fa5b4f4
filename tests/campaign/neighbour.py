"""Another session writes far more than fits while a slow scan runs: whole scans go, never its."""

from pathlib import Path

import redis

from bliss.data import keys
from tests.beacon_process import DEMO, BeaconProcess
from tests.campaign.keyboard import Keyboard
from tests.campaign.producing import write_scan
from tests.campaign.report import Part
from tests.campaign.verdict import check_session
from tests.campaign.witness import Witness

MEMORY = 64  #: MB
TIMES = 5  #: what is written, as a multiple of that
EACH = 8  #: MB a scan of the neighbour
SCAN = "loopscan(250, .02, diode1, sim_ct_gauss)"
NEIGHBOUR = "neighbour"


def run(part: Part, *, times: int = TIMES) -> None:
    """Write beside slow scans, so many times what fits."""
    gone = 0
    with (
        BeaconProcess(
            part.folder / "state",
            config=_configuration(part.folder),
            options=("--data-memory", f"{MEMORY}mb"),
        ) as beacon,
        Witness(beacon.env, part.folder) as witness,
        Keyboard(beacon, part.folder) as shell,
        beacon.client("session") as client,
    ):
        client.lock_session(NEIGHBOUR)
        trials = _Trials(shell, witness, client.redis("data"), times)
        for number in part.numbers:
            part.attempt(number, lambda n=number: trials.run(n), lambda: shell.text[-3000:])
        gone = client.status()["janitor"]["deleted"]
    part.figures.append(
        f"{trials.written} MB beside {len(part.numbers)} scans; {gone} scans gone, each whole"
    )


def _configuration(folder: Path) -> Path:
    """The demo's, with a second session."""
    text = DEMO.read_text() + f"\n  - name: {NEIGHBOUR}\n    config-objects: [roby]\n"
    path = folder / "sessions.yml"
    path.write_text(text)
    return path


class _Trials:
    def __init__(self, shell: Keyboard, witness: Witness, server: redis.Redis, times: int) -> None:
        self._shell = shell
        self._witness = witness
        self._server = server
        self._times = times
        self._scans: list[str] = []
        self.written = 0

    def run(self, number: int) -> str:
        """One slow scan, and what is written meanwhile."""
        self._shell.forget()
        known = self._witness.scans
        since = self._shell.type(SCAN + "\r")
        scan = self._witness.wait_for_new(known)
        for part in range(self._times * MEMORY // EACH):
            name = f"{number}_{part}_large"
            self._scans.append(write_scan(self._server, name, NEIGHBOUR, EACH).name)
            self.written += EACH
        assert scan not in self._ended(), f"{scan} has ended before all was written"
        self._shell.finish(since)
        told = self._shell.ask()
        self._check_untrimmed(scan)
        check_session(told)
        (mine,) = told["scans"]
        assert mine["outcome"] == "complete", mine
        assert mine["points"] == [mine["npoints"]], mine
        self._check_whole()
        return f"{scan} untouched; {self.written} MB written"

    def _ended(self) -> set[str]:
        return {scan for scan in self._witness.scans if self._witness.has_ended(scan)}

    def _check_untrimmed(self, scan: str) -> None:
        """No point of the slow scan is gone."""
        for node in self._server.smembers(keys.nodes(f"demo_session:data:{scan}")):
            trimmed = self._server.hget(keys.info(node.decode()), "trimmed")
            assert trimmed is None, f"{node.decode()}: points trimmed: {trimmed!r}"

    def _check_whole(self) -> None:
        """Each scan of the neighbour is there with all keys, or with none."""
        for scan in self._scans:
            nodes = [f"{scan}:axis", f"{scan}:axis:x"]
            left = [key for key in keys.of_scan(scan, nodes) if self._server.exists(key)]
            assert len(left) in (0, 11), f"{scan} is torn: {left}"
