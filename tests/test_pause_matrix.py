"""Pauses in each phase of each kind of scan: it comes back, with every point once and in order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent
import numpy as np
import pytest
from gevent.event import Event

import scans
from bliss.data.events import EventType
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.default_chain import counting
from bliss.scanning.gate import RETAKEN, SUSPENDED
from bliss.scanning.presets import ChainIterationPreset, ChainPreset, ScanPreset
from bliss.scanning.scan import Scan
from bliss.scanning.session import ScanListener
from bliss.scanning.states import ScanState
from bliss.scanning.suspenders import Suspender
from hardware.counters import SamplingCounter
from hardware.move_listener import MoveListener

COUNT_TIME = 0.004  #: s
COUNT, MOVE, BETWEEN, PREPARE = "counting", "a move", "between points", "preparing"
NPOINTS = 5  #: of most of them


class Stage(MoveListener, ScanPreset, ChainPreset):
    """Knows where a scan is, and does something once when it is at a phase of a point.

    Args:
        phase: When.
        point: Of which point.
    """

    def __init__(self, phase, point):
        self.phase, self.point = phase, point
        self.action: Callable[[], object] | None = None
        self.moves = self.counts = 0
        self.counted = []
        self.around = []

    def at(self, phase, point):
        """The scan is here."""
        if self.action and (phase, point) == (self.phase, self.point):
            action, self.action = self.action, None
            action()

    def on_move_start(self, axis, start, target):
        self.at(MOVE, self.moves)
        self.moves += 1

    def prepare(self, scan):
        self.at(PREPARE, 0)

    def read(self):
        self.counts += 1
        self.at(COUNT, self.counts - 1)
        return float(self.counts)

    def get_iterator(self, chain):
        for number in range(1000):
            yield AroundPoint(self, number)


class AroundPoint(ChainIterationPreset):
    def __init__(self, stage, number):
        self.stage, self.number = stage, number

    def start(self):
        self.stage.around.append(self.number)

    def stop(self):
        self.stage.at(BETWEEN, self.number)


class Probe:
    """What the stage sees, as a counter of a device that is read once a point."""

    name = "probe_reader"

    def __init__(self, stage):
        self.stage = stage

    def read_all(self, counters):
        return [self.stage.read() for _ in counters]


@dataclass
class Kind:
    """A kind of scan."""

    make: Callable[[Any, Any], Scan]
    axes: dict[str, list[float]] = field(default_factory=dict)  #: where each axis has to be
    npoints: int = NPOINTS
    ends: dict[str, float] = field(default_factory=dict)  #: where axes are afterwards
    others: dict[str, list[float]] = field(default_factory=dict)  #: of another master at the top
    timer: str = "timer"  #: that the probe is counted by


def chain_of_several(demo, probe):
    """Two axes, each with a timer, and at its own pace."""
    chain = AcquisitionChain()
    for name, positions, counters in (("robx", LINE, [probe]), ("roby", LONGER, [])):
        axis, timer = StepMaster([(demo[name], positions)]), counting(COUNT_TIME, counters)
        axis.name, timer.name = f"axis_{name}", f"timer_{name}"
        chain.add(axis, timer)
    return Scan(chain, name="several", save=False)


def by_command(probe, command, *arguments, **options):
    """A scan by its command."""
    options |= {"save": False, "run": False, "sleep_time": 0.002}
    return command(*arguments, COUNT_TIME, probe, **options)


LINE = [1.0, 2.0, 3.0, 4.0, 5.0]
LONGER = [*LINE, 6.0, 7.0, 8.0, 9.0, 10.0]
KINDS = {
    "ascan": Kind(
        lambda demo, probe: by_command(probe, scans.ascan, demo["robz"], 1, 5, 4),
        {"robz": LINE},
        ends={"robz": 5},
    ),
    "dscan": Kind(
        lambda demo, probe: by_command(probe, scans.dscan, demo["robz"], 1, 5, 4),
        {"robz": LINE},
        ends={"robz": 0},
    ),
    "a2scan": Kind(
        lambda demo, probe: by_command(
            probe, scans.a2scan, demo["robx"], 1, 5, demo["roby"], -1, -5, 4
        ),
        {"robx": LINE, "roby": [-1, -2, -3, -4, -5]},
        ends={"robx": 5, "roby": -5},
    ),
    "amesh": Kind(
        lambda demo, probe: by_command(
            probe, scans.amesh, demo["robx"], 1, 3, 2, demo["roby"], 1, 2, 1
        ),
        {"robx": [1, 2, 3, 1, 2, 3], "roby": [1, 1, 1, 2, 2, 2]},
        npoints=6,
        ends={"robx": 3, "roby": 2},
    ),
    "loopscan": Kind(lambda demo, probe: by_command(probe, scans.loopscan, NPOINTS)),
    "timescan": Kind(lambda demo, probe: by_command(probe, scans.timescan, npoints=NPOINTS)),
    "several": Kind(
        chain_of_several,
        {"robx": LINE},
        ends={"robx": 5, "roby": 10},
        others={"roby": LONGER},
        timer="timer_robx",
    ),
}
PHASES = {
    "preparing": (PREPARE, 0),
    "the first move": (MOVE, 0),
    "a move": (MOVE, 2),
    "the first point": (COUNT, 0),
    "a point": (COUNT, 2),
    "between points": (BETWEEN, 1),
    "the last point": (COUNT, -1),
    "after the last point": (BETWEEN, -1),
}


class Told(ScanListener):
    """Notes that a scan is about to pause."""

    def __init__(self):
        self.sentences = []
        self.pauses = Event()

    def on_scan_waiting(self, scan, sentence):
        self.sentences.append(sentence)
        if sentence.startswith("pauses: "):
            self.pauses.set()


@pytest.fixture
def told(session):
    listener = Told()
    session.listeners.append(listener)
    yield listener
    session.listeners.remove(listener)
    session.suspenders.clear()


def staged(demo, kind, phase):
    """A scan, with its stage."""
    what, point = PHASES[phase]
    stage = Stage(what, point % kind.npoints)
    scan = kind.make(demo, SamplingCounter("probe", Probe(stage), mode="SINGLE"))
    scan.add_preset(_as_scan_preset(stage))
    scan.chain.add_preset(_as_chain_preset(stage))
    for name in [*kind.axes][:1]:
        demo[name].listeners.append(stage)
    return scan, stage


def _as_scan_preset(stage):
    preset = ScanPreset()
    preset.prepare = stage.prepare
    return preset


def _as_chain_preset(stage):
    class Around(ChainPreset):
        def get_iterator(self, chain):
            return stage.get_iterator(chain)

    return Around()


def frozen(scan, stage):
    """Nothing happens any more."""
    before = stage.counts, stage.moves
    gevent.sleep(3 * COUNT_TIME)
    assert (stage.counts, stage.moves) == before
    assert scan.state is ScanState.PAUSED


def flags_of(data, kind, name):
    """What is said of the pauses of a channel's points: an array of flags."""
    timer = f"timer_{name}" if name in kind.others else kind.timer
    return data.get(f"{timer}:flags", np.zeros(len(data[name]), int)) & (SUSPENDED | RETAKEN)


def check(scan, kind, demo, stage):
    """Everything is there, once, in order; and the scan is over, once."""
    data = scan.get_data()
    for name, positions in (kind.axes | kind.others | {"probe": range(kind.npoints)}).items():
        good = flags_of(data, kind, name) & SUSPENDED == 0
        assert np.count_nonzero(good) == len(positions)
        if name != "probe":
            np.testing.assert_allclose(data[name][good], positions)
    assert data["probe"].tolist() == list(range(1, stage.counts + 1))
    for name, place in kind.ends.items():
        assert demo[name].position == pytest.approx(place)
    ends = [e.data for e in scan.node.walk_events(wait=False) if e.type is EventType.END_SCAN]
    assert [(end.outcome, end.reason) for end in ends] == [("complete", "")]
    assert (scan.state, scan.pauses) == (ScanState.DONE, [])
    info = scan.node.info.get_all()
    assert 0 <= info["timing"]["paused"] <= info["timing"]["total"]
    (pause,) = info["pauses"]
    assert pause["since"] <= pause["until"]


def matrix(test):
    """Run a test in each phase of each kind of scan."""
    cases = [
        pytest.param(kind, phase, id=f"{name}-{phase}")
        for name, kind in KINDS.items()
        for phase in PHASES
        if kind.axes or PHASES[phase][0] is not MOVE
    ]
    return pytest.mark.parametrize(("kind", "phase"), cases)(test)


@matrix
def test_a_pause_from_elsewhere(demo, kind, phase):
    scan, stage = staged(demo, kind, phase)
    stage.action = lambda: gevent.spawn(scan.pause, "to look").join()
    scan.start()
    if phase in ("the last point", "after the last point") and not kind.others:
        scan.wait(timeout=10)  # there is no point left that it could wait before
    else:
        scan.wait_state(ScanState.PAUSED, timeout=10)
        frozen(scan, stage)
        scan.resume()
        scan.wait(timeout=10)
    check(scan, kind, demo, stage)
    assert stage.around == list(range(kind.npoints))


@matrix
def test_a_suspender_that_trips(demo, session, told, kind, phase):
    current = [50.0]
    session.suspenders.append(Suspender("beam", lambda: current[0], below=10, period=0.001))
    scan, stage = staged(demo, kind, phase)

    def trip():
        current[0] = 0.0
        if phase != "preparing":  # nobody looks yet
            told.pauses.wait()

    stage.action = trip
    scan.start()
    if phase == "after the last point" and not kind.others:
        scan.wait(timeout=10)
    else:
        scan.wait_state(ScanState.PAUSED, timeout=10)
        frozen(scan, stage)
        current[0] = 50.0
        scan.wait(timeout=10)
    check(scan, kind, demo, stage)
    # if a point was in hand it was taken again, between the same presets, and no other was
    is_spoiled = PHASES[phase][0] in (MOVE, COUNT)
    taken = list(range(kind.npoints))
    taken[stage.point : stage.point] = [stage.point] * is_spoiled
    expected = [0] * len(taken)
    if is_spoiled:
        expected[stage.point : stage.point + 2] = [SUSPENDED, RETAKEN]
    assert flags_of(scan.get_data(), kind, "probe").tolist() == expected
    assert stage.around == taken


def fscan(demo, stage, mode):
    """One whose axis moves on."""
    probe = SamplingCounter("probe", Probe(stage), mode="SINGLE")
    return scans.fscan(demo["robz"], 1, 3, 20, 0.005, probe, scan_mode=mode, save=False, run=False)


def check_fscan(demo, scan):
    data, robz = scan.get_data(), demo["robz"]
    assert len(data["robz"]) == len(data["probe"]) == 20
    assert np.all(np.diff(data["robz"]) > 0)
    assert data["robz"][0] >= 1
    assert data["robz"][-1] > 2.8  # farther where points were put off
    assert (scan.outcome.value, robz.velocity, robz.is_moving) == ("complete", 1000, False)


@pytest.mark.parametrize("mode", ["TIME", "POSITION"])
def test_a_continuous_scan_waits_before_it_sets_out(demo, mode):
    scan = fscan(demo, Stage(PREPARE, 0), mode)
    scan.pause("to look")
    scan.start()
    scan.wait_state(ScanState.PAUSED, timeout=10)
    assert not demo["robz"].is_moving
    assert demo["robz"].position < 1
    scan.resume()
    scan.wait(timeout=10)
    check_fscan(demo, scan)


@pytest.mark.parametrize("mode", ["TIME", "POSITION"])
def test_a_continuous_scan_does_not_wait_on_its_way(demo, session, told, mode):
    current = [50.0]
    session.suspenders.append(Suspender("beam", lambda: current[0], below=10, period=0.001))
    stage = Stage(COUNT, 5)
    scan = fscan(demo, stage, mode)
    stage.counts = -2  # it is tried twice before
    stage.action = lambda: current.insert(0, 0.0)
    scan.start()
    scan.wait(timeout=10)
    check_fscan(demo, scan)
    flags = (scan.get_data()["timer:flags"] & (SUSPENDED | RETAKEN)).tolist()
    assert SUSPENDED in flags
    assert set(flags[flags.index(SUSPENDED) :]) == {SUSPENDED}
    assert told.sentences == ["cannot pause on its way: beam: 0 is below 10"]


def test_an_endless_scan_is_stopped_while_it_pauses(demo):
    scan = scans.timescan(COUNT_TIME, demo["diode1"], save=False, run=False)
    scan.start()
    scan.wait_state(ScanState.STARTING, timeout=10)
    scan.pause()
    scan.wait_state(ScanState.PAUSED, timeout=10)
    scan.stop()
    scan.wait(timeout=10)
    assert (scan.outcome.value, scan.reason) == ("stopped", "stop() was called")


def test_devices_that_count_points_take_more_when_some_are_taken_again(demo, session, told):
    current, prepared = [50.0], []
    session.suspenders.append(Suspender("beam", lambda: current[0], below=10, period=0.001))
    card = demo["i0"].controller
    scan = scans.loopscan(3, 0.01, demo["i0"], save=False, run=False)
    prepare, card.prepare_counting = (
        card.prepare_counting,
        lambda seconds, npoints: (prepared.append(npoints), prepare(seconds, npoints)),
    )
    scan.start()
    scan.wait(timeout=10)
    assert prepared == [0]


def test_nobody_has_a_scan_pause_that_has_ended(demo, told):
    scan = scans.ct(0, demo["diode1"], run=False)
    scan.run()
    scan.pause("too late")
    assert (scan.pauses, told.sentences) == ([], [])
