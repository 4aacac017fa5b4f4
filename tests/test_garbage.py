"""Garbage in the data server: each reader says so once, goes on with the rest, and ends."""

import itertools
import json
import re
import subprocess
import sys

import gevent
import pytest

from bliss.beacon import set_beacon
from bliss.common.errors import DataError
from bliss.common.values import pack
from bliss.data import keys, node
from tests import garbage
from tests.beacon_process import run_python
from tests.data_tree import FLOAT, ScanWriter
from tests.garbage import KINDS

LIMIT = 20.0  # seconds after which a reader hangs, however busy the machine is

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def beacon(open_beacon):
    """One whose data may be spoiled."""
    return open_beacon


READER = """
import asyncio, json, logging, sys
from bliss.data import aio, node

said = []

class Keep(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())

class Begun:
    def set(self):
        tell("begun")

def tell(what):
    print(json.dumps(what), flush=True)

def plain(event):
    data = event.data
    if hasattr(data, "npoints"):
        data = [data.first_index, list(map(float, data.data))]
    elif hasattr(data, "first_index"):
        data = [data.first_index, data.last_index]
    elif data is not None:
        data = data.outcome
    return [event.type.name, event.node.name, data]

def threaded(root, new):
    walk = root.walk_on_new_events(started_event=Begun()) if new else root.walk_events()
    return [plain(event) for event in walk]

def asynchronous(root, new):
    async def collect():
        walk = aio.walk_on_new_events(root, started_event=Begun()) if new else aio.walk_events(root)
        return [plain(event) async for event in walk]
    return asyncio.run(collect())

logging.getLogger().addHandler(Keep(logging.WARNING))
for line in sys.stdin:
    how, name, new = json.loads(line)
    said.clear()
    tell([globals()[how](node.get_node(name), new), said])
assert not {"gevent", "IPython"} & set(sys.modules)
"""


class Reader:
    """A plain process that walks, with threads or asyncio, and says what it saw and logged."""

    def __init__(self, beacon):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", READER],
            env=beacon.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, how, scan, *, new):
        self.process.stdin.write(json.dumps([how, scan, new]) + "\n")
        self.process.stdin.flush()

    def answer(self):
        with gevent.Timeout(LIMIT):
            return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        with gevent.Timeout(LIMIT, False):
            self.process.wait()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def shared(beacon, tmp_path_factory):
    """The reader; it has to be ready before time counts."""
    reader = Reader(beacon)
    yield reader
    reader.close()


@pytest.fixture
def writing(beacon):
    with beacon.client("session") as client:
        yield client.redis("data")


@pytest.fixture
def reading(beacon):
    with beacon.client() as client:
        set_beacon(client)
        yield client
        set_beacon(None)


@pytest.fixture
def scan(writing):
    """A scan that runs and has two points of each channel, in a block each."""
    writer = ScanWriter(writing, f"{next(numbers)}_scan", {"x": FLOAT, "y": FLOAT}, "garbage")
    writer.prepared().send(x=[1.0], y=[1.0]).send(x=[2.0], y=[2.0])
    yield writer
    writer.close()


def go_on(kind, scan):
    """What happens after something has been spoiled."""
    scan.send(y=[3.0])
    if kind.sends:
        scan.send(x=[9.0])
    scan.end()


def of(events, event_type, name):
    return [data for kind, who, data in events if (kind, who) == (event_type, name)]


def missing(events, name):
    gaps = of(events, "GAP", name)
    return [index for first, last in gaps for index in range(first, last + 1)]


def points_of(events, name):
    return [point for _, points in of(events, "NEW_DATA", name) for point in points]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.spoil.__name__)
@pytest.mark.parametrize("how", ["threaded", "asynchronous"])
class TestWalks:
    def test_says_so_once_and_goes_on(self, shared, writing, scan, kind, how):
        kind.spoil(writing, scan)
        go_on(kind, scan)
        shared.start(how, scan.name, new=False)
        events, said = shared.answer()
        assert len(said) == (1 if kind.told else 0), said
        assert not kind.told or re.search(kind.told, said[0]), said
        assert events[-1] == ["END_SCAN", scan.name.rpartition(":")[2], kind.outcome]
        assert points_of(events, "axis:y") == [1, 2, 3]
        assert tuple(missing(events, "axis:x")) == kind.lost

    def test_from_now_on_it_is_said_at_most_once(self, shared, writing, scan, kind, how):
        kind.spoil(writing, scan)
        shared.start(how, scan.name, new=True)
        assert shared.answer() == "begun"
        go_on(kind, scan)
        events, said = shared.answer()
        assert len(said) <= 1, said
        if kind.spoil is garbage.an_end_without_outcome:  # the scan had ended before
            assert events == []
            return
        assert events[-1] == ["END_SCAN", scan.name.rpartition(":")[2], kind.outcome]
        points = points_of(events, "axis:y")
        if kind.spoil is garbage.an_end_that_is_text:  # the walk ends as soon as it has seen that
            assert points in ([], [3])
        else:
            assert points == [3]


@pytest.mark.parametrize("kind", [k for k in KINDS if k.ask], ids=lambda kind: kind.spoil.__name__)
def test_read_directly_it_is_one_clear_error(reading, writing, scan, kind):
    kind.spoil(writing, scan)
    go_on(kind, scan)
    assert issubclass(kind.error, DataError)
    with gevent.Timeout(LIMIT):
        with pytest.raises(kind.error, match=kind.says or None):
            kind.ask(scan.name)
        assert list(garbage.channel(scan.name, "y").get(0, -1)) == [1, 2, 3]
        assert node.get_node(scan.name).info.get("outcome", "lost") == kind.outcome


@pytest.mark.parametrize("how", ["threaded", "asynchronous"])
def test_without_the_set_of_its_nodes_only_the_end_of_a_scan_comes(shared, writing, scan, how):
    garbage.text_in(writing, keys.nodes(scan.name))
    shared.start(how, scan.name, new=True)
    assert shared.answer() == "begun"
    scan.send(x=[3.0]).end()
    events, (said,) = shared.answer()
    assert [event for event, *_ in events] == ["END_SCAN"]
    assert "_nodes holds something else" in said


def test_what_can_be_read_beside_a_pickle_is_read(reading, writing, scan, caplog):
    garbage.a_pickle_in_the_metadata(writing, scan)
    writing.hset(keys.info(scan.name), b"\xff", pack(1))
    info = node.get_node(scan.name).info
    scan.end()
    assert info.get_all() == {"outcome": "complete", r"\xff": 1}
    assert set(info) == {"title", "outcome", r"\xff"}
    (said,) = caplog.messages
    assert re.search(r"_info: 'title' is left out: .*not msgpack", said)


def test_children_beside_one_that_cannot_be_read(reading, writing, scan, caplog):
    garbage.a_garbage_node_type(writing, scan)
    children = node.get_node(f"{scan.name}:axis").children()
    assert [child.name for child in children] == ["axis:x", "axis:y"]
    (said,) = caplog.messages
    assert "readable 'node_type'; the node is left out" in said


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes_are_read_or_refused(seed):
    """10⁵ of them through every decoder: no other error, nothing executed, no hang."""
    result = run_python("-m", "tests.random_bytes", seed)
    assert result.returncode == 0, result.stderr
    refused, grown = map(int, result.stdout.split())
    assert refused > 25_000
    assert grown < 200_000  # kilobytes
