"""Walks of a real server: what they see, how they end, what they survive."""

import contextlib
import gc
import logging
import random
import subprocess
import sys
import threading

import gevent
import gevent.event
import numpy as np
import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bliss.data import keys
from bliss.data.append import Appender
from bliss.data.encoding import PointType
from bliss.data.node import Event, EventType, StopHandler, make
from tests.beacon_process import ROOT
from tests.data_tree import FLOAT, ScanWriter, data_server

NEW_NODE, PREPARED = EventType.NEW_NODE, EventType.PREPARED_SCAN
NEW_DATA, GAP, END = EventType.NEW_DATA, EventType.GAP, EventType.END_SCAN

MB = 1 << 20


@pytest.fixture(scope="module")
def beacon(open_beacon):
    """One whose data may be spoiled."""
    return open_beacon


@pytest.fixture
def server():
    with data_server() as client:
        yield client


@pytest.fixture
def reader(server):
    """A second client, for what reads."""
    options = server.connection_pool.connection_kwargs
    client = redis.Redis(
        port=options["port"],
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        max_connections=3,
    )
    yield client
    client.close()


@pytest.fixture
def tree(reader):
    """The session's node; the session has not run yet."""
    return make(reader, "tree", "session")


class Follower:
    """Walks in a greenlet and keeps what it sees."""

    def __init__(self, node, method="walk_on_new_events", **arguments):
        self.stop_handler = StopHandler()
        self.events = []
        self._changed = gevent.event.Event()
        started = threading.Event()
        walk = getattr(node, method)(
            stop_handler=self.stop_handler, started_event=started, **arguments
        )
        self.greenlet = gevent.spawn(self._run, walk)
        assert started.wait(5)

    def _run(self, walk):
        for event in walk:
            self.events.append(event)
            self._changed.set()

    def wait_for(self, condition):
        """Wait until some event is so, and return it."""
        with gevent.Timeout(10):
            while True:
                for event in self.events:
                    if condition(event):
                        return event
                self._changed.wait()
                self._changed.clear()

    def wait_for_end(self, scan):
        return self.wait_for(lambda e: e.type is END and e.node.db_name == scan)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop_handler.stop()
        self.greenlet.get(timeout=5)


def points_of(events, name="x"):
    """All points of one channel as the events give them, and that they are in order."""
    points, reached = [], 0
    for event in events:
        if event.type is NEW_DATA and event.node.name.endswith(f":{name}"):
            assert event.data.first_index == reached
            assert event.data.npoints == len(event.data.data)
            reached += event.data.npoints
            points += list(event.data.data)
    return points


def test_a_walk_may_begin_before_its_session_has_ever_run(server, tree):
    assert not tree.exists
    with Follower(tree) as follower:
        scan = ScanWriter(server).prepared().send(x=[1.0, 2.0]).send(x=[3.0]).end()
        follower.wait_for_end(scan.name)
    types = [event.type for event in follower.events if event.type is not NEW_DATA]
    assert types == [NEW_NODE] * 4 + [PREPARED, END]
    assert points_of(follower.events) == [1, 2, 3]
    end = follower.events[-1].data
    assert (end.outcome, end.reason) == ("complete", "")


def test_only_what_is_new_is_seen(server, tree):
    ScanWriter(server, "1_old").prepared().send(x=[1.0]).end()
    running = ScanWriter(server, "2_running").prepared().send(x=[1.0, 2.0])
    with Follower(tree) as follower:
        running.send(x=[3.0]).end()
        new = ScanWriter(server, "3_new").prepared().end()
        follower.wait_for_end(new.name)
    kinds = [(event.type, event.node.db_name) for event in follower.events]
    assert kinds[:2] == [(NEW_DATA, running.channel("x")), (END, running.name)]
    assert follower.events[0].data.first_index == 2
    assert kinds[2] == (NEW_NODE, new.name)


def test_a_walk_of_events_begins_at_the_beginning(server, tree):
    scan = ScanWriter(server).prepared().send(x=[1.0]).end()
    events = list(tree.walk_events(wait=False))
    assert [event.type for event in events] == [NEW_NODE] * 4 + [PREPARED, NEW_DATA, END]
    node = make(tree.db_connection, scan.name, "scan")
    assert [event.type for event in node.walk_events()] == [e.type for e in events[2:]]
    channel = make(tree.db_connection, scan.channel("x"), "channel")
    assert [event.type for event in channel.walk_events()] == [NEW_DATA]
    assert list(channel.walk_on_new_events()) == []


def test_a_walk_yields_nodes(server, tree):
    scan = ScanWriter(server)
    inside = [f"{scan.name}:axis", scan.channel("x")]
    assert [n.db_name for n in tree.walk(wait=False)] == ["tree:data", scan.name, *inside]
    assert [n.db_name for n in tree.walk("channel", wait=False)] == inside[1:]
    assert [n.db_name for n in tree.walk(["scan", "master"], wait=False)] == [scan.name, inside[0]]
    excluded = tree.walk(exclude_children="scan", wait=False)
    assert [n.db_name for n in excluded] == ["tree:data", scan.name]
    chosen = tree.walk(include_filter=lambda node: node.name == "axis", wait=False)
    assert [n.db_name for n in chosen] == inside[:1]
    scan.close()


def test_what_a_walk_excludes_is_not_followed_in_a_scan_that_runs(server, tree):
    scan = ScanWriter(server).prepared()
    with Follower(tree, exclude_children="master") as follower:
        scan.send(x=[1.0]).end()
        follower.wait_for_end(scan.name)
    assert [event.type for event in follower.events] == [END]


def test_filtered_by_type_only_scans_come(server, tree):
    with Follower(tree, filter="scan") as follower:
        scan = ScanWriter(server).prepared().send(x=[1.0]).end()
        follower.wait_for_end(scan.name)
    assert [event.type for event in follower.events] == [NEW_NODE, PREPARED, END]


@pytest.mark.parametrize("root", ["tree", "tree:data"])
def test_scans_that_followed_each_other_are_seen_so_however_late(server, tree, root):
    node = make(tree.db_connection, root, "session" if root == "tree" else "container")
    scans = [ScanWriter(server, f"{n}_ct").prepared().send(x=[1.0]).end().name for n in range(5)]
    for wanted in (None, "scan"):
        events = [e for e in node.walk_events(wanted, wait=False) if e.node.type == "scan"]
        seen = [(event.type, event.node.db_name) for event in events]
        assert seen == [(kind, scan) for scan in scans for kind in (NEW_NODE, PREPARED, END)]


def test_an_event_can_be_taken_apart(server, tree):
    ScanWriter(server).prepared().send(x=[1.0]).end()
    for event, *rest in tree.walk_events(wait=False):
        if event == event.NEW_DATA_IN_CHANNEL:
            assert rest[0].name == "axis:x"
            assert rest[0].get(-1) == 1
            break
    first = next(tree.walk_events(wait=False))
    assert isinstance(first, Event)
    assert first.type == first.type.NEW_NODE


def test_the_node_of_a_channel_asks_for_its_type_once(server, tree):
    with Follower(tree) as follower:
        scan = ScanWriter(server).prepared().send(x=[1.0])
        follower.wait_for(lambda e: e.type is NEW_DATA)
        scan.send(x=[2.0]).end()
        follower.wait_for_end(scan.name)
    assert len({id(e.node) for e in follower.events if e.node.type == "channel"}) == 1


def test_points_in_events_cannot_be_changed(server, tree):
    ScanWriter(server).prepared().send(x=[1.0]).send(x=[2.0]).end()
    (event,) = [e for e in tree.walk_events(wait=False) if e.type is NEW_DATA]
    with pytest.raises(ValueError, match="read-only"):
        event.data.data[0] = 5


def test_a_walk_that_waits_is_stopped(tree):
    with Follower(tree) as follower:
        follower.stop_handler.stop()
        follower.greenlet.get(timeout=5)
    assert follower.events == []
    assert list(tree.walk(stop_handler=follower.stop_handler)) == []


def test_a_walk_can_be_stopped_at_any_moment(tree):
    """Also while it is being connected, or is just about to wait."""
    for delay in range(100):
        follower = Follower(tree)
        for _ in range(delay % 25):
            gevent.sleep(0)
        follower.stop_handler.stop()
        follower.greenlet.get(timeout=5)


def test_several_walks_of_one_stop_handler_end_together(reader, tree):
    stop = StopHandler()
    walks = [gevent.spawn(list, tree.walk_events(stop_handler=stop)) for _ in range(2)]
    gevent.sleep(0.01)
    stop.stop()
    assert [walk.get(timeout=5) for walk in walks] == [[], []]


def test_a_walk_that_is_left_gives_its_connection_back(server, tree):
    """The reader's pool has three connections."""
    scan = ScanWriter(server).prepared().send(x=[1.0])
    for _ in range(10):
        for event in tree.walk_events():
            if event.type is NEW_DATA:
                break
        walk = tree.walk_on_new_events()
        killed = gevent.spawn(next, walk)
        while not server.info("clients")["blocked_clients"]:  # it reads, and waits
            gevent.sleep(0)
        killed.kill()
    scan.close()


PLAIN_THREADS = """
import random
import sys
import threading
import time

import redis
from bliss.data.node import StopHandler, make

assert "gevent" not in sys.modules
client = redis.Redis(port=int(sys.argv[1]), protocol=2, socket_timeout=None, max_connections=5)
node = make(client, "tree", "session")
switch = sys.getswitchinterval()
for number in range(300):
    sys.setswitchinterval(1e-6 if number % 2 else switch)
    stop = StopHandler()
    seen = []

    def follow():
        seen.extend(node.walk_on_new_events(stop_handler=stop))

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    time.sleep(random.random() * 0.004)
    stop.stop()
    thread.join(5)
    assert not thread.is_alive(), f"walk {number} did not end"
    assert not seen
assert threading.active_count() == 1
client.close()
"""


def run_plain(code, *arguments):
    """Run a program without gevent."""
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output, _ = process.communicate(timeout=50)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, output
    return output


def test_a_walk_in_a_plain_thread_can_be_stopped_at_any_moment(server):
    output = run_plain(PLAIN_THREADS, server.connection_pool.connection_kwargs["port"])
    assert output == ""


def cut_connections(server):
    """End all connections but the one that asks."""
    server.client_kill_filter(_type="normal", skipme=True)


def test_a_broken_connection_is_made_again_and_nothing_is_lost(server, tree, caplog):
    caplog.set_level(logging.WARNING)
    scan = ScanWriter(server).prepared()
    scan.close()
    with Follower(tree) as follower:
        for value in range(20):
            appender = Appender(server)
            appender.append([scan.block("x", [float(value)])])
            appender.disconnect()
            appender.close()
            if value % 2:
                cut_connections(server)
        scan.end()
        follower.wait_for_end(scan.name)
    assert points_of(follower.events) == list(range(20))
    assert "does not answer" in caplog.text


def test_a_connection_that_breaks_while_a_type_is_asked_for(server, tree):
    scan = ScanWriter(server).prepared().send(x=[1.0]).end()
    walk = tree.walk_events()
    events = [next(walk) for _ in range(5)]
    cut_connections(server)
    events += walk_until_end(walk)
    assert points_of(events) == [1]
    assert events[-1].node.db_name == scan.name


def walk_until_end(walk):
    with contextlib.closing(walk):
        for event in walk:
            yield event
            if event.type is END:
                return


def test_a_backlog_of_images_comes_in_bites(server, tree):
    """The server cuts off a reader whose answer is too large."""
    server.config_set("client-output-buffer-limit", "normal 60mb 0 0")
    scan = ScanWriter(server, channels={"x": FLOAT, "image": PointType("|u1", (2 * MB,))})
    scan.prepared()
    image = np.ones((1, 2 * MB), "u1")
    for value in range(60):
        scan.send(x=[float(value)], image=image)
    scan.end()
    events = list(tree.walk_events(wait=False))
    assert points_of(events) == list(range(60))
    assert (
        sum(e.data.npoints for e in events if e.type is NEW_DATA and "image" in e.node.name) == 60
    )
    server.config_set("client-output-buffer-limit", "normal 7mb 0 0")
    events = list(make(tree.db_connection, scan.name, "scan").walk_events())
    assert events[-1].type is END
    assert (
        sum(e.data.npoints for e in events if e.type is NEW_DATA and "image" in e.node.name) == 60
    )


def test_trimmed_points_are_a_gap(server, tree):
    scan = ScanWriter(server).prepared().send(x=[1.0, 2.0]).send(x=[3.0])
    scan.trim("x", 1)
    scan.end()
    gap, new_data = [e for e in tree.walk_events(wait=False) if e.type in (GAP, NEW_DATA)]
    assert (gap.data.first_index, gap.data.last_index) == (0, 1)
    assert list(new_data.data.data) == [3]


def test_points_that_cannot_be_decoded_are_a_gap_and_told_of(server, tree, caplog):
    scan = ScanWriter(server, channels={"x": FLOAT, "y": FLOAT}).prepared()
    scan.send(x=[1.0], y=[1.0])
    server.hdel(keys.info(scan.channel("y")), "dtype")
    server.xadd(keys.data(scan.channel("x")), {"n": 2, "d": "short"}, id="3-0")
    scan.end()
    events = list(tree.walk_events(wait=False))
    gaps = {e.node.name: e.data for e in events if e.type is GAP}
    assert (gaps["axis:x"].first_index, gaps["axis:x"].last_index) == (1, 2)
    assert points_of(events) == [1]
    assert (gaps["axis:y"].first_index, gaps["axis:y"].last_index) == (0, 0)
    assert events[-1].type is END
    assert "its type is not there" in caplog.text
    assert "a block of 5 bytes: expected 16" in caplog.text


def test_what_runs_when_the_server_is_lost_ends_and_new_scans_are_followed(own_beacon):
    with own_beacon.client("session") as writing, own_beacon.client() as reading:
        before = ScanWriter(writing.redis("data"), "1_before").prepared().send(x=[1.0])
        with Follower(make(reading.redis("data"), "tree", "session")) as follower:
            before.send(x=[2.0])
            follower.wait_for(lambda e: e.type is NEW_DATA)
            before.close()
            kill_data_server(writing)
            end = follower.wait_for_end(before.name).data
            assert (end.outcome, end.reason) == ("lost", "the data server was restarted")
            after = when_it_answers(lambda: ScanWriter(writing.redis("data"), "2_after"))
            after.prepared().send(x=[5.0]).end()
            follower.wait_for_end(after.name)
    inside = [e for e in follower.events if e.node.db_name.startswith(after.name)]
    assert [e.type for e in inside] == [NEW_NODE] * 3 + [PREPARED, NEW_DATA, END]


def test_a_walk_of_a_scan_ends_when_the_server_is_lost(own_beacon):
    with own_beacon.client("session") as writing, own_beacon.client() as reading:
        scan = ScanWriter(writing.redis("data")).prepared().send(x=[1.0])
        scan.close()
        with Follower(make(reading.redis("data"), scan.name, "scan"), "walk_events") as follower:
            follower.wait_for(lambda e: e.type is NEW_DATA)
            kill_data_server(writing)
            follower.greenlet.get(timeout=15)
    assert follower.events[-1].data.outcome == "lost"


def kill_data_server(client):
    psutil.Process(client.status()["servers"]["data"]["pid"]).kill()


def when_it_answers(action):
    with gevent.Timeout(15):
        while True:
            with contextlib.suppress(redis.ConnectionError):
                return action()
            gevent.sleep(0.02)


SCANS_IN_A_HURRY = """
import itertools
import select
import sys
from bliss.beacon import Beacon
from tests.data_tree import FLOAT, ScanWriter

with Beacon(sys.argv[1], "session") as beacon:
    client = beacon.redis("data")
    left = 5  # once all have begun
    for number in itertools.count():
        scan = ScanWriter(client, f"{number}_ct", {"x": FLOAT, "y": FLOAT}, session=sys.argv[2])
        scan.prepared().send(x=[1.0], y=[2.0]).send(x=[3.0]).end()
        left -= bool(select.select([sys.stdin], [], [], 0)[0])
        if not left:
            break
    ScanWriter(client, "last", session=sys.argv[2]).prepared().end()
"""

FOLLOWERS = f"""
import random
import subprocess
import sys
import threading
import time

from bliss.beacon import Beacon
from bliss.data.node import EventType, make

host, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
found = []


def follow(client, started):
    scans = {{}}
    inside = {{}}
    for event in make(client, name, "session").walk_on_new_events(started_event=started):
        parts = event.node.db_name.split(":")
        if len(parts) < 3:
            continue
        if event.type is EventType.NEW_NODE and event.node.type == "scan":
            scans[parts[2]] = []
        inside.setdefault(parts[2], []).append(event)
        if event.type is EventType.END_SCAN and parts[2] == "last":
            break
    found.append((list(scans), {{name: [e.type.name for e in inside[name]] for name in scans}}))


writer = subprocess.Popen(
    [sys.executable, "-c", {SCANS_IN_A_HURRY!r}, host, name], stdin=subprocess.PIPE
)
with Beacon(host) as beacon, writer:
    client = beacon.redis("data")
    started = [threading.Event() for _ in range(count)]
    threads = [threading.Thread(target=follow, args=(client, each)) for each in started]
    for thread in threads:
        time.sleep(random.random() * 0.05)
        thread.start()
    for each in started:
        each.wait()
    writer.stdin.close()
    for thread in threads:
        thread.join()
assert writer.returncode == 0
(newest,) = {{scans[-2] for scans, _ in found}}
for scans, inside in found:
    assert scans[-1] == "last"
    numbers = [int(name.partition("_")[0]) for name in scans[:-1]]
    end = int(newest.partition("_")[0]) + 1
    assert numbers == list(range(end - len(numbers), end)), numbers
    for name in scans[:-1]:
        types = inside[name]
        assert types[:5] == ["NEW_NODE"] * 4 + ["PREPARED_SCAN"], (name, types)
        assert set(types[5:-1]) == {{"NEW_DATA"}} and types[-1] == "END_SCAN", (name, types)
print(len(found))
"""


def test_each_follower_sees_all_scans_from_some_scan_on(beacon):
    """While scans are created as fast as can be, at and after the moment a walk begins."""
    output = run_plain(FOLLOWERS, beacon.host, f"hurry_{random.getrandbits(32)}", 8)
    assert output.splitlines()[-1] == "8"


def test_the_walk_of_a_long_session_needs_no_more_than_a_short_one(server, tree):
    """What has ended is forgotten: streams, channels, types."""
    with Follower(tree) as follower:
        for number in range(30):
            scan = ScanWriter(server, f"{number}_ct").prepared().send(x=[1.0]).end()
        follower.wait_for_end(scan.name)
        del follower.events[:]
        gc.collect()
        alive = [o for o in gc.get_objects() if type(o).__name__ in ("ChannelNode", "PointReader")]
        assert len(alive) <= 2
