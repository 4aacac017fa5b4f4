"""Finding one node of many: the last one, the last saved scan, and those that pass a filter."""

import threading

import pytest

import scans
from bliss.common.errors import NodeNotFoundError
from bliss.data import node


@pytest.fixture
def three(demo):
    """A saved scan, then two that are not."""
    return [scans.ct(0, demo["diode1"], save=save) for save in (True, False, False)]


def test_a_walk_from_the_last_node_goes_on_with_new_ones(demo, session, three):
    stop, begun, seen = node.StopHandler(), threading.Event(), []
    session_node = node.get_session_node(session.name)

    def follow():
        for each in session_node.walk_from_last("scan", stop_handler=stop, started_event=begun):
            seen.append(each.name)
            if len(seen) == 2:
                stop.stop()

    thread = threading.Thread(target=follow)
    thread.start()
    begun.wait(20)
    scan = scans.ct(0, demo["diode1"])
    stop.wait(20)
    stop.stop()
    thread.join(20)
    assert seen == [three[-1].name, scan.name]


def test_without_waiting_the_last_node_is_all(session, three):
    session_node = node.get_session_node(session.name)
    assert [n.name for n in session_node.walk_from_last("scan", wait=False)] == [three[-1].name]
    (channel,) = session_node.walk_from_last("channel", wait=False)
    assert channel.name == "simulated_diodes:diode1"
    assert channel.parent.parent.parent.name == three[-1].name
    assert list(session_node.walk_from_last("scan", include_last=False, wait=False)) == []


def test_the_last_saved_scan(session, three):
    assert node.get_last_saved_scan(session.name).name == three[0].name
    container = three[0].node.parent
    assert node.get_last_saved_scan(container.db_name).name == three[0].name


def test_filtered_nodes_are_those_that_are_there_and_pass(three):
    names = [scan.node.db_name for scan in three]
    found = list(node.get_filtered_nodes(*names, "demo_session:gone", filter="scan"))
    assert [n.db_name for n in found] == names
    assert list(node.get_filtered_nodes(*names, filter="channel")) == []
    (saved,) = node.get_filtered_nodes(*names, filter=lambda n: not n.name.startswith("_"))
    assert saved.db_name == names[0]


def test_a_node_is_made_once(session):
    made = node.get_or_create_node(f"{session.name}:data:notes", "container", {"why": "test"})
    again = node.get_or_create_node(f"{session.name}:data:notes", "container", {"why": "other"})
    assert made == again
    assert made.info["why"] == "test"
    assert made in made.parent.children()


def test_a_node_needs_a_parent(session):
    with pytest.raises(NodeNotFoundError, match=f"{session.name}:nowhere"):
        node.get_or_create_node(f"{session.name}:nowhere:notes", "container")
