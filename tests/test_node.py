"""The entrance for clients, the tree as they see it, and the programs of the user's document."""

import subprocess
import sys

import numpy as np
import pytest

import scans
from bliss.beacon import set_beacon
from bliss.common.errors import (
    BeaconNotFoundError,
    FormatError,
    NodeNotFoundError,
    UnknownSessionError,
)
from bliss.data import node
from bliss.data.node import ChannelNode, DataNode, EventType
from tests.beacon_process import free_port, python_environment, run_python
from tests.data_tree import ScanWriter


@pytest.fixture
def reading(beacon):
    """This process is a client."""
    with beacon.client() as client:
        set_beacon(client)
        yield client
        set_beacon(None)


@pytest.fixture
def scan(demo):
    """A scan that has run."""
    return scans.ascan(demo["robz"], 0, 1, 4, 0, demo["sim_ct_gauss"], save=False)


@pytest.fixture
def own_reading(own_beacon):
    with own_beacon.client() as client:
        set_beacon(client)
        yield client
        set_beacon(None)


def test_a_session_that_has_never_run_has_a_node(own_reading):
    session_node = node.get_session_node("demo_session")
    assert session_node.type == session_node.node_type == "session"
    assert session_node.name == session_node.db_name == "demo_session"
    assert not session_node.exists
    assert node.get_node("demo_session") == session_node
    assert list(session_node.children()) == []
    assert session_node.last_child is None
    assert session_node.parent is None
    assert list(session_node.walk(wait=False)) == []
    assert list(session_node.walk_events(wait=False)) == []
    assert node.sessions_list() == []


def test_a_session_that_is_not_configured_is_an_error_that_lists_the_others(reading):
    with pytest.raises(UnknownSessionError, match=r"'demo'.*demo_session"):
        node.get_session_node("demo")


def test_a_client_that_finds_no_beacon_says_what_to_do():
    result = run_python(
        "-c",
        "from bliss.data.node import get_session_node; get_session_node('demo_session')",
        BEACON_HOST=f"localhost:{free_port()}",
    )
    assert BeaconNotFoundError.__name__ in result.stderr
    assert "start one with `bliss-beacon`" in result.stderr


def test_the_tree_of_a_scan(scan):
    found = node.get_node(scan.node.db_name)
    assert isinstance(found, DataNode)
    assert found == scan.node
    assert hash(found) == hash(scan.node)
    assert found != "demo_session"
    assert repr(found) == f"<scan {found.db_name}>"
    assert found.exists
    assert found.parent.type == "container"
    assert found.parent.last_child == found
    assert found.parent.parent == node.get_session_node("demo_session")
    assert found.iterator is found
    assert found.name == found.fullname == scan.name
    assert [child.name for child in found.children()] == ["axis"]
    assert node.sessions_list() == [node.get_session_node("demo_session")]


def test_a_channel_of_a_scan(scan):
    channels = {n.name: n for n in scan.node.walk("channel", wait=False)}
    gauss = channels["simulation_counter_controller:sim_ct_gauss"]
    assert isinstance(gauss, ChannelNode)
    assert gauss.name == gauss.fullname
    assert gauss.name.find("gauss") > -1
    assert (gauss.dtype, gauss.shape, gauss.alias) == ("<f8", (), None)
    assert channels["axis:robz"].unit == "mm"
    assert len(gauss) == 5
    np.testing.assert_allclose(channels["axis:robz"][:], [0, 0.25, 0.5, 0.75, 1])
    assert gauss.get(-1) == gauss[4] == gauss.get_as_array(0, -1)[4]


def test_metadata_is_a_mapping(scan):
    info = scan.node.info
    everything = info.get_all()
    assert info["title"] == everything["title"]
    assert dict(info) == dict(info.items()) == everything
    assert list(info.values()) == list(everything.values())
    assert set(info) == set(everything)
    assert len(info) == len(everything)
    assert "title" in info
    assert "nothing" not in info
    assert info.get("nothing", 3) == 3
    with pytest.raises(KeyError):
        info["nothing"]
    assert "'title'" in repr(info)


def test_nodes_that_are_not_there(reading, scan):
    with pytest.raises(NodeNotFoundError, match="'demo_session:none': it never was, or"):
        node.get_node("demo_session:none")
    names = [scan.node.db_name, "demo_session:none", "demo_session"]
    assert node.get_nodes(*names) == [scan.node, None, node.get_session_node("demo_session")]
    assert node.get_nodes() == []


def test_nodes_of_another_version_are_refused(own_beacon, own_reading):
    with own_beacon.client("session") as session:
        writer = ScanWriter(session.redis("data"), "1_ct")
        session.redis("data").hset(writer.name, "version", 2)
        writer.close()
    with pytest.raises(FormatError, match="version b'2' of the format: expected 1"):
        node.get_node(writer.name)
    with pytest.raises(FormatError, match="version b'2'"):
        node.get_nodes(writer.name)


def test_a_walk_inside_a_scan_that_has_ended(scan):
    (channel, *_) = scan.node.walk("channel", wait=False)
    assert [event.type for event in channel.walk_events()] == [EventType.NEW_DATA]
    assert list(channel.walk_on_new_events()) == []
    assert list(channel.walk()) == []


WITHOUT_GEVENT = """
import sys
import bliss.data.append, bliss.data.creation, bliss.data.node
assert not {"gevent", "IPython"} & set(sys.modules)
"""


def test_a_client_needs_neither_gevent_nor_ipython():
    result = run_python("-c", WITHOUT_GEVENT)
    assert result.returncode == 0, result.stderr


FOLLOW_SCANS = """
from bliss.data import node

session_node = node.get_session_node('demo_session')
for event,*values in session_node.iterator.walk_on_new_events(filter='scan'):
    if event == event.NEW_NODE:
        scan = values[0]
        print(f'Scan {scan.db_name} started')
    elif event == event.END_SCAN:
        scan = values[0]
        print(f'Scan {scan.db_name} ends')
"""

FOLLOW_POINTS = """
from bliss.data import node
import threading

max_value = 0.
started = threading.Event()
session_node = node.get_session_node('demo_session')
for event,*values in session_node.iterator.walk_on_new_events(started_event=started):
    if event == event.NEW_NODE:
        node = values[0]
        if node.type == 'scan':
            max_value = 0.
    elif event == event.NEW_DATA_IN_CHANNEL:
        channel = values[0]
        if not channel.name.find('gauss') > -1:
            continue
        data_value = channel.get(-1) # last value
        max_value = max(max_value, data_value)
    elif event == event.END_SCAN:
        print(max_value)
"""


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (FOLLOW_SCANS, ["Scan {} started", "Scan {} ends"]),
        (FOLLOW_POINTS, ["100.0"]),
    ],
)
def test_the_documents_programs(beacon, demo, program, expected):
    """They follow scans that begin after them; when they have begun they do not say."""
    follower = subprocess.Popen(
        [sys.executable, "-u", "-W", "error", "-c", program],
        env=python_environment(BEACON_HOST=beacon.host),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_it_reads(beacon)
        scan = scans.ascan(demo["robz"], -1, 0, 4, 0, demo["sim_ct_gauss"], save=False)
        lines = [follower.stdout.readline().strip() for _ in expected]
    finally:
        follower.kill()
        follower.wait()
        follower.stdout.close()
    assert lines == [line.format(scan.node.db_name) for line in expected]


def wait_until_it_reads(beacon):
    with beacon.client("session") as client:
        data = client.redis("data")
        while not data.info("clients")["blocked_clients"]:
            pass
