"""Points that begin later than their schedule allows: flagged, and shown."""

import doctest

import gevent
import numpy as np
import pytest

import scans
from bliss.scanning import _schedule
from bliss.scanning._schedule import Schedule
from bliss.scanning.gate import LATE, SUSPENDED
from bliss.scanning.scan import ScanState
from bliss.scanning.suspenders import Suspender
from bliss_shell.table import Column, Table
from hardware.counters import SamplingCounter


class Slow:
    """A device whose reading number `index` takes long."""

    name = "slow"

    def __init__(self, index, seconds):
        self.left = index
        self.seconds = seconds

    def read_all(self, counters):
        if self.left == 0:
            gevent.sleep(self.seconds)
        self.left -= 1
        return [0.0 for _ in counters]


def slow(index, seconds):
    return SamplingCounter("slow", Slow(index, seconds), mode="SINGLE")


def test_the_example_of_a_schedule():
    assert doctest.testmod(_schedule).failed == 0


@pytest.mark.parametrize(
    ("period", "least"),
    [(10.0, 11.0), (0.1, 0.11), (0.002, 0.003)],  # a tenth, but 1 ms at least
)
def test_how_late_a_point_may_be(period, least):
    schedule = Schedule(period)
    instants = np.cumsum([0.0, least - 1e-6, least + 1e-6, period, period])
    assert [schedule.begin(now) for now in instants] == [False, False, True, False, False]


def test_a_point_after_a_break_is_not_late():
    schedule = Schedule(1.0)
    schedule.begin(0.0)
    schedule.interrupt()
    assert not schedule.begin(100.0)
    assert schedule.begin(102.0)


@pytest.mark.parametrize("command", [scans.loopscan, scans.timescan])
def test_a_point_after_a_slow_one(demo, command):
    counter = slow(2, 0.2)
    if command is scans.loopscan:
        scan = scans.loopscan(5, 0.01, counter, sleep_time=0.02, save=False)
    else:
        scan = scans.timescan(0.01, counter, npoints=5, sleep_time=0.02, save=False)
    flags = scan.get_data()["timer:flags"]
    assert len(flags) == 5
    assert flags[0] == 0
    assert flags[3] == LATE
    assert set(flags) <= {0, LATE}


@pytest.mark.parametrize("command", ["loopscan", "ascan"])
def test_who_asked_for_no_schedule_has_none(demo, command):
    arguments = {"loopscan": (3, 0.001), "ascan": (demo["robz"], 0, 1, 2, 0.001)}
    slept = {"sleep_time": 0.001} if command == "ascan" else {}  # moves take as long as they take
    scan = getattr(scans, command)(*arguments[command], demo["diode1"], save=False, **slept)
    assert "timer:flags" not in scan.get_data()


def test_a_scan_that_was_paused_is_not_late(demo):
    scan = scans.loopscan(3, 0.01, demo["diode1"], sleep_time=0.02, save=False, run=False)
    scan.start()
    scan.wait_state(ScanState.STARTING, timeout=10)
    scan.pause()
    scan.wait_state(ScanState.PAUSED, timeout=10)
    taken = len(scan.get_data()["elapsed_time"])
    gevent.sleep(0.1)
    scan.resume()
    scan.wait(timeout=10)
    assert scan.get_data()["timer:flags"][taken] == 0


@pytest.mark.parametrize("mode", ["TIME", "POSITION"])
def test_a_point_of_an_axis_that_moves_on(demo, mode):
    counter = slow(15, 0.03)  # some readings are to try it, before anything moves
    scan = scans.fscan(demo["robz"], 0, 1, 50, 0.02, counter, scan_mode=mode, save=False)
    flags = scan.get_data()["timer:flags"]
    assert len(flags) == 50
    assert LATE in flags[5:20]
    assert set(flags) <= {0, LATE}


def test_late_and_suspended_at_once(demo, session):
    current = [50.0]
    session.suspenders.append(Suspender("beam", lambda: current[0], below=10, period=0.001))
    counter = slow(15, 0.03)
    read = counter.controller.read_all
    counter.controller.read_all = lambda counters: (
        current.insert(0, 0.0 if counter.controller.left < 2 else 50.0),
        read(counters),
    )[1]
    try:
        scan = scans.fscan(demo["robz"], 0, 1, 30, 0.02, counter, save=False)
    finally:
        session.suspenders.clear()
    assert SUSPENDED | LATE in scan.get_data()["timer:flags"]


def test_the_table_says_so():
    table = Table([Column("timer:elapsed_time", "elapsed_time")], 80, marks="timer:flags")
    table.add("timer:elapsed_time", [0.0, 1.0, 2.0])
    table.add("timer:flags", [0, LATE, SUSPENDED | LATE])
    first, second, third = table.take()
    assert "late" not in first
    assert second.endswith("  late")
    assert third.endswith("  suspended  late")
