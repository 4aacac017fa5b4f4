"""An axis that moves on while points are taken."""

import gevent
import numpy as np
import pytest

import scans
from bliss.common import clock
from bliss.common.errors import ArgumentError, DeviceError, LimitError, ScanError
from bliss.scanning.scan import ScanState
from hardware.move_listener import MoveListener

MODES = ["TIME", "POSITION"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ends", [(-2, 2), (2, -2)])
def test_points_are_on_the_way_and_say_where_they_began(demo, mode, ends):
    robz = demo["robz"]
    scan = scans.fscan(robz, *ends, 16, 0.025, demo["sim_ct_gauss"], scan_mode=mode)
    data = scan.get_data()
    direction = np.sign(ends[1] - ends[0])
    steps = np.diff(data["robz"]) * direction
    assert len(data["robz"]) == len(data["sim_ct_gauss"]) == 16
    assert np.all(steps > 0)
    # the published position belongs to the published value: each was read when the point began
    expected = 100 * np.exp(-(data["robz"] ** 2) / 2)
    velocity, slope = 4 / 0.4, 100 * np.exp(-0.5)
    late = np.abs(data["sim_ct_gauss"] - expected) / (velocity * slope)
    assert np.median(late) < 0.005  # a point takes five times as long
    # all at the speed of the scan: position and time go on together
    fit = np.polyfit(data["elapsed_time"], data["robz"], 1)
    assert fit[0] == pytest.approx(direction * velocity, rel=0.02)
    assert (data["robz"][0] - ends[0]) * direction >= 0
    assert robz.velocity == 1000
    assert not robz.is_moving
    info = scan.node.info.get_all()
    assert (info["start"], info["stop"], info["npoints"]) == ([ends[0]], [ends[1]], 16)
    assert (info["velocity"], info["count_time"]) == (10, 0.025)


def test_points_may_be_apart(demo):
    scan = scans.fscan(demo["robz"], 0, 1, 10, 0.004, demo["diode1"], latency_time=0.006)
    assert scan.scan_info["velocity"] == pytest.approx(10)
    # none began before its turn, however late another was
    assert np.all(scan.get_data()["robz"] > np.arange(10) / 10 - 0.001)


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (
            (-10, 10, 10, 0.001),
            ArgumentError,
            "robz: 10 points of 0.001 s from -10 to 10 mm need 2000 mm/s, and it moves at most at "
            "1000 mm/s; count longer, or take more points",
        ),
        ((1, 1, 10, 0.1), ArgumentError, "fscan: start and stop are both 1: expected a way to go"),
        ((0, 1, 10, 0), ArgumentError, "fscan: acq_time is 0: expected a number, 0.0001 or more"),
        ((0, 19.99, 20, 0.01), LimitError, "robz: 2.*20.0 mm.*needs that way to gather speed"),
        ((-20, 0, 20, 0.01), LimitError, "robz: -2.*-20.0 mm.*needs that way to gather speed"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_figures(demo, session, arguments, kind, said):
    with pytest.raises(kind, match=said):
        scans.fscan(demo["robz"], *arguments, demo["sim_ct_gauss"])
    assert (demo["robz"].position, list(session.scans)) == (0, [])


class SlowCounter:
    name, unit, dtype, shape, mode = "slow", None, "<f8", (), "SINGLE"

    def __init__(self, controller):
        self.controller = controller


class SlowController:
    """Takes its time to be read, from the reading number `after` on."""

    name = "slow_controller"

    def __init__(self, after):
        self.readings = 0
        self.after = after

    def read_all(self, counters):
        self.readings += 1
        if self.readings > self.after:
            gevent.sleep(0.02)
        return [0.0 for _ in counters]


def test_counters_that_are_too_slow_are_refused_before_anything_moves(demo):
    slow = SlowCounter(SlowController(after=0))
    with pytest.raises(
        ArgumentError,
        match=r"slow_controller: reading it takes \d+(\.\d+)? ms, and a point lasts 5 ms; count",
    ):
        scans.fscan(demo["robz"], 0, 1, 10, 0.005, slow)
    assert demo["robz"].position == 0


@pytest.mark.parametrize("mode", MODES)
def test_counters_that_become_too_slow_end_the_scan(demo, mode):
    slow = SlowCounter(SlowController(after=10))
    with pytest.raises(ScanError, match=r"robz: point \d+ of 50 would begin at .* too slow"):
        scans.fscan(demo["robz"], 0, 1, 50, 0.005, slow, scan_mode=mode)
    assert not demo["robz"].is_moving
    assert demo["robz"].velocity == 1000


class AcrossThePoints(MoveListener):
    """Calls something when the move across the points begins."""

    def __init__(self, call):
        self.call = call

    def on_move_start(self, axis, start, target):
        if target > 1:
            self.call(axis)


def fail(axis):
    axis.controller.motor(axis).fail_move(0.2, "limit switch")


def stop_later(axis):
    gevent.spawn_later(0.2, axis.stop)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("happens", "said"),
    [(fail, "limit switch"), (stop_later, r"stands still at .*, before the scan's end at 10 mm")],
)
def test_an_axis_that_does_not_come_to_its_end_ends_the_scan(demo, mode, happens, said):
    robz = demo["robz"]
    robz.listeners.append(AcrossThePoints(happens))
    with pytest.raises(DeviceError, match=f"robz: .*{said}"):
        scans.fscan(robz, 0, 10, 100, 0.01, demo["diode1"], scan_mode=mode)
    assert robz.velocity == 1000


class Card:
    """Counts by itself, and takes 2 ms to be read."""

    name = "card"

    def prepare_counting(self, count_time, npoints):
        self.count_time = count_time

    def start_counting(self):
        self.until = clock.now() + self.count_time

    def read_counting(self, counters):
        clock.sleep_until(self.until + 0.002)
        return [1.0 for _ in counters]

    def stop_counting(self): ...


def test_points_that_are_put_off_are_told_of(demo, caplog):
    scan = scans.fscan(demo["robz"], 0, 1, 20, 0.005, SlowCounter(Card()))
    assert len(scan.get_data()["robz"]) == 20
    assert "robz: the last point begins at" in caplog.text


def test_an_interrupted_scan_sets_the_velocity_back(demo):
    robz = demo["robz"]
    scan = scans.fscan(robz, 0, 10, 1000, 0.01, demo["diode1"], run=False)
    running = gevent.spawn(scan.run)
    scan.wait_state(ScanState.STARTING)
    while robz.velocity == 1000:
        gevent.sleep(0)
    running.kill(KeyboardInterrupt, block=False)
    with pytest.raises(KeyboardInterrupt):
        running.get(timeout=5)
    assert robz.velocity == 1000
    assert not robz.is_moving


def test_an_axis_without_a_velocity_cannot_scan_that_way(demo):
    class Plain:
        name, unit, position = "plain", None, 0.0

        def check_target(self, target): ...

        def start_move(self, target): ...

        def wait_move(self): ...

        def stop(self): ...

    with pytest.raises(ArgumentError, match=r"plain has no velocity, so .* see ascan"):
        scans.fscan(Plain(), 0, 1, 10, 0.1, demo["diode1"])
