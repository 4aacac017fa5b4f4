"""Scans that run beside what is typed."""

import re

import gevent
import pytest

import scans
from bliss.common.errors import LimitError, ScanError, ScanStateError
from bliss.scanning.scan import ScanState
from bliss.scanning.states import Outcome
from tests.terminal import Terminal


def slow(demo, axis="robz", **options):
    """A scan that goes on until it is stopped by hand."""
    return scans.ascan(demo[axis], 0, 1, 1000, 1, demo["diode1"], run=False, **options)


def test_a_scan_in_the_background_is_waited_for(demo):
    scan = scans.loopscan(3, 0.01, demo["diode1"], run=False)
    task = scan.start()
    assert scan.state is ScanState.IDLE
    scan.wait(timeout=10)
    assert scan.outcome is Outcome.COMPLETE
    task.join(timeout=5)
    assert task.successful()


def test_what_ends_it_comes_out_of_wait_and_nowhere_else(demo, capfd):
    demo["diode1"].controller.read_all = lambda counters: 1 / 0
    scan = scans.ct(0, demo["diode1"], run=False)
    scan.start().join(timeout=10)
    with pytest.raises(ZeroDivisionError):
        scan.wait(timeout=5)
    assert capfd.readouterr().err == ""


def test_a_scan_on_a_greenlet_of_the_users_own_is_waited_for_too(demo):
    scan = scans.ct(0, demo["diode1"], run=False)
    demo["diode1"].controller.read_all = lambda counters: 1 / 0
    running = gevent.spawn(scan.run)
    with pytest.raises(
        ScanError, match="ct: simulated_diodes: ZeroDivisionError: division by zero"
    ):
        scan.wait(timeout=10)
    with pytest.raises(ZeroDivisionError):
        running.get(timeout=5)


def test_a_wait_that_is_too_short_says_so_and_leaves_the_scan_alone(demo):
    scan = slow(demo)
    scan.start()
    with pytest.raises(ScanStateError, match="not done"):
        scan.wait(timeout=0.01)
    scan.abort()
    scan.wait(timeout=10)
    assert scan.outcome is Outcome.ABORTED


def test_two_scans_cannot_move_one_axis_at_once(demo, session):
    first = slow(demo)
    first.start()
    first.wait_state(ScanState.STARTING)
    second = slow(demo)
    for run in (second.run, second.start):
        with pytest.raises(ScanError, match=f"ascan: robz is moved by {first.name}, which runs"):
            run()
    other = scans.ascan(demo["robx"], 0, 1, 2, 0, demo["diode1"])  # it has an axis of its own
    assert other.outcome is Outcome.COMPLETE
    first.abort()
    first.wait(timeout=10)
    assert session.running == []
    second.start()
    second.wait_state(ScanState.STARTING)
    second.abort()
    second.wait(timeout=10)


def test_a_scan_that_cannot_run_is_refused_when_it_is_started(demo, session):
    scan = scans.dscan(demo["robz"], 0, 30, 2, 0, demo["diode1"], run=False)
    with pytest.raises(LimitError):
        scan.start()
    assert session.running == []


def test_a_task_that_is_killed_ends_its_scan(demo, session):
    never_begun = slow(demo)
    never_begun.start().kill()
    gevent.sleep(0)
    assert (never_begun.state, session.running) == (ScanState.IDLE, [])
    scan = slow(demo)
    task = scan.start()
    scan.wait_state(ScanState.STARTING)
    task.kill()
    assert (scan.outcome, scan.reason) == (Outcome.ABORTED, "its greenlet was killed")
    assert not demo["robz"].is_moving


def test_a_session_ends_what_runs_in_the_background(demo, session):
    running = [slow(demo), slow(demo, "robx")]
    for scan in running:
        scan.start()
    with gevent.Timeout(10):
        session.end_scans()
    for scan in running:
        assert scan.state in (ScanState.DONE, ScanState.IDLE)
    assert session.running == []


def test_the_prompt_stays_usable_and_ctrl_c_is_for_what_is_typed(beacon, tmp_path):
    with Terminal("-s", "demo_session", home=tmp_path, environment=beacon.env) as terminal:
        terminal.wait_for_prompt()
        shown = terminal.run("s = timescan(.01, diode1, run=False); s.start()")
        assert "<timescan 0.01, in the background>" in shown
        terminal.wait_for(r"\d+_timescan: timescan 0\.01, in the background")
        assert "complete after 3 points" in terminal.run("loopscan(3, .01, sim_ct_gauss)")
        since = terminal.type("print('wait' + 'ing'); s.wait()\r")
        terminal.wait_for("waiting", since=since)
        terminal.interrupt()
        shown = terminal.finish(since)
        assert "interrupted" in shown
        assert "STARTING" in terminal.run("s.state")
        since = terminal.type("half a line")
        terminal.interrupt()  # which only clears the line
        assert "STARTING" in terminal.run("s.state")
        shown = terminal.run("s.stop(); s.wait()")
        assert re.search(r"_timescan: stopped after \d+\.\d\d s: stop\(\) was called", shown)
        rows = [line for line in terminal.text.splitlines() if re.match(r"\s+\d+\s", line)]
        assert len(rows) == 3  # of the loopscan; the other one shows no table
        terminal.run("t = ascan(robz, 0, 1, 10, 1, diode1, run=False); task = t.start()")
        terminal.wait_for(r"_ascan: ascan robz 0 1 10 1, in the background")
        assert terminal.leave() == 0
        assert re.search(r"_ascan: aborted after \d+\.\d\d s: the session ended", terminal.text)
