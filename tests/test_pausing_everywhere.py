"""Pauses of each kind of scan in each of its phases: nothing lost, nothing twice, all as it was."""

import gevent
import numpy as np
import pytest
from gevent.event import Event

import scans
from bliss.data import keys
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.acquisition.counters import SamplingSlave
from bliss.scanning.acquisition.timer import TimerMaster
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.presets import ChainIterationPreset, ChainPreset
from bliss.scanning.scan import Scan
from bliss.scanning.states import ScanState
from hardware.counters import SamplingMode
from hardware.move_listener import MoveListener
from hardware.soft_counter import SoftCounter

NPOINTS = 4
TRAPPED = 2  #: point in which the pause comes, where it comes in one
COUNT_TIME = 0.002
PLACES = [1.0, 1.1, 1.2, 1.3]


class Trap(MoveListener, ChainPreset):
    """Holds a scan up in one phase until it was paused from another greenlet."""

    def __init__(self, phase, point=TRAPPED):
        self.phase = phase
        self._point = point
        self._counts = dict.fromkeys(("preparing", "moving", "counting", "between"), 0)
        self.is_there, self.is_paused = Event(), Event()

    def _at(self, phase):
        self._counts[phase] += 1
        if phase == self.phase and self._counts[phase] == self._point:
            self.is_there.set()
            self.is_paused.wait(5)

    def prepare(self, chain):
        self._counts["preparing"] = self._point - 1  # it comes once
        self._at("preparing")

    def on_move_start(self, axis, start, target):
        self._at("moving")

    def read(self):
        self._at("counting")
        return self._counts["counting"]

    def get_iterator(self, chain):
        trap = self

        class After(ChainIterationPreset):
            def stop(self):
                trap._at("between")

        while True:
            yield After()


def ascan(demo, counter):
    return scans.ascan(demo["robz"], 1, 1.3, 3, COUNT_TIME, counter, save=False, run=False)


def dscan(demo, counter):
    return scans.dscan(demo["robz"], 0, 0.3, 3, COUNT_TIME, counter, save=False, run=False)


def a2scan(demo, counter):
    ways = demo["robz"], 1, 1.3, demo["robx"], 0, 3
    return scans.a2scan(*ways, 3, COUNT_TIME, counter, save=False, run=False)


def amesh(demo, counter):
    ways = demo["robz"], 1, 1.1, 1, demo["robx"], 0, 1, 1
    return scans.amesh(*ways, COUNT_TIME, counter, save=False, run=False)


def loopscan(_demo, counter):
    return scans.loopscan(NPOINTS, COUNT_TIME, counter, save=False, run=False)


def timescan(_demo, counter):
    return scans.timescan(COUNT_TIME, counter, npoints=NPOINTS, save=False, run=False)


def two_tops(demo, counter):
    timer = TimerMaster(COUNT_TIME)
    chain = AcquisitionChain(timer, NPOINTS)
    chain.add(timer, SamplingSlave(counter.controller, [counter], COUNT_TIME))
    chain.add(StepMaster([(demo["robz"], PLACES)]))
    return Scan(chain, name="two_tops", save=False)


MOVING = {ascan: PLACES, dscan: PLACES, a2scan: PLACES, amesh: [1, 1.1, 1, 1.1], two_tops: PLACES}
"""The scans that move `robz`, and where to."""

KINDS = [*MOVING, loopscan, timescan]
CASES = [
    (make, phase)
    for make in KINDS
    for phase in ("before", "preparing", "moving", "counting", "between", "last")
    if phase != "moving" or make in MOVING
    if phase != "last" or make is not two_tops  # the other one may have points left, and waits
]


@pytest.fixture
def robz(demo):
    demo["robz"].move(1.0)
    return demo["robz"]


def run_with_pause(scan, trap, robz):
    """Begin it, and pause it in the trap's phase."""
    robz.listeners.append(trap)
    scan.add_preset(trap)
    if trap.phase == "before":
        scan.pause("to look")
    scan.start()
    if trap.phase != "before":
        assert trap.is_there.wait(10)
        scan.pause("to look")
        trap.is_paused.set()


def taken(scan):
    return {name: len(values) for name, values in scan.get_data().items()}


def wait_for(condition):
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.001)


@pytest.mark.parametrize(("make", "phase"), CASES, ids=lambda each: getattr(each, "__name__", each))
def test_a_pause(demo, session, robz, make, phase):
    trap = Trap("counting", NPOINTS) if phase == "last" else Trap(phase)
    counter = SoftCounter(trap.read, name="trapped", mode=SamplingMode.SINGLE)
    scan = make(demo, counter)
    run_with_pause(scan, trap, robz)
    if phase != "last":
        scan.wait_state(ScanState.PAUSED, timeout=10)
        expected = 0 if phase in ("before", "preparing") else TRAPPED
        held_up = "axis:robz" if phase == "moving" else "timer:elapsed_time"
        wait_for(lambda: taken(scan)[held_up] == expected)
        assert scan.pauses == ["to look"]
        assert scan.state is ScanState.PAUSED
        scan.resume()
    scan.wait(timeout=10)
    assert scan.outcome.value == "complete"
    assert session.data.xlen(keys.end(scan.node.db_name)) == 1
    data = scan.get_data()
    assert set(taken(scan).values()) == {NPOINTS}
    assert data["trapped"].tolist() == [1, 2, 3, 4]
    assert np.all(np.diff(data["timer:elapsed_time"]) > 0)
    if make in MOVING:
        np.testing.assert_allclose(data["robz"], MOVING[make], atol=1e-3)
        assert abs(robz.position - (1.0 if make is dscan else MOVING[make][-1])) < 1e-3
    (pause,) = scan.scan_info["pauses"]
    assert pause["until"] is not None


@pytest.mark.parametrize("phase", ["before", "preparing", "counting"])
def test_a_continuous_scan_waits_only_before_it_begins(demo, session, robz, phase):
    trap = Trap(phase if phase != "counting" else "never")
    counter = SoftCounter(trap.read, name="trapped", mode=SamplingMode.SINGLE)
    scan = scans.fscan(robz, 1, 1.3, NPOINTS, 0.05, counter, save=False, run=False)
    if phase == "counting":
        scan.start()
        scan.wait_state(ScanState.STARTING, timeout=10)
        wait_for(lambda: taken(scan)["timer:elapsed_time"] > 0)
        scan.pause("to look")
    else:
        run_with_pause(scan, trap, robz)
        scan.wait_state(ScanState.PAUSED, timeout=10)
        assert set(taken(scan).values()) == {0}
        assert not robz.is_moving
        scan.resume()
    scan.wait(timeout=10)
    assert scan.outcome.value == "complete"
    assert session.data.xlen(keys.end(scan.node.db_name)) == 1
    assert set(taken(scan).values()) == {NPOINTS}
    assert np.diff(scan.get_data()["trapped"]).tolist() == [1, 1, 1]
    assert abs(scan.get_data()["robz"][0] - 1.0) < 0.3 / NPOINTS
