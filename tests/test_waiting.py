"""A scan that has to wait says for whom, and loses nothing; Ctrl-C gives the prompt back."""

import contextlib
import re

import gevent
import pytest

from bliss.data import keys
from bliss.data.events import EventType
from bliss.data.node import make
from tests.beacon_process import BeaconProcess
from tests.screen import Screen
from tests.terminal import Terminal

SESSION = "demo_session"


@contextlib.contextmanager
def shell_at(process, home):
    with Terminal("-s", SESSION, home=home, environment={"BEACON_HOST": process.host}) as shell:
        shell.wait_for_prompt()
        yield shell


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A Beacon whose servers may be frozen."""
    with BeaconProcess(tmp_path_factory.mktemp("waiting")) as process:
        yield process


@pytest.fixture(scope="module")
def shared_terminal(own, tmp_path_factory):
    with shell_at(own, tmp_path_factory.mktemp("shell")) as terminal:
        yield terminal


def wait_until(condition):
    with gevent.Timeout(20):
        while not condition():
            gevent.sleep(0.02)


def end_of(beacon, scan):
    """The only END of a scan, once it is there."""
    with beacon.client() as client:
        server = client.redis("data")
        name = f"{SESSION}:data:{scan}"
        wait_until(lambda: server.exists(keys.end(name)))
        events = list(make(server, name, "scan").walk_events(wait=False))
        (end,) = [event for event in events if event.type is EventType.END_SCAN]
        points = {
            event.node.db_name: event.data.first_index + event.data.npoints
            for event in events
            if event.type is EventType.NEW_DATA
        }
    return end.data, points


def scan_in(shown):
    """The name of the scan that is shown."""
    return re.search(r"(\d+_loopscan): loopscan", shown)[1]


def test_a_server_that_stands_still_is_named_and_waited_for(own, shared_terminal):
    shell = shared_terminal
    since = shell.type("loopscan(150, .01, diode1)\r")
    shell.wait_for(r"^\s+3\b", since=since)
    with own.frozen("data"):
        shell.wait_for(r"waiting: the data server does not answer, \d s", since=since)
    shell.wait_for("going on, after", since=since)
    shown = shell.finish(since)
    assert "complete" in shown
    end, points = end_of(own, scan_in(shown))
    assert end.outcome == "complete"
    assert set(points.values()) == {150}


def test_ctrl_c_does_not_wait_for_a_server_that_stands_still(own, shared_terminal):
    shell = shared_terminal
    since = shell.type("loopscan(10_000, .01, diode1)\r")
    shell.wait_for(r"^\s+3\b", since=since)
    with own.frozen("data"):
        shell.wait_for("waiting: the data server does not answer", since=since)
        shell.interrupt()
        shown = shell.finish(since)
        assert "published as soon as the data server takes them" in shown
        scan = scan_in(shown)
        assert scan in shell.run("SCANS[-1]")
    end, points = end_of(own, scan)
    assert (end.outcome, end.reason) == ("aborted", "interrupted by Ctrl-C")
    assert len(set(points.values())) == 1
    assert "complete" in shell.run("loopscan(3, 0, diode1)")


def test_a_full_server_is_waited_for_and_who_has_to_read_is_named(tmp_path):
    with (
        BeaconProcess(tmp_path / "state", options=("--data-memory", "3mb")) as process,
        process.client("writer") as writer,
        Screen("-s", SESSION, home=tmp_path, environment={"BEACON_HOST": process.host}) as shell,
    ):
        shell.wait_for_prompt()
        writer.announce_consumer("slow", SESSION)
        server = writer.redis("data")
        since = len(shell.text)
        shell.run("s = loopscan(60_000, 0, diode1, run=False); task = s.start()")
        shell.wait_for("waiting for slow: the data server is full", since=since, timeout=40)
        for columns in (80, 200):
            shell.resize(columns=columns)
            shell.wait_to_see(r"^ demo_session  1_loopscan waiting for slow, \d+ s$")
        assert "slow" in str(writer.status()["janitor"]["waits_for"])
        (session,) = [key.decode() for key in server.smembers(keys.unfinished(SESSION))]
        reader = gevent.spawn(mark_all, server, session)
        assert "complete" in shell.run("s.wait(); s", timeout=40)
        reader.kill()
        assert len(make(server, f"{session}:timer:elapsed_time", "channel")) == 60_000


def mark_all(server, scan):
    """Mark all that comes, as fast as it comes."""
    streams = [keys.data(n.decode()) for n in server.smembers(keys.nodes(scan))]
    while True:
        for key in [key for key in streams if server.exists(key)]:
            last = server.xinfo_stream(key)["last-generated-id"]
            server.xgroup_setid(key, "slow", last)
        gevent.sleep(0.02)
