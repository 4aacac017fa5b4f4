"""In which order the janitor makes room, step by step, in a data server that is not full at all."""

import asyncio

import numpy as np
import pytest

from bliss.data import keys
from bliss.data.encoding import PointType
from bliss.server.janitor import Janitor
from tests.data_tree import ScanWriter, data_server, port_of

SESSION = "tree"
SPECTRUM = PointType("<f8", (1000,))
POINTS = 20
NEED = 10_000.0  #: bytes: two points


class _Where:
    """A data server as Beacon knows it."""

    def __init__(self, port):
        self._port = port

    async def access(self, role, timeout):
        return {"host": "127.0.0.1", "port": self._port}


@pytest.fixture
def server():
    with data_server() as client:
        yield client


def scan_of(server, name, consumers=()):
    scan = ScanWriter(server, name, {"x": SPECTRUM}, consumers=consumers).prepared()
    for _ in range(POINTS):
        scan.send(x=np.zeros((1, 1000)))
    return scan


def make_room(server, times=1):
    async def make():
        janitor = Janitor(_Where(port_of(server)), lambda: [SESSION])
        try:
            for _ in range(times):
                await janitor.make_room(NEED)
        finally:
            janitor.close()

    asyncio.run(make())


def left_of(server, scan):
    return server.xlen(keys.data(scan.channel("x")))


def test_ended_scans_are_confirmed_before_a_running_one_loses_a_point(server):
    running, ended = scan_of(server, "1_running"), scan_of(server, "2_ended").end()
    make_room(server)
    assert left_of(server, running) == POINTS
    assert server.zscore(keys.expiring(SESSION), ended.name)
    assert left_of(server, ended) == POINTS
    make_room(server)
    assert left_of(server, running) == POINTS
    assert not server.exists(ended.name)
    make_room(server)
    assert 0 < left_of(server, running) < POINTS
    running.close()


def test_so_are_those_whose_consumers_have_them_by_now(server):
    running = scan_of(server, "1_running")
    ended = scan_of(server, "2_ended", consumers=["writer"]).end()
    server.xgroup_setid(keys.data(ended.channel("x")), "writer", f"{POINTS}-0")
    server.xgroup_setid(keys.prepared(ended.name), "writer", keys.STORED)
    make_room(server, times=2)
    assert not server.exists(ended.name)
    assert left_of(server, running) == POINTS
    running.close()


def test_what_somebody_lacks_stays_and_what_nobody_requires_is_trimmed(server):
    running = scan_of(server, "1_running")
    ended = scan_of(server, "2_ended", consumers=["writer"]).end()
    make_room(server, times=3)
    assert left_of(server, ended) == POINTS
    assert server.smembers(keys.ended(SESSION)) == {ended.name.encode()}
    assert 0 < left_of(server, running) < POINTS
    running.close()
