"""A required consumer that never comes back, given up by an operator."""

import gevent
import pytest

from bliss.common.errors import BeaconError, ConsumerTakenError
from bliss.data import keys
from tests.beacon_process import run_python
from tests.data_tree import ScanWriter

SESSION = "demo_session"
COMMAND = ("-m", "bliss.server", "forget-consumer")


@pytest.fixture
def server(beacon):
    with beacon.client("session") as client:
        yield client.redis("data")


@pytest.fixture
def writer(beacon):
    with beacon.client("writer") as client:
        yield client


def scan_of(server, name, *consumers):
    scan = ScanWriter(server, name, session=SESSION, consumers=consumers)
    return scan.prepared().send(x=[1.0])


def groups_of(server, key):
    return {group["name"].decode() for group in server.xinfo_groups(key)}


def is_confirmed(server, scan):
    return server.zscore(keys.expiring(SESSION), scan.name) is not None


def test_no_scan_waits_for_it_any_more(beacon, server):
    ended = scan_of(server, "7101_ended", "gone", "here").end()
    lone = scan_of(server, "7102_lone", "gone").end()
    running = scan_of(server, "7103_running", "gone", "here")
    done = run_python(*COMMAND, SESSION, "gone", BEACON_HOST=beacon.host)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [
        f"{scan.name} does not require gone any more" for scan in (ended, lone, running)
    ]
    for scan in (ended, running):
        for key in (keys.prepared(scan.name), keys.data(scan.channel("x"))):
            assert groups_of(server, key) == {"here"}
    with gevent.Timeout(15):
        while not is_confirmed(server, lone):
            gevent.sleep(0.02)
    assert not is_confirmed(server, ended)
    running.end()
    run_python(*COMMAND, SESSION, "here", BEACON_HOST=beacon.host)


KILLED = """
import os
from bliss.beacon import Beacon
Beacon(role="writer").announce_consumer("killed", "demo_session")
os.kill(os.getpid(), 9)
"""


def test_scans_that_are_made_later_do_not_name_it_either(beacon, writer, server):
    run_python("-c", KILLED, BEACON_HOST=beacon.host)
    assert "killed" in writer.consumers(SESSION)
    scan = scan_of(server, "7104_scan", "killed").end()
    assert writer.forget_consumer("killed", SESSION) == [scan.name]
    assert "killed" not in writer.consumers(SESSION)


def test_one_that_runs_is_not_given_up(beacon, writer, server):
    scan = scan_of(server, "7105_scan", "runs").end()
    with beacon.client("writer") as other:
        other.announce_consumer("runs", SESSION)
        with pytest.raises(ConsumerTakenError, match="consumer runs of session demo_session is "):
            writer.forget_consumer("runs", SESSION)
        assert groups_of(server, keys.prepared(scan.name)) == {"runs"}
    assert writer.forget_consumer("runs", SESSION) == [scan.name]


def test_one_that_nobody_requires_is_an_error(beacon, writer, server):
    with pytest.raises(BeaconError, match="no scan of demo_session requires 'wirter': its scans"):
        writer.forget_consumer("wirter", SESSION)
    scan_of(server, "7106_scan", "writer").end()
    done = run_python(*COMMAND, SESSION, "wirter", BEACON_HOST=beacon.host)
    assert done.returncode != 0
    assert "requires 'wirter': expected one of writer" in done.stderr
    writer.forget_consumer("writer", SESSION)


def test_who_may_not(beacon):
    with (
        beacon.client("client") as client,
        pytest.raises(BeaconError, match="connect with role 'writer'"),
    ):
        client.forget_consumer("writer", SESSION)
