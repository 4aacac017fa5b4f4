"""Scans in a real session: what they publish, how they end."""

import gevent
import numpy as np
import pytest
from gevent.event import Event

import scans
from bliss.common.ending import Step
from bliss.common.errors import (
    ArgumentError,
    DataLostError,
    LimitError,
    ScanError,
    ScanStateError,
)
from bliss.data import creation
from bliss.data.node import EventType
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.data import ScanData
from bliss.scanning.default_chain import counting
from bliss.scanning.presets import ScanPreset
from bliss.scanning.scan import Scan, ScanState, WatchdogCallback
from bliss.scanning.states import Outcome


def events_of(scan):
    return list(scan.node.walk_events(wait=False))


def end_of(scan):
    (end,) = [event.data for event in events_of(scan) if event.type is EventType.END_SCAN]
    return end


def test_every_point_of_an_ascan_is_in_the_data_server(demo):
    scan = scans.ascan(demo["robz"], -1, 1, 20, 0.001, demo["sim_ct_gauss"], run=False)
    assert scan.state is ScanState.IDLE
    scan.run()
    assert scan.state is ScanState.DONE
    assert scan.outcome is Outcome.COMPLETE
    assert scan.reason == ""
    data = scan.get_data()
    assert set(data) == {
        "axis:robz",
        "timer:elapsed_time",
        "timer:epoch",
        "simulation_counter_controller:sim_ct_gauss",
    }
    np.testing.assert_allclose(data["robz"], np.linspace(-1, 1, 21))
    np.testing.assert_allclose(data["sim_ct_gauss"], 100 * np.exp(-(data["robz"] ** 2) / 2))
    assert np.all(np.diff(data["elapsed_time"]) > 0.001)
    assert end_of(scan).outcome == "complete"


def test_a_scan_that_is_not_saved_has_a_name_that_says_so(demo):
    saved = scans.ct(0, demo["diode1"], save=True)
    unsaved = scans.ct(0, demo["diode1"], save=False)
    assert saved.name == f"{saved.number}_ct"
    assert unsaved.name == f"_{unsaved.number}_ct"
    assert unsaved.node.db_name == f"demo_session:data:{unsaved.name}"


def test_a_scan_runs_once(demo):
    scan = scans.ct(0, demo["diode1"])
    with pytest.raises(ScanStateError, match="runs once"):
        scan.run()


def test_before_it_runs_it_has_no_data(demo):
    scan = scans.ct(0, demo["diode1"], run=False)
    with pytest.raises(ScanStateError, match="has not run"):
        scan.get_data()
    with pytest.raises(ScanStateError, match="has not run"):
        _ = scan.node


def test_metadata_says_what_was_done(demo, session):
    scan = scans.ascan(demo["robz"], 0, 1, 2, 0, demo["sim_ct_gauss"], scan_info={"sample": "Si"})
    info = scan.node.info.get_all()
    assert info["title"] == "ascan robz 0 1 2 0"
    assert info["npoints"] == 3
    assert info["sample"] == "Si"
    assert info["session_name"] == session.name
    assert info["outcome"] == "complete"
    assert info["end_timestamp"] >= info["start_timestamp"]


def test_dscan_returns_the_axis(demo):
    robz = demo["robz"]
    robz.move(3)
    scan = scans.dscan(robz, -1, 1, 4, 0, demo["sim_ct_gauss"])
    np.testing.assert_allclose(scan.get_data()["robz"], [2, 2.5, 3, 3.5, 4])
    assert robz.position == pytest.approx(3)


def test_timescan_goes_on_until_it_is_stopped(demo):
    scan = scans.timescan(0.001, demo["diode1"], run=False)
    running = gevent.spawn(scan.run)
    scan.wait_state(ScanState.STARTING)
    while not any(event.type is EventType.NEW_DATA for event in events_of(scan)):
        gevent.sleep(0.001)
    scan.stop()
    running.get(timeout=5)
    assert scan.outcome is Outcome.STOPPED
    assert scan.reason == "stop() was called"
    assert len(scan.get_data()["diode1"]) > 0


def test_abort_ends_a_scan_in_the_middle_of_a_point(demo):
    scan = scans.ct(100, demo["diode1"], run=False)
    running = gevent.spawn(scan.run)
    scan.wait_state(ScanState.STARTING)
    scan.abort()
    running.get(timeout=5)
    assert (scan.outcome, scan.reason) == (Outcome.ABORTED, "abort() was called")
    assert end_of(scan).outcome == "aborted"


@pytest.mark.parametrize("what", ["create_nodes", "mark_prepared"])
def test_an_interrupt_while_it_is_made_known_leaves_no_scan_without_an_end(demo, monkeypatch, what):
    """What was sent may reach the server after the END, which then would end nothing."""
    begun, may_go_on = Event(), Event()
    work = getattr(creation, what)

    def slowly(*args):
        begun.set()
        may_go_on.wait()
        work(*args)

    monkeypatch.setattr(creation, what, slowly)
    scan = scans.ct(0, demo["diode1"], run=False)
    running = gevent.spawn(scan.run)
    assert begun.wait(5)
    running.kill(KeyboardInterrupt, block=False)
    scan.wait_state(ScanState.STOPPING, timeout=5)
    may_go_on.set()
    with pytest.raises(KeyboardInterrupt):
        running.get(timeout=5)
    types = [event.type for event in events_of(scan)]
    assert types.count(EventType.END_SCAN) == 1
    assert types[-1] is EventType.END_SCAN
    assert end_of(scan).outcome == "aborted"


def test_an_interrupt_stops_the_axis_and_comes_out(demo):
    robz = demo["robz"]
    robz.velocity = 1
    scan = scans.ascan(robz, 0, 10, 1, 0, demo["sim_ct_gauss"], run=False)
    running = gevent.spawn(scan.run)
    scan.wait_state(ScanState.STARTING)
    while not robz.is_moving:
        gevent.sleep(0)
    running.kill(KeyboardInterrupt, block=False)
    with pytest.raises(KeyboardInterrupt):
        running.get(timeout=5)
    assert not robz.is_moving
    assert scan.outcome is Outcome.ABORTED
    assert end_of(scan).reason == "interrupted by Ctrl-C"


class Hook(WatchdogCallback):
    """Counts its calls, and raises what it is told to."""

    def __init__(self, raises=None, where="on_scan_data", timeout=1.0):
        super().__init__(timeout)
        self.calls = []
        self.points = {}
        self.raises = raises
        self.where = where

    def _called(self, name):
        self.calls.append(name)
        if name == self.where and self.raises:
            raise self.raises

    def on_scan_new(self, scan, scan_info):
        self.name = scan_info["name"]
        self._called("on_scan_new")

    def on_scan_data(self, data_events, nodes, scan_info):
        for channel, count in data_events.items():
            self.points[channel.name] = self.points.get(channel.name, 0) + count
            assert len(nodes[channel]) >= self.points[channel.name]
        self._called("on_scan_data")

    def on_timeout(self):
        self._called("on_timeout")

    def on_scan_end(self, scan_info):
        self.outcome = scan_info["outcome"]
        self._called("on_scan_end")


def test_a_watchdog_is_told_of_every_point(demo):
    hook = Hook()
    scan = scans.loopscan(20, 0.001, demo["sim_ct_gauss"], run=False)
    scan.set_watchdog_callback(hook)
    scan.run()
    assert hook.calls[0] == "on_scan_new"
    assert hook.calls[-1] == "on_scan_end"
    assert hook.name == scan.name
    assert hook.outcome == "complete"
    assert set(hook.points.values()) == {20}


@pytest.mark.parametrize("where", ["on_scan_new", "on_scan_data", "on_timeout"])
def test_stop_iteration_ends_a_scan_well(demo, where):
    hook = Hook(StopIteration(), where, timeout=0.01)
    count_time = 0.1 if where == "on_timeout" else 0.001
    scan = scans.loopscan(10_000, count_time, demo["sim_ct_gauss"], run=False)
    scan.set_watchdog_callback(hook)
    scan.run()
    assert scan.outcome is Outcome.STOPPED
    assert scan.reason == "Hook had seen enough"
    assert hook.calls[-1] == "on_scan_end"


@pytest.mark.parametrize("where", ["on_scan_new", "on_scan_data", "on_timeout", "on_scan_end"])
def test_another_exception_of_a_watchdog_comes_out_of_run(demo, where):
    hook = Hook(ZeroDivisionError("oops"), where, timeout=0.01)
    npoints = 1 if where == "on_scan_end" else 10_000
    count_time = 0.1 if where == "on_timeout" else 0.001
    scan = scans.loopscan(npoints, count_time, demo["sim_ct_gauss"], run=False)
    scan.set_watchdog_callback(hook)
    with pytest.raises(ZeroDivisionError, match="oops"):
        scan.run()
    if where != "on_scan_end":
        assert scan.outcome is Outcome.FAILED
        assert end_of(scan).reason == "ZeroDivisionError: oops"
    scans.ct(0, demo["diode1"])  # the next one runs


def test_presets_are_called_around_the_scan_and_stopped_whatever_happens(demo):
    calls = []

    class Shutter(ScanPreset):
        def prepare(self, scan):
            calls.append("prepare")

        def start(self, scan):
            calls.append("start")
            raise RuntimeError("shutter is stuck")

        def stop(self, scan):
            calls.append("stop")

    scan = scans.ct(0, demo["diode1"], run=False)
    scan.add_preset(Shutter())
    with pytest.raises(RuntimeError, match="stuck"):
        scan.run()
    assert calls == ["prepare", "start", "stop"]
    assert end_of(scan).outcome == "failed"


def test_every_step_of_the_end_runs_and_each_error_is_told(demo):
    done = []
    scan = scans.ct(0, demo["diode1"], run=False)

    def fail(text):
        done.append(text)
        raise OSError(text)

    scan.add_step_at_end(Step("closing the shutter", lambda: fail("one")))
    scan.add_step_at_end(Step("opening the vent", lambda: fail("two")))
    with pytest.raises(OSError, match="two") as caught:
        scan.run()
    assert done == ["two", "one"]
    notes = "\n".join(caught.value.__notes__)
    assert "while opening the vent" in notes
    assert "then, while closing the shutter: OSError: one" in notes
    assert end_of(scan).reason == "OSError: two"


def test_a_counter_that_fails_ends_the_scan(demo):
    class Broken:
        name = "broken"

        def read_all(self, counters):
            raise OSError("no answer from broken")

    class BrokenCounter:
        name, unit, dtype, shape, mode = "bad", None, "<f8", (), "SINGLE"
        controller = Broken()

    scan = scans.ascan(demo["robz"], 0, 1, 5, 0, BrokenCounter(), run=False)
    with pytest.raises(OSError, match="no answer"):
        scan.run()
    assert scan.outcome is Outcome.FAILED
    assert end_of(scan).reason == "OSError: no answer from broken"
    assert not demo["robz"].is_moving


def test_a_position_outside_the_limits_is_refused_before_anything_moves(demo):
    robz = demo["robz"]
    before = robz.position
    with pytest.raises(LimitError, match=r"robz.*25.*20"):
        scans.ascan(robz, 0, 25, 5, 0, demo["sim_ct_gauss"])
    assert robz.position == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("robz", 0, 1, 5, -1, "diode1"), "count_time is -1"),
        (("robz", 0, 1, 5, float("nan"), "diode1"), "count_time is nan"),
        (("robz", 0, 1, 0, 0.1, "diode1"), "intervals is 0"),
        (("robz", 0, 1, 2.5, 0.1, "diode1"), "whole number"),
        (("robz", "x", 1, 5, 0.1, "diode1"), "start is 'x'"),
        (("diode1", 0, 1, 5, 0.1, "diode1"), "is not an axis"),
        (("robz", 0, 1, 5, 0.1), "nothing to count"),
        (("robz", 0, 1, 5, 0.1, "robz"), "is not a counter"),
    ],
)
def test_bad_arguments_are_refused_in_one_sentence(demo, arguments, complaint):
    names = [demo[a] if isinstance(a, str) and a in demo else a for a in arguments]
    with pytest.raises(ArgumentError, match=complaint) as caught:
        scans.ascan(*names)
    assert "\n" not in str(caught.value)


def test_two_scans_run_one_after_the_other_and_are_remembered(demo, session):
    first = scans.ct(0, demo["diode1"])
    second = scans.ct(0, demo["diode1"])
    assert list(session.scans) == [first, second]


def test_without_a_session_a_scan_cannot_be_made(demo, session):
    from bliss.scanning.session import set_current_session

    set_current_session(None)
    with pytest.raises(ScanError, match="no session is open"):
        Scan(AcquisitionChain(counting(0, [demo["diode1"]]), 1), name="x")
    set_current_session(session)


def test_mean_counters_read_as_long_as_they_count(demo):
    scan = scans.loopscan(5, 0.02, demo["diode1"])
    noise_of_one_reading = 0.02 * 50
    assert np.all(abs(scan.get_data()["diode1"] - 50) < 4 * noise_of_one_reading)


def test_scan_data_knows_short_names_and_says_what_there_is(demo):
    data = scans.ct(0, demo["diode1"]).get_data()
    assert data["diode1"] is data["simulated_diodes:diode1"]
    with pytest.raises(KeyError, match="elapsed_time"):
        data["nothing"]


def test_a_scan_that_another_has_ended_stops_and_says_so(demo, session):
    """As Beacon does it when it takes a session for dead."""
    scan = scans.timescan(0.01, demo["diode1"], run=False)
    running = gevent.spawn(scan.run)
    scan.wait_state(ScanState.STARTING, timeout=5)
    assert creation.end_scan(session.data, scan.node.db_name, "lost", "no sign of life", {})
    with pytest.raises(DataLostError, match="ended by another"):
        running.get(timeout=5)
    assert end_of(scan).outcome == "lost"
    assert scan.outcome is Outcome.FAILED
    assert "ended by another" in scan.reason


def test_a_preset_hears_of_data_before_the_next_point(demo):
    told = []

    class Listener(ScanPreset):
        def prepare(self, scan):
            self.scan = scan
            wanted = [demo["sim_ct_gauss"], demo["robz"], "timer:elapsed_time"]
            self.connect_data_channels(wanted, self.on_data)

        def on_data(self, item, channel_name, data):
            told.append((item, channel_name, data.shape))
            if channel_name == "axis:robz" and data[-1] >= 0.5:
                self.scan.stop()

    scan = scans.ascan(demo["robz"], 0, 1, 10, 0, demo["sim_ct_gauss"], run=False)
    scan.add_preset(Listener())
    scan.run()
    assert len(scan.get_data()["robz"]) == 6
    assert told[:3] == [
        (demo["robz"], "axis:robz", (1,)),
        (demo["sim_ct_gauss"], "simulation_counter_controller:sim_ct_gauss", (1,)),
        ("timer:elapsed_time", "timer:elapsed_time", (1,)),
    ]
    assert len(told) == 18


def test_a_callback_that_fails_ends_the_scan_and_its_preset_is_named(demo):
    class Listener(ScanPreset):
        def prepare(self, scan):
            self.connect_data_channels([demo["diode1"]], lambda *_: 1 / 0)

    scan = scans.ct(0, demo["diode1"], run=False)
    scan.add_preset(Listener())
    with pytest.raises(ZeroDivisionError):
        scan.run()
    assert end_of(scan).reason == "Listener: ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("robx", "'robx' takes no part in this scan; there are timer:elapsed_time"),
        (7, "7 takes no"),
    ],
)
def test_only_what_takes_part_in_a_scan_can_be_listened_to(demo, item, said):
    class Listener(ScanPreset):
        def prepare(self, scan):
            self.connect_data_channels([item], print)

    scan = scans.ct(0, demo["diode1"], run=False)
    scan.add_preset(Listener())
    with pytest.raises(ScanError, match=f"Listener: {said}"):
        scan.run()
    with pytest.raises(ScanError, match="in prepare"):
        Listener().prepare(None)


def test_only_presets_are_taken_for_presets(demo):
    scan = scans.ct(0, demo["diode1"], run=False)
    with pytest.raises(ScanError, match=r"derived from bliss\.scanning\.scan\.ScanPreset"):
        scan.add_preset("shutter")


def test_a_chain_with_two_masters_at_the_top_is_published_whole(demo):
    chain = AcquisitionChain(counting(0, [demo["diode1"]]), 5)
    chain.tops[0].master.name = "fast"
    chain.add(counting(0, [demo["sim_ct_gauss"]]), npoints=3)
    scan = Scan(chain, name="both")
    scan.run()
    (fast, slow) = (node.name for node in scan.node.children())
    assert (fast, slow) == ("fast", "timer")
    assert set(scan.node.info["acquisition_chain"]) == {"fast", "timer"}
    points = {c.db_name: len(c) for c in scan.node.walk("channel", wait=False)}
    assert points == {name: 5 if ":fast:" in name else 3 for name in points}
    assert len(points) == 6


def test_a_short_name_works_however_data_is_asked():
    data = ScanData({"axis:robz": 1, "left:x": 2, "right:x": 3, "y": 4, "left:y": 5})
    assert [data["robz"], data.get("robz"), data.get("axis:robz")] == [1, 1, 1]
    assert [data["y"], data.get("y"), data.get("left:y")] == [4, 4, 5]
    assert [name in data for name in ("robz", "axis:robz", "left:x", "y")] == [True] * 4
    assert [name in data for name in ("x", "robx", 3)] == [False] * 3
    assert data.get("robx", 7) == 7
    with pytest.raises(KeyError, match="'x' is short for left:x and right:x"):
        data["x"]
    with pytest.raises(KeyError, match="no channel 'robx'; there are axis:robz, left:x"):
        data["robx"]
