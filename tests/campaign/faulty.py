"""A session whose devices fail at random: runs trials, and tells as JSON what came of each.

Run as `python -m tests.campaign.faulty SEED NUMBER…`; it is patched as the shell's process is.
"""

import tests.patched  # isort: skip  # before anything else is imported

import io
import json
import random
import sys
from typing import Any

import gevent

import scans
from bliss.beacon import Beacon, set_beacon
from bliss.common.ending import in_words
from bliss.common.interrupts import Interrupts
from bliss.scanning.scan import Scan, ScanPreset, WatchdogCallback
from bliss.scanning.session import Session, set_current_session
from bliss.scanning.states import Outcome
from bliss_shell.devices import build_devices
from bliss_shell.live_table import LiveTable
from tests.campaign.injection import Fault, draw
from tests.campaign.inside import Inside

assert tests.patched

LONGEST = 20.0  #: s that a scan of half a second may take to end


class _Watchdog(WatchdogCallback):
    def __init__(self) -> None:
        super().__init__(watchdog_timeout=0.004)


def main() -> None:
    """Run the trials that the command line names."""
    seed, *numbers = map(int, sys.argv[1:])
    with Beacon(role="session") as beacon:
        set_beacon(beacon)
        beacon.lock_session("demo_session")
        session = Session("demo_session", beacon, Interrupts())
        set_current_session(session)
        session.listeners.append(LiveTable(out=io.StringIO()))
        devices, problems = build_devices(beacon.session_config("demo_session"))
        assert problems == []
        trials = _Trials(session, devices)
        trials.warm_up()
        for number in numbers:
            _say(trials.run(number, random.Random(f"{seed} faults {number}")))
        set_current_session(None)
        set_beacon(None)


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


class _Trials:
    def __init__(self, session: Session, devices: dict[str, Any]) -> None:
        self._session = session
        self._devices = devices
        axes = [devices[name] for name in ("robx", "roby", "robz")]
        for axis in axes:
            axis.velocity, axis.acceleration = 20, 1000
        self._inside = Inside(session.scans, *axes)

    def warm_up(self) -> None:
        for number in range(6):
            self._run(self._scan(random.Random(number)))
            self._inside.settle()
        self._inside.state()

    def run(self, number: int, dice: random.Random) -> dict[str, Any]:
        """Run a scan in which something fails, and then one in which nothing does."""
        scan = self._scan(dice)
        watchdog, preset = _Watchdog(), ScanPreset()
        scan.set_watchdog_callback(watchdog)
        scan.add_preset(preset)
        faults = draw(dice, scan, watchdog, preset)
        with gevent.Timeout(LONGEST):
            raised = self._run(scan)
        for fault in faults:
            fault.remove()
        told = self._inside.state()
        self._run(self._scan(random.Random(number)))
        return {
            "number": number,
            "command": scan.scan_info["title"],
            "faults": [fault.in_words() for fault in faults],
            "problems": _judge(scan, faults, raised),
            "told": told,
            "next": self._inside.state(),
        }

    def _run(self, scan: Scan) -> BaseException | None:
        try:
            self._session.interrupts.run_command(scan.run)
        except BaseException as error:  # noqa: BLE001 - it is judged
            return error
        return None

    def _scan(self, dice: random.Random) -> Scan:
        gauss, diode = self._devices["sim_ct_gauss"], self._devices["diode1"]
        roby, robz = self._devices["roby"], self._devices["robz"]
        made: Scan = dice.choice(
            [
                lambda: scans.ascan(roby, 0, 0.5, 8, 0.01, gauss, diode, run=False),
                lambda: scans.dscan(robz, -0.2, 0.2, 8, 0.01, gauss, diode, run=False),
                lambda: scans.loopscan(10, 0.01, gauss, diode, run=False),
                lambda: scans.ct(0.05, gauss, diode, run=False),
            ]
        )()
        return made


def _judge(scan: Scan, faults: list[Fault], raised: BaseException | None) -> list[str]:
    """What is wrong with how the scan ended."""
    problems = []
    broke = [fault for fault in faults if fault.raised and not fault.ends_well]
    if raised is not None and not any(raised is fault.error for fault in broke):
        problems.append(f"run() raised {raised!r} with {raised.__notes__}, which no device had")
    if raised is None and broke:
        problems.append(f"run() raised nothing, after {broke[0].in_words()}")
    expected = _true_outcomes(faults)
    if scan.outcome is None or scan.outcome.value not in expected:
        problems.append(f"outcome {scan.outcome}, expected {' or '.join(sorted(expected))}")
    elif scan.outcome is Outcome.FAILED and not any(_says(scan, fault) for fault in broke):
        problems.append(f"the reason is {scan.reason!r}")
    return problems


def _says(scan: Scan, fault: Fault) -> bool:
    return in_words(fault.error) in scan.reason


def _true_outcomes(faults: list[Fault]) -> set[str]:
    """What a scan may say after these: which of several came first is not known."""
    before_end = [fault for fault in faults if fault.raised and not fault.is_after_end]
    broke = {_outcome_of(fault.error) for fault in before_end if not fault.ends_well}
    return broke or ({"stopped", "complete"} if before_end else {"complete"})


def _outcome_of(error: BaseException) -> str:
    ends = (KeyboardInterrupt, gevent.GreenletExit)  # as who interrupts or kills it would raise
    return "aborted" if isinstance(error, ends) else "failed"


if __name__ == "__main__":
    main()
