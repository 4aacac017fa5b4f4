"""What earlier scans teach about the time that the next one takes."""

import gevent
import pytest

import scans
from bliss.scanning.timing import DeadTimes, Plan, account
from hardware.soft_counter import SoftCounter

KIND = "StepMaster axis:robz timer:diode1"


def test_what_short_scans_teach_holds_for_long_ones():
    times = DeadTimes({})
    for late in (0.002, -0.002) * 5:
        times.learn(KIND, 20 * 0.0005 + late, 0.03, 20)
    long = times.estimate(KIND, Plan(1000, motion=4.0, counting=2.0))
    assert long.seconds == pytest.approx(6.0 + 0.5 + 0.03)
    assert long.error == pytest.approx(1000 * 0.002 / 20, rel=0.01)


def test_without_an_earlier_scan_it_is_a_guess():
    first = DeadTimes({}).estimate(KIND, Plan(100, motion=0.0, counting=1.0))
    assert first.seconds == pytest.approx(1.0 + 0.1 + 0.02)
    assert first.error > 0.1


def test_old_scans_are_forgotten():
    times = DeadTimes({})
    for _ in range(10):
        times.learn(KIND, 1.0, 0.5, 100)
    for _ in range(100):
        times.learn(KIND, 0.1, 0.05, 100)
    seconds = times.estimate(KIND, Plan(100, 0.0, 0.0)).seconds
    assert seconds == pytest.approx(0.15, rel=0.05)


def test_dead_time_is_told_apart():
    plan = Plan(10, motion=1.0, counting=2.0)
    spent = {"axes": 1.1, "counters": 2.2, "ends": 0.05}
    timing = account(plan, 10, 3.5, 0.0, spent)
    assert timing["dead"] == pytest.approx(0.5)
    assert timing["dead_in"] == pytest.approx(
        {"axes": 0.1, "counters": 0.2, "ends": 0.05, "rest": 0.15}
    )


def test_the_return_of_a_relative_scan_counts_as_motion(demo):
    robz = demo["robz"]
    robz.velocity, robz.acceleration = 10, 100
    robz.move(5)
    scan = scans.dscan(robz, -1, 1, 2, 0.01, demo["diode1"], run=False)
    plan = scan.estimate().plan
    assert plan.motion == pytest.approx(4 * 0.2)  # each mm: 0.1 s to 10 mm/s, and the same to stop
    scan.run()
    assert scan.scan_info["estimate"]["motion"] == pytest.approx(4 * 0.2)
    timing = scan.scan_info["timing"]
    assert timing["total"] > 0.8 + 0.03
    assert timing["motion"] == pytest.approx(0.8)
    assert timing["dead_in"]["ends"] < timing["total"] - 0.8


def test_of_an_endless_scan_the_points_taken_count(demo):
    reads = []
    counter = SoftCounter(lambda: reads.append(0) or len(reads), name="reads")
    scan = scans.timescan(0.05, counter, run=False)
    running = scan.start()
    with gevent.Timeout(20):
        while len(reads) < 4:
            gevent.sleep(0.01)
    scan.stop()
    running.get()
    timing, taken = scan.scan_info["timing"], len(scan.get_data()["reads"])
    assert timing["counting"] == pytest.approx(0.05 * taken)
    assert timing["dead"] == pytest.approx(timing["total"] - 0.05 * taken)
