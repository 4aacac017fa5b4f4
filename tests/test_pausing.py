"""Pauses: asked for here, from another process, or by suspenders; and what is said of them."""

import re
from contextlib import closing
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

import scans
from bliss.common.errors import ArgumentError, DeviceError, ScanStateError
from bliss.config.channels import Channel
from bliss.data import creation
from bliss.scanning.gate import RETAKEN, SUSPENDED
from bliss.scanning.remote_pause import RemotePause
from bliss.scanning.session import ScanListener
from bliss.scanning.states import ScanState
from bliss.scanning.suspenders import Suspender
from bliss_shell import pausing


class Told(ScanListener):
    def __init__(self):
        self.sentences = []

    def on_scan_waiting(self, scan, sentence):
        self.sentences.append(sentence)


@pytest.fixture
def told(session):
    listener = Told()
    session.listeners.append(listener)
    return listener


@pytest.fixture
def suspend(session):
    """Adds a suspender; its value is the user's."""

    class Beam:
        value = 50.0

        def read(self):
            if isinstance(self.value, Exception):
                raise self.value
            return self.value

    beam = Beam()
    session.suspenders.append(Suspender("beam", beam.read, below=10, resume_above=20, period=0.002))
    yield beam
    session.suspenders.clear()


def started(demo, command=scans.ascan, **options):
    """A scan in the background, some points old."""
    arguments = {
        scans.ascan: (demo["robz"], 0, 1, 60, 0.01, demo["diode1"]),
        scans.amesh: (demo["robx"], 0, 1, 5, demo["roby"], 0, 1, 5, 0.01, demo["diode1"]),
        scans.loopscan: (60, 0.01, demo["diode1"]),
    }
    scan = command(*arguments[command], save=False, run=False, **options)
    task = scan.start()
    scan.wait_state(ScanState.STARTING, ScanState.PAUSED, timeout=10)
    return scan, task


def points(scan):
    return len(scan.get_data()["elapsed_time"])


def wait_for(condition):
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.002)


@pytest.mark.parametrize("command", [scans.ascan, scans.amesh, scans.loopscan])
def test_a_pause_is_between_points_and_comes_back(demo, told, command):
    scan, _ = started(demo, command)
    scan.pause("to look at the sample")
    scan.wait_state(ScanState.PAUSED, timeout=10)
    gevent.sleep(0.05)
    taken = points(scan)
    gevent.sleep(0.05)
    assert points(scan) == taken
    assert scan.pauses == ["to look at the sample"]
    wait_for(lambda: scan.node.info.get("state") == "paused")
    assert scan.node.info["pauses"][0]["reason"] == "to look at the sample"
    scan.resume()
    scan.wait(timeout=20)
    assert points(scan) == scan.scan_info["npoints"]
    assert told.sentences[0] == "pauses: to look at the sample"
    assert told.sentences[1].startswith("going on, after ")
    (pause,) = scan.node.info["pauses"]
    assert pause["since"] < pause["until"]
    assert scan.node.info["timing"]["paused"] > 0.05


def test_a_paused_scan_can_be_stopped(demo):
    scan, _ = started(demo)
    scan.pause()
    scan.wait_state(ScanState.PAUSED, timeout=10)
    scan.stop()
    scan.wait(timeout=10)
    assert scan.outcome.value == "stopped"


def test_what_is_told_late_of_a_pause_does_not_undo_the_end(demo, monkeypatch):
    may_tell, change_info = Event(), creation.change_info
    monkeypatch.setattr(creation, "change_info", lambda *a: may_tell.wait() and change_info(*a))
    scan, _ = started(demo)
    scan.pause()
    scan.wait_state(ScanState.PAUSED, timeout=10)
    scan.stop()
    with pytest.raises(ScanStateError):
        scan.wait(timeout=0.3)
    may_tell.set()
    scan.wait(timeout=10)
    assert scan.node.info["state"] == ScanState.DONE.value


def test_a_paused_scan_can_be_aborted(demo):
    scan, _ = started(demo)
    scan.pause()
    scan.wait_state(ScanState.PAUSED, timeout=10)
    scan.abort()
    scan.wait_state(ScanState.DONE, timeout=10)
    assert scan.outcome.value == "aborted"


def test_another_process_pauses(demo, session):
    with closing(RemotePause(session)), Channel("demo_session:pause") as channel:
        scan, _ = started(demo)
        channel.value = "the sample is being changed"
        scan.wait_state(ScanState.PAUSED, timeout=10)
        later, _ = started(demo, scans.loopscan)  # one that begins meanwhile
        later.wait_state(ScanState.PAUSED, timeout=10)
        channel.value = ""
        scan.wait(timeout=20)
        later.wait(timeout=20)
    assert [pause["reason"] for pause in later.scan_info["pauses"]] == [
        "the sample is being changed"
    ]


@pytest.mark.parametrize("command", [scans.ascan, scans.amesh, scans.loopscan])
def test_a_spoiled_point_is_taken_again_and_both_are_kept(demo, suspend, told, command):
    scan, _ = started(demo, command)
    wait_for(lambda: points(scan) > 2)
    suspend.value = 3.0
    scan.wait_state(ScanState.PAUSED, timeout=10)
    suspend.value = 15.0  # not bad any more, but not good enough
    gevent.sleep(0.02)
    assert scan.state is ScanState.PAUSED
    suspend.value = 30.0
    scan.wait(timeout=20)
    data = scan.get_data()
    flags = data["timer:flags"].tolist()
    assert flags.count(SUSPENDED) == 1
    spoiled = flags.index(SUSPENDED)
    assert flags[spoiled + 1] == RETAKEN
    assert len(flags) == scan.scan_info["npoints"] + 1
    for axis in {"robx", "roby", "robz"} & {name.rpartition(":")[2] for name in data}:
        assert data[axis][spoiled] == data[axis][spoiled + 1]
    assert told.sentences[0] == "pauses: beam: 3 is below 10"


def test_a_long_count_is_ended_when_it_is_spoiled(demo, suspend):
    counters = [demo["diode1"], demo["i0"], demo["mca1"]]
    scan = scans.loopscan(2, 600, *counters, save=False, run=False)
    scan.start()
    scan.wait_state(ScanState.STARTING, timeout=10)
    wait_for(lambda: scan.chain.top.passage)
    suspend.value = 3.0
    scan.wait_state(ScanState.PAUSED, timeout=10)
    data = scan.get_data()
    assert data["timer:flags"].tolist() == [SUSPENDED]
    assert data["diode1"] == pytest.approx(50, rel=0.1)
    assert 0 < data["i0"][0] < 600 * 1e5
    assert 0 < data["real_time"][0] < 600
    scan.stop()
    scan.wait(timeout=10)
    assert points(scan) == 1


def test_what_a_person_pauses_counts_on(demo):
    scan, _ = started(demo, scans.loopscan)
    timer = scan.chain.top
    wait_for(lambda: timer.passage)
    scan.pause()
    assert not timer.passage.is_in_vain
    scan.abort()
    scan.wait(timeout=10)


def test_a_scan_that_begins_without_beam_waits_before_its_first_point(demo, suspend):
    suspend.value = 0.0
    scan, _ = started(demo)
    scan.wait_state(ScanState.PAUSED, timeout=10)
    assert points(scan) == 0
    suspend.value = 50.0
    scan.wait(timeout=20)
    assert set(scan.get_data()["timer:flags"]) == {0}


def test_what_cannot_be_read_is_not_known_to_be_good(demo, suspend):
    suspend.value = DeviceError("mca1: does not answer")
    scan, _ = started(demo)
    scan.wait_state(ScanState.PAUSED, timeout=10)
    assert scan.pauses == ["beam: cannot be read (mca1: does not answer)"]
    suspend.value = 50.0
    scan.wait(timeout=20)


def test_a_suspender_of_a_channel(demo, session):
    with Channel("shutter", value="open") as shutter:
        session.suspenders.append(Suspender("shutter", "shutter", equals="closed"))
        try:
            scan, _ = started(demo)
            shutter.value = "closed"
            scan.wait_state(ScanState.PAUSED, timeout=10)
            assert scan.pauses == ["shutter: is closed"]
            shutter.value = "open"
            scan.wait(timeout=20)
        finally:
            session.suspenders.clear()
    assert SUSPENDED in scan.get_data()["timer:flags"]


def test_a_suspender_that_hangs_counts_as_bad(demo, session, monkeypatch):
    monkeypatch.setattr("bliss.scanning.suspenders.FIRST_LOOK", 0.05)
    answers = Event()
    session.suspenders.append(Suspender("beam", lambda: answers.wait() and 50.0, below=10))
    try:
        scan, _ = started(demo)
        scan.wait_state(ScanState.PAUSED, timeout=10)
        assert "no answer" in scan.pauses[0]
        answers.set()
        scan.wait(timeout=20)
    finally:
        session.suspenders.clear()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "suspender beam: expected one of below=, above=, equals=, bad= .* got 0"),
        ({"below": 1, "above": 2}, "got 2"),
        ({"below": 1, "delay": -1}, "suspender beam: delay is -1; expected seconds"),
        ({"below": 1, "source": 5}, "suspender beam: 5 cannot be watched; expected a counter"),
    ],
)
def test_wrong_suspenders(arguments, sentence):
    source = arguments.pop("source", lambda: 1)
    with pytest.raises(ArgumentError, match=sentence):
        Suspender("beam", source, **arguments)


# --- before and after


def test_an_estimate_learns(demo):
    def scan():
        return scans.loopscan(50, 0.002, demo["diode1"], save=False, run=False)

    before = scan().estimate()
    assert before.plan.counting == pytest.approx(0.1)
    for _ in range(3):
        scan().run()
    after = scan().estimate()
    assert after.seconds != before.seconds
    assert after.seconds > 0.1


def test_an_estimate_knows_how_long_axes_move(demo):
    demo["robz"].velocity, demo["robz"].acceleration = 10, 100
    plan = scans.ascan(demo["robz"], 0, 10, 10, 0.1, demo["diode1"], run=False).estimate().plan
    # each mm: 0.1 s to 10 mm/s over 0.5 mm, and the same to stop
    assert plan.motion == pytest.approx(10 * 0.2)
    assert plan.counting == pytest.approx(1.1)


def test_where_the_time_went(demo):
    scan = scans.ascan(demo["robz"], 0, 1, 10, 0.01, demo["diode1"], save=False)
    timing = scan.node.info["timing"]
    assert timing["counting"] == pytest.approx(0.11)
    assert timing["motion"] == pytest.approx(10 * 2 * (0.1 / 10_000) ** 0.5)
    total = sum(timing[part] for part in ("motion", "counting", "paused", "sleeping", "dead"))
    assert total == pytest.approx(timing["total"])
    assert sum(timing["dead_in"].values()) == pytest.approx(timing["dead"], rel=0.5)


def test_check_only_looks(demo):
    robz = demo["robz"]
    scan = scans.ascan(robz, -5, 5, 10, 0.1, demo["diode1"], check=True)
    assert scan.state is ScanState.IDLE
    assert robz.position == 0
    robz.controller.motor(robz)
    robz.controller.is_lost = True
    with pytest.raises(DeviceError, match="robz: simulated_motors does not answer"):
        scan.check()
    robz.controller.is_lost = False


# --- at the prompt


def test_the_page_about_it(demo, session):
    page = (Path(__file__).parent.parent / "docs" / "pausing.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.S | re.M)
    names = {**{name: getattr(scans, name) for name in scans.__all__}, **demo}
    names |= pausing.namespace(session)
    with closing(RemotePause(session)):
        for block in blocks:
            exec(block, names)
    names["pause"].close()
    assert names["s"].outcome.value == "complete"
    assert session.scans[-1].outcome.value == "complete"
    assert session.suspenders == []


def test_wrong_commands(demo, session):
    commands = pausing.Pausing(session)
    with pytest.raises(ArgumentError, match=r"pause: no scan runs; s\.start"):
        commands.pause()
    with pytest.raises(ArgumentError, match="add_suspender: 5 is no suspender"):
        commands.add_suspender(5)
    with pytest.raises(ArgumentError, match="remove_suspender: no suspender 'beam'; there are: no"):
        commands.remove_suspender("beam")
    commands.add_suspender(Suspender("beam", demo["diode1"], below=10))
    with pytest.raises(ArgumentError, match="there is a suspender 'beam' already"):
        commands.add_suspender(Suspender("beam", demo["diode1"], below=20))
    commands.remove_suspender("beam")
