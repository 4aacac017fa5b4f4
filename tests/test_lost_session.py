"""A session that dies in a scan: Beacon ends the scan for it."""

import signal

import pytest

from bliss.beacon import set_beacon
from bliss.common.errors import SessionLockedError
from bliss.data import node
from bliss.data.node import EventType
from tests.beacon_process import BeaconProcess
from tests.terminal import Terminal


@pytest.fixture
def client(beacon: BeaconProcess):
    with beacon.client() as here:
        set_beacon(here)
        yield here
        set_beacon(None)


def test_a_killed_session_has_its_scan_ended(beacon, client, tmp_path):
    session_node = node.get_session_node("demo_session")
    with Terminal(
        "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
    ) as terminal:
        terminal.wait_for_prompt()
        terminal.type("timescan(.01, diode1)\r")
        terminal.wait_for(r"^\s+1\s+\S+\s+\S+$")
        scan_node = next(session_node.children()).last_child
        terminal.signal(signal.SIGKILL)
        terminal.process.wait()
        seen = list(scan_node.walk_events(filter="scan"))
    (end,) = [event.data for event in seen if event.type is EventType.END_SCAN]
    assert end.outcome == "lost"
    assert f"process {terminal.process.pid}" in end.reason
    assert scan_node.info["outcome"] == "lost"


def test_who_opens_the_session_next_finds_no_unfinished_scan(beacon, client, tmp_path):
    with Terminal(
        "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
    ) as terminal:
        terminal.wait_for_prompt()
        terminal.type("timescan(.01, diode1)\r")
        terminal.wait_for(r"^\s+1\s+\S+\s+\S+$")
        terminal.signal(signal.SIGKILL)
        terminal.process.wait()
    with beacon.client("session") as successor:
        while True:
            try:
                successor.lock_session("demo_session")
            except SessionLockedError:
                continue  # Beacon has not noticed yet
            break
        scan_node = next(node.get_session_node("demo_session").children()).last_child
        assert scan_node.info["outcome"] == "lost"
