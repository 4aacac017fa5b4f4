"""A master that is replaced by its replica, step by step: nothing is missing without a word."""

import contextlib

import pytest
import redis

from bliss.beacon.redis import make_client
from bliss.common.errors import DataLostError
from bliss.data import _recent
from bliss.data._server_run import ServerRun
from bliss.data.node import make
from tests.beacon_process import ROOT
from tests.data_tree import ScanWriter
from tests.outside_followers import Follower, points_of
from tests.outside_servers import replicates, running, wait_until

ZERO = "0" * 40  #: what INFO says where there was no history before


@pytest.mark.parametrize(
    ("now", "continues"),
    [
        (("a", "2", ZERO), True),  # the same one, that got its first replica
        (("b", "2", "1"), True),  # a replica that took its place
        (("b", "1", ZERO), True),  # a replica of it still
        (("b", "2", ZERO), False),  # one that was restarted
        (("b", "3", "2"), False),  # somebody else's replica
    ],
)
def test_whose_data_a_server_has(now, continues):
    def run(run_id, history, before):
        info = {"run_id": run_id, "master_replid": history, "master_replid2": before}
        return ServerRun.of(info)

    assert run(*now).continues(run("a", "1", ZERO)) == continues


class FakeBeacon:
    """As much of Beacon as a client of a server needs; says where to connect as it is told."""

    def __init__(self, server):
        self.now = server

    def server(self, name):
        credentials = {"username": None, "password": None, "outside": True}
        return {"host": "127.0.0.1", "port": self.now.port, **credentials}


@pytest.fixture
def pair(tmp_path):
    """A master and its replica, with our functions."""
    with (
        running(tmp_path) as master,
        running(tmp_path, f"replicaof 127.0.0.1 {master.port}") as replica,
    ):
        master.client.function_load((ROOT / "bliss/data/functions.lua").read_text())
        wait_until(lambda: replicates(replica), replica.process)
        yield master, replica


@pytest.fixture
def client(pair):
    beacon = FakeBeacon(pair[0])
    client = make_client(beacon, "data")
    client.beacon = beacon
    yield client
    client.close()


def promote(client, replica):
    """Make the replica the master, as it is now; clients still know the old one."""
    client.wait(1, 1000)
    replica.client.replicaof("NO", "ONE")


def fail(client, master, replica):
    """The old master dies, clients are told of the other."""
    master.kill()
    client.beacon.now = replica


def attempt(action):
    """Do something again until its connection holds."""
    for _ in range(10):
        with contextlib.suppress(redis.ConnectionError):
            return action()
    return action()


def send(scan, *points):
    """Append points one by one, each of them until it is stored."""
    for point in points:
        block = scan.block("x", [point])

        def append(block=block):
            try:
                scan.appender.append([block])
            except redis.ConnectionError:
                scan.appender.disconnect()
                raise

        attempt(append)


def test_what_the_new_master_lacks_is_sent_again(pair, client):
    master, replica = pair
    scan = ScanWriter(client).prepared().send(x=[1.0])
    with Follower(make(client, "tree", "session")) as follower:
        promote(client, replica)
        send(scan, 2.0, 3.0)
        follower.wait_for_points(3)
        fail(client, master, replica)
        send(scan, 4.0)
        attempt(scan.appender.finish)
        attempt(scan.end)
        assert follower.end_of(scan.name).outcome == "complete"
    assert points_of(follower.events) == [1.0, 2.0, 3.0, 4.0]
    assert make(client, scan.channel("x"), "channel").get_as_array(0, -1).tolist() == [1, 2, 3, 4]


def test_points_that_are_no_longer_kept_end_the_scan(pair, client, monkeypatch):
    monkeypatch.setattr(_recent, "LONGEST", -1.0)
    master, replica = pair
    scan = ScanWriter(client).prepared().send(x=[1.0])
    promote(client, replica)
    send(scan, 2.0, 3.0)
    fail(client, master, replica)
    with pytest.raises(DataLostError, match="axis:x: the points 1 to 2 are lost: the data server"):
        send(scan, 4.0)
    scan.close()


def test_a_scan_that_the_new_master_does_not_know_is_lost(pair, client):
    master, replica = pair
    before = ScanWriter(client, "1_scan").prepared().end()
    promote(client, replica)
    scan = ScanWriter(client, "2_scan").prepared().send(x=[1.0])
    with Follower(make(client, "tree", "session")) as follower:
        follower.wait_for_points(1)
        fail(client, master, replica)
        with pytest.raises(DataLostError, match="axis:x: its data is gone"):
            send(scan, 2.0)
        end = follower.end_of(scan.name)
        assert (end.outcome, end.reason) == (
            "lost",
            "the data server failed, and its replica lacks it",
        )
        after = ScanWriter(client, "3_scan").prepared().end()
        assert follower.end_of(after.name).outcome == "complete"
    assert follower.end_of(before.name).outcome == "complete"
    scan.close()


def test_a_scan_that_the_new_master_knows_a_part_of_is_lost(pair, client):
    master, replica = pair
    scan = ScanWriter(client)
    promote(client, replica)
    scan.prepared().send(x=[1.0])
    fail(client, master, replica)
    with pytest.raises(DataLostError, match=r"1_scan: the data server failed, .* lacks its begin"):
        send(scan, 2.0)
    scan.close()


def test_a_master_that_became_a_replica_is_left(pair, client):
    master, replica = pair
    scan = ScanWriter(client).prepared().send(x=[1.0])
    with Follower(make(client, "tree", "session")) as follower:
        follower.wait_for_points(1)
        promote(client, replica)
        send(scan, 2.0)
        client.beacon.now = replica
        master.client.replicaof("127.0.0.1", replica.port)
        send(scan, 3.0)
        attempt(scan.end)
        follower.end_of(scan.name)
    assert points_of(follower.events) == [1.0, 2.0, 3.0]
