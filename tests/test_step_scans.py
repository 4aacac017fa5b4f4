"""Scans that step axes: where they go, what is moved, where the axes are afterwards."""

import itertools
import re

import gevent
import numpy as np
import pytest

import scans
from bliss.common.errors import ArgumentError, DeviceError, LimitError, ScanError
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.default_chain import DEFAULT_CHAIN
from bliss.scanning.presets import ChainPreset
from bliss.scanning.scan import ScanState
from hardware.move_listener import MoveListener
from hardware.simulated_axes import SimulatedAxisController
from tests.scan_commands import NAMES


@pytest.fixture
def names(demo):
    """What examples may name: the demo's objects, and some more axes."""
    config = {
        "axes": [{"name": f"m{n}", "velocity": 1e6, "acceleration": 1e9} for n in range(1, 6)]
    }
    controller = SimulatedAxisController("more_motors", config, settings=lambda _: {})
    for name in ("robx", "roby", "robz"):
        demo[name].velocity, demo[name].acceleration = 1e6, 1e9
    return {**demo, **controller.devices}


def positions(scan, *axes):
    data = scan.get_data()
    return [tuple(point) for point in np.stack([data[name] for name in axes], axis=1).tolist()]


def example_of(command):
    (line,) = re.findall(rf"^    ({command.__name__}\(.*\))$", command.__doc__, re.M)
    return line


@pytest.mark.parametrize("name", [n for n in NAMES if n != "timescan"])
def test_the_example_in_every_docstring_runs(names, name):
    """As it stands there, but for the counting times, which would take long."""
    command = getattr(scans, name)
    line = re.sub(r"\b(0?\.\d+|1), (?=\w+\)$)", "0, ", example_of(command))
    scan = eval(line, {name: command, **names})
    assert scan.outcome.value == "complete"
    assert scan.scan_info["type"] == name
    assert scan.scan_info["title"].startswith(name)


def test_timescan_has_an_example_too():
    assert example_of(scans.timescan) == "timescan(1, diode1)"


def test_several_axes_step_together(demo):
    lines = [(demo["robx"], 0, 1), (demo["roby"], 2, 0)]
    scan = scans.anscan(lines, 2, 0, demo["diode1"])
    assert positions(scan, "robx", "roby") == [(0, 2), (0.5, 1), (1, 0)]
    assert scan.scan_info["title"] == "anscan robx 0 1 roby 2 0 2 0"
    again = scans.a2scan(demo["robx"], 0, 1, demo["roby"], 2, 0, 2, 0, demo["diode1"])
    assert positions(again, "robx", "roby") == positions(scan, "robx", "roby")
    assert (scan.scan_info["start"], scan.scan_info["stop"]) == ([0, 2], [1, 0])


def test_a_mesh_moves_only_what_changes(demo):
    moved = []

    class Listener(MoveListener):
        def on_move_start(self, axis, start, target):
            moved.append(axis.name)

    for axis in (demo["robx"], demo["roby"]):
        axis.listeners.append(Listener())
    mesh = (demo["robx"], 0, 2, 2, demo["roby"], 0, 1, 1, 0, demo["diode1"])
    scan = scans.amesh(*mesh)
    assert positions(scan, "robx", "roby") == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]
    assert moved == ["robx", "roby", "robx", "robx", "robx", "roby", "robx", "robx"]
    moved.clear()
    scan = scans.amesh(*mesh, backnforth=True)
    assert positions(scan, "robx", "roby") == [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]
    assert moved == ["robx", "roby", "robx", "robx", "roby", "robx", "robx"]


def test_moves_are_worked_out_while_the_counters_count(demo, monkeypatch):
    """An axis is asked where it is and what it does then, and not when it is to move."""
    monkeypatch.setattr("hardware._prepared.FRESH", np.inf)
    robx, counter, done = demo["robx"], demo["diode1"], []
    for device, method, what in (
        (robx.controller, "state", "asked"),
        (robx.controller, "read_position", "asked"),
        (robx.controller, "start_one", "begins"),
        (counter.controller, "read_all", "counts"),
    ):
        call = getattr(device, method)
        monkeypatch.setattr(
            device, method, lambda *args, call=call, what=what: done.append(what) or call(*args)
        )
    scans.ascan(robx, 0, 1, 2, 0.01, counter)
    begun = [index for index, what in enumerate(done) if what == "begins"]
    assert len(begun) == 3
    for before, index in itertools.pairwise(begun):
        last_count = max(i for i in range(before, index) if done[i] == "counts")
        assert done[last_count:index] == ["counts"]


def test_a_relative_scan_is_around_where_the_axes_are_when_it_runs(demo):
    robx, roby = demo["robx"], demo["roby"]
    scan = scans.d2scan(robx, -1, 1, roby, -2, 2, 2, 0, demo["diode1"], run=False)
    robx.move(10)
    roby.move(20)
    scan.run()
    assert positions(scan, "robx", "roby") == [(9, 18), (10, 20), (11, 22)]
    assert (robx.position, roby.position) == (10, 20)
    assert scan.scan_info["title"] == "d2scan robx -1 1 roby -2 2 2 0"
    assert (scan.scan_info["start"], scan.scan_info["stop"]) == ([9, 18], [11, 22])


def test_a_relative_scan_is_checked_when_it_runs_and_can_be_run_later(demo, session):
    robz = demo["robz"]
    robz.move(19.5)
    scan = scans.dscan(robz, -1, 1, 2, 0, demo["diode1"], run=False)
    with pytest.raises(LimitError, match=r"20\.5.*beyond the high limit"):
        scan.run()
    assert (scan.state, list(session.scans), session.running) == (ScanState.IDLE, [], [])
    robz.move(0)
    scan.run()
    assert robz.position == 0


def test_limits_that_have_changed_meanwhile_count(demo):
    scan = scans.ascan(demo["robz"], 0, 10, 2, 0, demo["diode1"], run=False)
    demo["robz"].limits = (-5, 5)
    with pytest.raises(LimitError, match="beyond the high limit"):
        scan.run()
    assert demo["robz"].position == 0


@pytest.mark.parametrize("name", ["ascan", "dscan", "fscan"])
def test_an_axis_that_cannot_be_moved_is_told_before_anything_is_made(demo, session, name):
    command, robz = getattr(scans, name), demo["robz"]
    robz.disable()
    with pytest.raises(
        DeviceError, match=r"robz: cannot be moved, it is not to be used; enable\(\) allows it"
    ):
        command(robz, 0, 1, 10, 0.01, demo["diode1"])
    scan = command(robz, 0, 1, 10, 0.01, demo["diode1"], run=False)
    assert list(session.scans) == []
    robz.enable()
    scan.run()
    assert scan.outcome.value == "complete"


def test_an_interrupted_relative_scan_returns_all_axes(demo):
    robx, roby = demo["robx"], demo["roby"]
    scan = scans.dmesh(robx, 1, 2, 5, roby, 1, 2, 5, 0.01, demo["diode1"], run=False)
    running = gevent.spawn(scan.run)
    while roby.position == 0 or "robx" not in str(scan.get_data().keys()):
        gevent.sleep(0.001)
    scan.abort()
    running.get(timeout=5)
    assert scan.outcome.value == "aborted"
    assert (robx.position, roby.position) == (0, 0)


def test_lineup_ends_at_the_peak(demo):
    robz = demo["robz"]
    scan = scans.lineup(robz, -3, 2, 10, 0, demo["sim_ct_gauss"], run=False)
    scan.run()
    assert robz.position == 0
    assert scan.scan_info["title"] == "lineup robz -3 2 10 0"
    assert scan.get_data()["sim_ct_gauss"].argmax() == 6


def test_an_interrupted_lineup_leaves_the_axis_where_it_is(demo):
    robz = demo["robz"]
    scan = scans.lineup(robz, -3, 2, 10, 0.01, demo["sim_ct_gauss"], run=False)
    task = scan.start()
    while robz.position < 0.4:
        gevent.sleep(0.001)
    scan.abort()
    task.join(timeout=5)
    assert scan.outcome.value == "aborted"
    assert robz.position > 0.4


def test_a_lineup_without_a_highest_value_says_so(demo):
    demo["diode1"].controller.read_all = lambda counters: [float("nan")]
    with pytest.raises(ScanError, match="robz: there is no highest value"):
        scans.lineup(demo["robz"], 0, 1, 2, 0, demo["diode1"])


@pytest.mark.parametrize("name", ["amesh", "dmesh"])
def test_the_far_corner_of_a_mesh_is_checked_before_anything_moves(demo, name, session):
    with pytest.raises(LimitError, match=r"robz: 21.* limit \(20"):
        getattr(scans, name)(demo["robx"], 0, 1, 5, demo["robz"], 0, 21, 5, 0, demo["diode1"])
    assert (demo["robx"].position, list(session.scans)) == (0, [])


class Calculated:
    """An axis behind which there is a real one; it cannot go to one place in the middle."""

    name, unit, position = "calculated", None, 0.0

    def __init__(self, real):
        self.real_axes = [real]
        self.together = []

    def check_target(self, target):
        if target == 3:
            raise LimitError("calculated: not to 3")

    def start_move(self, target): ...

    def wait_move(self): ...

    def stop(self): ...


def test_a_calculated_axis_is_asked_about_every_point(demo):
    with pytest.raises(LimitError, match="not to 3"):
        scans.ascan(Calculated(demo["robx"]), 0, 5, 5, 0, demo["diode1"])


def test_axes_that_depend_on_each_other_are_checked_and_started_together(demo):
    class Coupled(Calculated):
        checked, started = [], []

        @staticmethod
        def check_together(targets):
            Coupled.checked.append(tuple(targets.values()))

        @staticmethod
        def start_together(targets):
            Coupled.started.append(tuple(targets.values()))

    one, two = Coupled(demo["robx"]), Coupled(demo["robx"])
    two.name = "other"
    scans.d2scan(one, 0, 1, two, 5, 6, 1, 0, demo["diode1"])
    assert Coupled.checked == [(0, 5), (1, 6)]
    assert Coupled.started == [(0, 5), (1, 6), (0, 0)]


def test_a_preset_of_the_default_chain_is_called_in_every_scan(demo):
    class Counting(ChainPreset):
        prepared = 0

        def prepare(self, chain):
            self.prepared += isinstance(chain.top, StepMaster)

    preset = Counting()
    DEFAULT_CHAIN.add_preset(preset)
    try:
        scans.ascan(demo["robz"], 0, 1, 1, 0, demo["diode1"])
        scans.ct(0, demo["diode1"])
        scans.amesh(demo["robx"], 0, 1, 1, demo["roby"], 0, 1, 1, 0, demo["diode1"])
    finally:
        DEFAULT_CHAIN.remove_preset(preset)
    scans.ascan(demo["robz"], 0, 1, 1, 0, demo["diode1"])
    assert preset.prepared == 2


def test_a_name_that_cannot_be_one_is_refused(demo):
    with pytest.raises(ArgumentError, match="contains ':'"):
        scans.ct(0, demo["diode1"], name="a:b")
