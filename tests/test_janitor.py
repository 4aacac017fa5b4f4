"""What is kept in a real data server, and what goes."""

import contextlib
import time
from pathlib import Path

import gevent
import numpy as np
import pytest

from bliss.common.errors import PointTrimmedError
from bliss.data import keys
from bliss.data.append import Block, ServerFullError
from bliss.data.encoding import PointType, encode_block
from bliss.data.events import EventType
from bliss.data.node import make
from bliss.scanning.data import read_points
from tests.beacon_process import BeaconProcess
from tests.data_tree import ScanWriter, data_server

SESSION = "demo_session"
IMAGE = PointType("|u1", (1_000_000,))
LIMIT = 48_000_000


@contextlib.contextmanager
def small_beacon(folder: Path, *options: str):
    """A Beacon whose data server has little memory: clients that may write, and mark."""
    with (
        BeaconProcess(folder, options=("--data-memory", f"{LIMIT}", *options)) as process,
        process.client("session") as session,
        process.client("writer") as writer,
    ):
        yield session, writer.redis("data")


@pytest.fixture
def clients(tmp_path):
    with small_beacon(tmp_path) as both:
        yield both


@pytest.fixture
def beacon_client(clients):
    return clients[0]


@pytest.fixture
def server(beacon_client):
    return beacon_client.redis("data")


@pytest.fixture
def writer(clients):
    return clients[1]


def wait_until(condition):
    with gevent.Timeout(15):
        while not condition():
            gevent.sleep(0.02)


def scan_of(server, name, consumers=(), images=0):
    """A scan with so many images of 1 MB."""
    scan = ScanWriter(server, name, {"x": IMAGE}, session=SESSION, consumers=consumers).prepared()
    for _ in range(images):
        send(scan)
    return scan


def send(scan):
    """One more image, as soon as there is room."""
    block = scan.block("x", np.zeros((1, 1_000_000), "u1"))
    with gevent.Timeout(15):
        while True:
            with contextlib.suppress(ServerFullError):
                return scan.appender.append([block])
            gevent.sleep(0.01)


def lifetimes(server, scan):
    """Of each key that the scan has, in ms; -1 where there is none."""
    nodes = [name.decode() for name in server.smembers(keys.nodes(scan.name))]
    found = [key for key in keys.of_scan(scan.name, nodes) if server.exists(key)]
    return {server.pttl(key) for key in found}


def test_the_keys_of_a_scan_expire_together_once_it_has_ended(server):
    running, ended = scan_of(server, "1_run", images=1), scan_of(server, "2_done", images=1)
    ended.end()
    wait_until(lambda: server.zscore(keys.expiring(SESSION), ended.name))
    deadlines = {
        server.pexpiretime(key)
        for key in keys.of_scan(ended.name, [f"{ended.name}:axis", f"{ended.name}:axis:x"])
        if server.exists(key)
    }
    (deadline,) = deadlines
    assert 23 * 3600 < deadline / 1000 - time.time() < 24 * 3600 + 1
    assert lifetimes(server, running) == {-1}
    assert server.smembers(keys.ended(SESSION)) == set()
    running.close()


def test_a_scan_whose_time_has_come_leaves_nothing(tmp_path):
    with small_beacon(tmp_path, "--data-lifetime", "0.2") as (session, _):
        server = session.redis("data")
        for number in range(3):
            scan_of(server, f"{number}_ct", images=1).end()
        wait_until(lambda: not server.exists(keys.children(f"{SESSION}:data")))
        wait_until(lambda: server.smembers(keys.containers(SESSION)) == set())
        left = {key.decode() for key in server.scan_iter()}
    assert left == {SESSION, keys.children(SESSION), keys.gone(SESSION)}


def test_what_somebody_requires_waits_for_its_marks(server, writer):
    scan = scan_of(server, "1_saved", consumers=("writer",), images=2).end()
    other = scan_of(server, "2_not_saved", images=1).end()
    wait_until(lambda: server.zscore(keys.expiring(SESSION), other.name))
    assert lifetimes(server, scan) == {-1}
    writer.xgroup_setid(keys.data(scan.channel("x")), "writer", "2-0")
    writer.xgroup_setid(keys.prepared(scan.name), "writer", "2-0")
    wait_until(lambda: server.zscore(keys.expiring(SESSION), scan.name))


def test_the_oldest_confirmed_scans_make_room_whole(server, beacon_client):
    running = scan_of(server, "0_slow", images=1)
    scans = []
    for number in range(1, 10):
        scans.append(scan_of(server, f"{number}_big", images=9).end())
        wait_until(lambda: not server.smembers(keys.ended(SESSION)))
    there = [bool(server.exists(scan.name)) for scan in scans]
    assert there == sorted(there)  # the oldest ones went first
    assert not there[0]
    assert there[-1]
    for scan in scans:
        nodes = [f"{scan.name}:axis", scan.channel("x")]
        left = server.exists(*keys.of_scan(scan.name, nodes))
        assert left in (0, 11), scan.name
    announced = [n.name for n in make(server, f"{SESSION}:data", "container").children()]
    assert announced == ["0_slow", *(f"{n}_big" for n in range(1, 10) if there[n - 1])]
    assert len(make(server, running.channel("x"), "channel")) == 1
    running.close()
    assert beacon_client.status()["janitor"]["deleted"] == there.count(False)


def test_a_running_scan_is_trimmed_at_its_oldest_points(server, caplog):
    """Nobody requires it: it goes on, and who reads what is gone is told."""
    scan = scan_of(server, "1_long", images=80)
    channel = make(server, scan.channel("x"), "channel")
    assert len(channel) == 80
    assert channel.get(-1).shape == (1_000_000,)
    with pytest.raises(PointTrimmedError):
        channel.get(0)
    events = list(make(server, scan.name, "scan").walk_events(wait=False))
    left = read_points("1_long", {"x": channel})["x"]
    assert f"1_long: points 0 to {79 - len(left)} were trimmed" in caplog.text
    gaps = [event.data for event in events if event.type is EventType.GAP]
    data = [event.data for event in events if event.type is EventType.NEW_DATA]
    assert gaps[0].first_index == 0
    assert channel.info["trimmed"] >= gaps[0].last_index + 1  # reading takes memory too
    assert data[0].first_index == gaps[0].last_index + 1
    assert len(left) > 0
    scan.close()


def test_what_is_required_is_never_trimmed_and_the_scan_waits(server, writer, beacon_client):
    scan = scan_of(server, "1_saved", consumers=("writer",))
    key = keys.data(scan.channel("x"))
    sent = send_until_full(scan)
    assert sent > 30
    wait_until(lambda: beacon_client.status()["janitor"]["waits_for"])
    assert list(beacon_client.status()["janitor"]["waits_for"]) == ["writer"]
    assert server.xlen(key) == sent
    writer.xgroup_setid(key, "writer", "20-0")
    wait_until(lambda: server.xlen(key) < sent)
    assert server.xlen(key) >= sent - 20
    scan.close()


def send_until_full(scan):
    for sent in range(1000):
        fields = encode_block(np.zeros((1, 1_000_000), "u1"), IMAGE)
        try:
            scan.appender.append([Block(scan.channel("x"), sent + 1, fields)])
        except ServerFullError:
            break
    return sent


def test_a_scan_that_is_deleted_while_it_is_read_ends_for_its_reader(tmp_path):
    with small_beacon(tmp_path, "--data-lifetime", "0.5") as (session, _):
        server = session.redis("data")
        scan = scan_of(server, "1_ct", images=1)
        walk = make(server, SESSION, "session").walk_events()
        seen = []
        for event in walk:
            seen.append(event)
            if event.type is EventType.NEW_DATA:
                scan.end()
                wait_until(lambda: not server.exists(scan.name))
                wait_until(lambda: server.exists(keys.gone(SESSION)))
            if event.type is EventType.END_SCAN:
                break
        walk.close()
    assert seen[-1].data.outcome == "lost"
    assert "deleted" in seen[-1].data.reason


def test_of_a_scan_that_is_not_whole_nothing_is_read():
    """As an outside server that evicts leaves it."""
    with data_server() as server:
        torn = ScanWriter(server, "1_torn", session=SESSION).prepared().send(x=[1.0]).end()
        whole = ScanWriter(server, "2_whole", session=SESSION).prepared().send(x=[1.0]).end()
        server.delete(keys.data(torn.channel("x")))
        session = make(server, SESSION, "session")
        found = {each.db_name for each in session.walk(wait=False)}
        events = list(session.walk_events(wait=False))
    assert torn.channel("x") not in found
    assert whole.channel("x") in found
    ends = {e.node.db_name: e.data.outcome for e in events if e.type is EventType.END_SCAN}
    assert ends == {torn.name: "lost", whole.name: "complete"}
    assert not [e for e in events if e.type is EventType.NEW_DATA and "torn" in e.node.db_name]
