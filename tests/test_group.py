"""Scans that belong together, as clients see them."""

import subprocess
import sys
import threading
from pathlib import Path

import gevent
import numpy as np
import pytest

import scans
from bliss.beacon import Beacon
from bliss.common.errors import LimitError, ScanError, ScanStateError
from bliss.data import node
from bliss.data.consumer import Consumer
from bliss.data.node import EventType
from bliss.scanning.group import Group, Sequence
from bliss.scanning.scan import ScanState
from bliss.scanning.states import Outcome
from tests.test_reader_example import url_of

READER = Path(__file__).parent.parent / "docs" / "examples" / "reader.py"


def count(demo, **options):
    return scans.loopscan(2, 0, demo["diode1"], **options)


def members_of(group):
    """What a client reads: the members' numbers and names."""
    channels = {c.name: c.get_as_array(0, -1) for c in group.walk("channel", wait=False)}
    numbers, names = channels["subscans:scan_numbers"], channels["subscans:scans"]
    return numbers.tolist(), np.asarray(names).tolist()


def test_a_sequence_names_the_scans_that_were_added(demo, session):
    sequence = Sequence(title="before and after", scan_info={"sample": "Si"})
    with sequence.sequence_context() as members:
        first = count(demo)
        members.add(first)
        second = count(demo, run=False)
        members.add_and_run(second)
        third = count(demo, run=False)
        members.add(third)
        count(demo)  # not part of it
        third.run()
        members.add(count(demo, run=False))  # never runs
    assert sequence.state is ScanState.DONE
    names = [scan.node.db_name for scan in (first, second, third)]
    assert members_of(sequence.node) == ([s.number for s in (first, second, third)], names)
    info = sequence.node.info.get_all()
    assert sequence.node.type == "scan_group"
    assert sequence.node.name == f"{info['scan_nb']}_sequence_of_scans"
    assert (info["outcome"], info["title"], info["sample"]) == (
        *("complete", "before and after"),
        "Si",
    )
    assert session.listeners == []


def test_clients_hear_of_a_group_and_its_end_as_of_a_scan(demo):
    begun, events = threading.Event(), []
    stop = node.StopHandler()
    session_node = node.get_session_node("demo_session")

    def follow():
        for event in session_node.walk_on_new_events(stop_handler=stop, started_event=begun):
            events.append((event.type, event.node.type, event.node.db_name))
            if [kind for kind, *_ in events].count(EventType.END_SCAN) == 2:
                return

    follower = threading.Thread(target=follow)
    follower.start()
    begun.wait()
    sequence = Sequence()
    with sequence.sequence_context() as members:
        members.add_and_run(member := count(demo, run=False))
    follower.join(10)
    stop.stop()
    group, scan = sequence.node.db_name, member.node.db_name
    for name, node_type in ((group, "scan_group"), (scan, "scan")):
        heard = [event[:2] for event in events if event[2] == name]
        kinds = (EventType.NEW_NODE, EventType.PREPARED_SCAN, EventType.END_SCAN)
        assert heard == [(kind, node_type) for kind in kinds]
    channel = f"{group}:subscans:scans"
    assert (EventType.NEW_DATA, "channel", channel) in events


def test_who_filters_for_scans_does_not_hear_of_groups(demo):
    member = count(demo)
    group = Group(member).node
    container = node.get_node("demo_session:data")
    new = [e.node for e in container.walk_events("scan", wait=False)]
    assert member.node in new
    assert group not in new
    assert group in list(container.walk("scan_group", wait=False))


def test_the_reader_of_50_lines_reads_a_group(demo, session):
    group = Group(count(demo), count(demo))
    lines = subprocess.run(
        [sys.executable, READER, url_of(session.beacon), group.node.db_name],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout.splitlines()
    assert lines[-1] == f"{group.node.db_name} None complete"
    numbers, names = members_of(group.node)
    assert f"{group.node.db_name}:subscans:scans 0 {names}" in lines
    assert f"{group.node.db_name}:subscans:scan_numbers 0 {np.array(numbers)}" in lines


def test_a_required_consumer_gets_a_group_too(demo, beacon):
    with (
        Beacon(beacon.host, role="writer") as client,
        Consumer("text", "demo_session", beacon=client) as consumer,
    ):
        group = Group(scans.ct(0, demo["diode1"])).node
        seen = []
        for event in consumer.events():
            consumer.mark(event)
            if event.node.type == "scan_group":
                seen.append(event.type)
            if event.type is EventType.END_SCAN:
                break
    assert group.info["consumers"] == ["text"]
    assert seen == [EventType.NEW_NODE, EventType.PREPARED_SCAN, EventType.END_SCAN]


def test_a_member_that_fails_ends_the_sequence_with_its_error(demo):
    sequence = Sequence()
    with pytest.raises(LimitError), sequence.sequence_context() as members:
        members.add_and_run(scans.dscan(demo["robz"], -30, 0, 2, 0, demo["diode1"], run=False))
    assert sequence.scan.outcome is Outcome.FAILED
    assert "beyond the low limit" in sequence.scan.reason


def test_an_interrupt_ends_a_sequence_and_the_scan_in_it(demo):
    sequence, member = Sequence(), scans.timescan(0.01, demo["diode1"], run=False)

    def work():
        with sequence.sequence_context() as members:
            members.add_and_run(member)

    working = gevent.spawn(work)
    while member.state is not ScanState.STARTING:
        gevent.sleep(0.001)
    working.kill(KeyboardInterrupt, block=False)
    with pytest.raises(KeyboardInterrupt):
        working.get(timeout=5)
    assert (member.outcome, sequence.scan.outcome) == (Outcome.ABORTED, Outcome.ABORTED)


def test_a_sequence_waits_for_scans_in_the_background(demo):
    sequence = Sequence()
    with sequence.sequence_context() as members:
        background = scans.loopscan(3, 0.02, demo["diode1"], run=False)
        members.add(background)
        background.start()
        background.wait_state(ScanState.STARTING)
    assert background.state is ScanState.DONE
    assert members_of(sequence.node)[0] == [background.number]


def test_a_group_of_a_group_and_of_nodes(demo):
    inner = Group(count(demo))
    outer = Group(inner, count(demo).node)
    assert members_of(outer.node)[1][0] == inner.node.db_name
    assert outer.scan.outcome is Outcome.COMPLETE


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (lambda demo: [], "needs members"),
        (lambda demo: [7], "7 is no scan"),
        (lambda demo: [demo["robz"]], "is no scan"),
        (lambda demo: [count(demo, run=False)], "has not run"),
    ],
)
def test_what_cannot_be_a_member_is_refused_before_anything_is_made(demo, session, members, said):
    with pytest.raises(ScanError, match=said):
        Group(*members(demo))
    assert list(session.scans) == []


def test_a_scan_that_has_run_cannot_be_run_again(demo):
    sequence = Sequence()
    with (
        pytest.raises(ScanStateError, match="make it with run=False"),
        sequence.sequence_context() as members,
    ):
        members.add_and_run(count(demo))
