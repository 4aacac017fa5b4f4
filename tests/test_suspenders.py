"""Suspenders that watch what another process says: beam and shutter come over a Channel."""

import subprocess
import sys
import time

import gevent
import pytest
from gevent.event import Event

import scans
from bliss.config.channels import Channel
from bliss.scanning.gate import RETAKEN, SUSPENDED
from bliss.scanning.presets import ChainIterationPreset, ChainPreset
from bliss.scanning.states import ScanState
from bliss.scanning.suspenders import Suspender

MACHINE = """
import json, sys
from bliss.config.channels import Channel

with Channel("machine", value=json.loads(sys.argv[1])) as channel:
    print("ready", flush=True)
    for line in sys.stdin:
        channel.value = json.loads(line)
"""


class Hold(ChainPreset):
    """Holds a scan up before its third point, so that it cannot end before the machine spoke."""

    def __init__(self):
        self.is_held, self.may_go = Event(), Event()

    def get_iterator(self, chain):
        hold = self

        class Third(ChainIterationPreset):
            def start(self):
                hold.is_held.set()
                hold.may_go.wait(10)

        return [ChainIterationPreset(), ChainIterationPreset(), Third()]


class Machine:
    """A plain process that says how the beam, or the shutter, is."""

    def __init__(self, beacon, first):
        self._process = subprocess.Popen(
            [sys.executable, "-c", MACHINE, first],
            env=beacon.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "ready\n"
        self._heard = Channel("machine")
        self.hold = Hold()

    def says(self, value):
        """Say it; returns when it is known here."""
        self._process.stdin.write(f"{value}\n")
        self._process.stdin.flush()
        expected = value.strip('"') if '"' in value else float(value)
        wait_for(lambda: self._heard.value == expected)
        if self.hold.is_held.is_set():
            self.hold.may_go.set()

    def kill(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        self._heard.close()
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def wait_for(condition):
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.001)


@pytest.fixture
def machine(beacon, session, request):
    made = Machine(beacon, getattr(request, "param", "50"))
    yield made
    session.suspenders.clear()
    made.close()


def started(demo, session, machine, **condition):
    """A scan in the background that such a suspender watches, two points old or paused."""
    session.suspenders.append(Suspender("machine", "machine", **condition))
    scan = scans.ascan(demo["robz"], 0, 1, 30, 0.01, demo["diode1"], save=False, run=False)
    scan.add_preset(machine.hold)
    scan.start()
    wait_for(lambda: scan.state is ScanState.PAUSED or machine.hold.is_held.is_set())
    return scan


def flags(scan):
    return len(scan.get_data()["timer:flags"])


def check_whole(scan, *, retaken):
    """All points are there in order, and those that were spoiled twice."""
    scan.wait(timeout=20)
    assert scan.outcome.value == "complete"
    marks = scan.get_data()["timer:flags"].tolist()
    places = scan.get_data()["robz"]
    good = [at for at, mark in zip(places.tolist(), marks, strict=True) if not mark & SUSPENDED]
    assert len(good) == 31
    assert good == sorted(good)
    assert [mark for mark in marks if mark] == [SUSPENDED, RETAKEN] * retaken


def test_the_beam_goes_and_comes_back(demo, session, machine):
    scan = started(demo, session, machine, below=10)
    machine.says("3")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    assert scan.pauses == ["machine: 3 is below 10"]
    machine.says("50")
    check_whole(scan, retaken=1)


def test_it_comes_back_well_above_where_it_went(demo, session, machine):
    scan = started(demo, session, machine, below=10, resume_above=20)
    machine.says("3")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    machine.says("15")
    assert scan.state is ScanState.PAUSED
    machine.says("30")
    check_whole(scan, retaken=1)


def test_a_value_that_is_too_high(demo, session, machine):
    scan = started(demo, session, machine, above=100, resume_below=80)
    machine.says("120")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    assert scan.pauses == ["machine: 120 is above 100"]
    machine.says("90")
    assert scan.state is ScanState.PAUSED
    machine.says("70")
    check_whole(scan, retaken=1)


def test_a_short_dip_is_no_reason(demo, session, machine):
    scan = started(demo, session, machine, below=10, delay=60)
    machine.says("3")
    machine.says("50")
    check_whole(scan, retaken=0)
    assert scan.scan_info["pauses"] == []


def test_a_dip_that_stays_is_one(demo, session, machine):
    scan = started(demo, session, machine, below=10, delay=0.05)
    machine.says("3")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    machine.says("50")
    check_whole(scan, retaken=1)


def test_the_beam_has_to_be_good_for_a_while(demo, session, machine):
    scan = started(demo, session, machine, below=10, resume_delay=0.2)
    machine.says("3")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    good = time.time()
    machine.says("50")
    check_whole(scan, retaken=1)
    (pause,) = scan.scan_info["pauses"]
    assert pause["until"] - good >= 0.2


@pytest.mark.parametrize("machine", ['"closed"'], indirect=True)
def test_a_shutter_that_is_closed_at_the_start_and_in_the_middle(demo, session, machine):
    scan = started(demo, session, machine, equals="closed")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    assert scan.pauses == ["machine: is closed"]
    assert flags(scan) == 0
    machine.says('"open"')
    assert machine.hold.is_held.wait(10)
    machine.says('"closed"')
    scan.wait_state(ScanState.PAUSED, timeout=10)
    machine.says('"open"')
    check_whole(scan, retaken=1)
    assert len(scan.scan_info["pauses"]) == 2


def test_a_function_of_the_value(demo, session, machine):
    scan = started(demo, session, machine, bad=lambda current: current != 50)
    machine.says("49")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    assert scan.pauses == ["machine: 49 is bad"]
    machine.says("50")
    check_whole(scan, retaken=1)


def test_who_said_it_may_die(demo, session, machine):
    scan = started(demo, session, machine, below=10)
    machine.says("3")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    machine.kill()
    assert scan.pauses == ["machine: 3 is below 10"]
    with Channel("machine") as another:
        another.value = 50
    check_whole(scan, retaken=1)
