"""A required consumer gets every point once, whatever happens to it."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import gevent
import numpy as np
import pytest

from bliss.data import keys
from bliss.data.consumer import Consumer
from bliss.data.events import EventType
from scans import loopscan
from tests.beacon_process import ROOT
from tests.data_tree import ScanWriter

SESSION = "demo_session"
PROGRAM = ROOT / "docs/examples/text_writer.py"


class TextWriter:
    """The documented example, as a process."""

    def __init__(self, beacon, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), SESSION, str(folder)],
            env=beacon.env,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.line() == "ready"

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self.process.poll() is None:
            self.process.terminate()
        with self.process.stdout:
            status = self.process.wait(10)
        if kind is None:
            assert status in (0, -signal.SIGKILL)

    def line(self) -> str:
        with gevent.Timeout(20):
            return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def points(self, channel: str) -> list[list]:
        text = (self.folder / (channel.replace(":", "/") + ".txt")).read_text()
        return [line.split() for line in text.splitlines()]


def wait_until(condition):
    with gevent.Timeout(20):
        while not condition():
            gevent.sleep(0.02)


def test_a_saved_scan_is_stored_and_then_confirmed(own_beacon, own_session, own_demo, tmp_path):
    server = own_session.data
    with TextWriter(own_beacon, tmp_path / "out") as writer:
        scan = loopscan(20, 0, own_demo["diode1"])
        assert scan.consumers == ("text",)
        assert scan.node.info["consumers"] == ["text"]
        assert writer.line() == f"{scan.node.db_name} is stored: complete"
        channel = f"{scan.node.db_name}:timer:simulated_diodes:diode1"
        assert [int(index) for index, _ in writer.points(channel)] == list(range(20))
        values = [float(value) for _, value in writer.points(channel)]
        assert values == scan.get_data()["diode1"].tolist()
        wait_until(lambda: server.zscore(keys.expiring(SESSION), scan.node.db_name))


def test_a_scan_that_is_not_saved_requires_nobody(own_beacon, own_session, own_demo, tmp_path):
    with TextWriter(own_beacon, tmp_path / "out"):
        scan = loopscan(1, 0, own_demo["diode1"], save=False)
    assert scan.consumers == ()


def test_killed_and_started_again_it_misses_and_doubles_nothing(own_beacon, own_session, tmp_path):
    """Also what ended while it was not there."""
    server = own_session.data
    folder = tmp_path / "out"
    scan = ScanWriter(server, "1_ct", session=SESSION, consumers=("text",)).prepared()
    channel, sent = scan.channel("x"), 0
    for _ in range(3):
        with TextWriter(own_beacon, folder) as writer:
            before = mark(server, channel)
            sent = send(scan, sent, 50)
            wait_until(lambda before=before: mark(server, channel) > before)
            writer.kill()
        sent = send(scan, sent, 30)
    scan.end()
    with TextWriter(own_beacon, folder) as writer:
        assert writer.line() == f"{scan.name} is stored: complete"
        found = [(int(index), float(value)) for index, value in writer.points(channel)]
        wait_until(lambda: server.zscore(keys.expiring(SESSION), scan.name))
    assert found == [(index, float(index)) for index in range(sent)]


def send(scan, sent, count):
    for index in range(sent, sent + count):
        scan.send(x=[float(index)])
    return sent + count


def mark(server, channel):
    (group,) = server.xinfo_groups(keys.data(channel))
    return int(group["last-delivered-id"].partition(b"-")[0])


@pytest.fixture
def consumer(own_beacon):
    with (
        own_beacon.client("writer") as client,
        Consumer("test", SESSION, beacon=client) as consumer,
    ):
        yield consumer


def events_until_end(consumer, count=1):
    seen = []
    for event in consumer.events():
        seen.append(event)
        count -= event.type is EventType.END_SCAN
        if not count:
            return seen
    return seen


def test_only_scans_that_name_it_come(own_session, consumer):
    server = own_session.data
    with contextlib.closing(consumer.events()) as events:
        reading = gevent.spawn(next, events)
        gevent.sleep(0.1)
        ScanWriter(server, "1_other", session=SESSION, consumers=("x",)).prepared().end()
        mine = ScanWriter(server, "2_mine", session=SESSION, consumers=("test",)).prepared()
        mine.send(x=[1.0]).end()
        names = {reading.get(timeout=10).node.db_name}
        for event in events:
            names.add(event.node.db_name)
            if event.type is EventType.END_SCAN:
                break
    assert names >= {mine.name, mine.channel("x")}
    assert not any("1_other" in name for name in names)


def test_what_was_marked_does_not_come_again(own_session, consumer):
    server = own_session.data
    scan = ScanWriter(server, "1_mine", session=SESSION, consumers=("test",)).prepared()
    scan.send(x=[0.0, 1.0]).send(x=[2.0])
    for event in consumer.events():
        if event.type is EventType.NEW_DATA:
            consumer.mark(event)
            break
    marked = event.data.first_index + event.data.npoints
    scan.send(x=[3.0]).end()
    again = events_until_end(consumer)
    data = [event.data for event in again if event.type is EventType.NEW_DATA]
    assert data[0].first_index == marked
    points = np.concatenate([each.data for each in data]).tolist()
    assert points == [float(index) for index in range(marked, 4)]
    consumer.mark(again[-1])
    assert not [e for e in [*data] if e.first_index < marked]
