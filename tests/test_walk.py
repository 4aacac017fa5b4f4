"""The bookkeeping of a walk, without any server: histories are fed in arbitrary reads."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bliss.data import keys
from bliss.data._interest import Interest, interest_of
from bliss.data._server_run import ServerRun
from bliss.data._streams import FIRST
from bliss.data._walk import Walk
from bliss.data.encoding import block_id, bounds
from bliss.data.events import EventType, Gap, ScanEnd

NEW_NODE, PREPARED = EventType.NEW_NODE, EventType.PREPARED_SCAN
NEW_DATA, GAP, END = EventType.NEW_DATA, EventType.GAP, EventType.END_SCAN

SOME = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])

SESSION = "s"
DATA = "s:data"
ABOVE = {keys.children(SESSION), keys.children(DATA), keys.gone(SESSION)}
RESTARTED = "the data server was restarted"


def number(entry_id):
    return int(entry_id.partition("-")[0])


@dataclass
class Server:
    """Streams as a server keeps them."""

    streams: dict[str, list] = field(default_factory=dict)

    def append(self, key, entry_id, **fields):
        encoded = {name.encode(): value.encode() for name, value in fields.items()}
        self.streams.setdefault(key, []).append((entry_id.encode(), encoded))

    def new_node(self, db_name, node_type):
        children = keys.children(keys.parent_of(db_name))
        count = len(self.streams.get(children, ()))
        self.append(children, f"{count + 1}-0", db_name=db_name, node_type=node_type)

    def points(self, channel, end, count):
        self.append(keys.data(channel), block_id(end - 1), n=str(count), d="")

    def prepared(self, scan):
        self.append(keys.prepared(scan), "1-0", time="0")

    def end(self, scan):
        self.append(keys.end(scan), "1-0", outcome="complete", reason="", time="5.5")

    def delete(self, scan):
        for key in [
            key for key in self.streams if keys.is_in(key, scan) or key.startswith(scan + "_")
        ]:
            del self.streams[key]
        children = self.streams[keys.children(keys.parent_of(scan))]
        children[:] = [e for e in children if e[1][b"db_name"] != scan.encode()]
        count = len(self.streams.get(keys.gone(SESSION), ()))
        self.append(keys.gone(SESSION), f"{count + 1}-0", db_name=scan, time="5.5")

    def read(self, positions, count=1000, only=None):
        reply = []
        for key, position in positions.items():
            new = [e for e in self.streams.get(key, ()) if number(e[0].decode()) > number(position)]
            if new and (only is None or key == only):
                reply.append((key.encode(), new[:count]))
        return reply

    def last_ids(self, positions):
        return {
            key: self.streams[key][-1][0].decode() if self.streams.get(key) else FIRST
            for key in positions
        }


def read_all(server, walk, count=1000):
    """All events of what is there."""
    events = []
    while (reply := server.read(walk.streams, count)) or not walk.settled:
        events += walk.feed(reply)
    return events


def session_walk(interest=Interest()):  # noqa: B008 - it is frozen
    walk = Walk(interest, SESSION)
    walk.add(SESSION, "session")
    return walk


def one_scan(server, scan=f"{DATA}:1_ascan"):
    """A scan with a master, a slave below it, and a channel of each."""
    if not server.streams:
        server.new_node(DATA, "container")
    server.new_node(scan, "scan")
    server.new_node(f"{scan}:axis", "master")
    server.new_node(f"{scan}:axis:robz", "channel")
    server.new_node(f"{scan}:axis:ct", "slave")
    server.new_node(f"{scan}:axis:ct:gauss", "channel")
    return scan


def with_data(server, scan):
    server.prepared(scan)
    server.points(f"{scan}:axis:robz", 2, 2)
    server.points(f"{scan}:axis:ct:gauss", 1, 1)
    server.points(f"{scan}:axis:robz", 3, 1)
    return scan


def of_type(events, *types):
    return [event for event in events if event.type in types]


def names(events):
    return [event.db_name for event in events]


def test_a_scan_from_its_beginning_to_its_end():
    server = Server()
    scan = with_data(server, one_scan(server))
    server.end(scan)
    walk = session_walk()
    events = read_all(server, walk)
    assert [(event.type, event.db_name) for event in events] == [
        (NEW_NODE, DATA),
        (NEW_NODE, scan),
        (NEW_NODE, f"{scan}:axis"),
        (NEW_NODE, f"{scan}:axis:robz"),
        (NEW_NODE, f"{scan}:axis:ct"),
        (NEW_NODE, f"{scan}:axis:ct:gauss"),
        (PREPARED, scan),
        (NEW_DATA, f"{scan}:axis:robz"),
        (NEW_DATA, f"{scan}:axis:ct:gauss"),
        (END, scan),
    ]
    assert [event.node_type for event in events[1:6]] == [
        "scan", "master", "channel", "slave", "channel"
    ]  # fmt: skip
    assert [(b.first_index, b.end) for b in events[7].data] == [(0, 2), (2, 3)]
    assert events[-1].data == ScanEnd("complete", "", 5.5)
    assert walk.take_dropped() == [scan]
    assert walk.take_dropped() == []


def test_what_has_ended_is_not_read_any_more():
    server = Server()
    walk = session_walk()
    for number_of_scan in range(20):
        scan = with_data(server, one_scan(server, f"{DATA}:{number_of_scan}_ct"))
        server.end(scan)
        read_all(server, walk)
    assert set(walk.streams) == ABOVE
    assert walk.scans == []


def test_points_that_come_with_prepared_follow_it():
    server = Server()
    scan = one_scan(server)
    walk = session_walk()
    read_all(server, walk)
    with_data(server, scan)
    first = walk.feed(server.read(walk.streams))
    assert first == []
    assert not walk.settled
    assert [event.type for event in read_all(server, walk)] == [PREPARED, NEW_DATA, NEW_DATA]


def test_end_waits_for_all_that_a_small_read_leaves():
    server = Server()
    scan = one_scan(server)
    server.prepared(scan)
    for index in range(7):
        server.points(f"{scan}:axis:robz", index + 1, 1)
    server.end(scan)
    events = read_all(server, session_walk(), count=1)
    assert [event.type for event in of_type(events, NEW_DATA, END)] == [NEW_DATA] * 7 + [END]


@pytest.mark.parametrize("wanted", ["scan", ["scan"], ["scan", "container"]])
def test_below_what_is_not_wanted_nothing_is_read(wanted):
    server = Server()
    scan = with_data(server, one_scan(server))
    walk = session_walk(interest_of(wanted, (), data=True))
    events = read_all(server, walk)
    assert set(walk.streams) == {*ABOVE, keys.end(scan)}
    server.end(scan)
    events += read_all(server, walk)
    assert [e.type for e in events if e.node_type == "scan"] == [NEW_NODE, PREPARED, END]
    assert {e.node_type for e in events} <= set([wanted] if isinstance(wanted, str) else wanted)


def test_of_containers_only_those_are_read():
    server = Server()
    one_scan(server)
    walk = session_walk(interest_of("container", (), data=True))
    assert names(read_all(server, walk)) == [DATA]
    assert set(walk.streams) == {keys.children(SESSION), keys.children(DATA)}


def test_channels_only():
    server = Server()
    scan = with_data(server, one_scan(server))
    server.end(scan)
    walk = session_walk(interest_of("channel", (), data=True))
    events = read_all(server, walk)
    assert [event.type for event in events] == [NEW_NODE, NEW_NODE, NEW_DATA, NEW_DATA]
    assert walk.take_dropped() == [scan]


def test_children_that_are_excluded_are_not_read():
    server = Server()
    scan = with_data(server, one_scan(server))
    server.end(scan)
    events = read_all(server, session_walk(interest_of(None, "slave", data=True)))
    assert f"{scan}:axis:ct" in names(events)
    assert f"{scan}:axis:ct:gauss" not in names(events)


def test_nodes_only():
    server = Server()
    scan = with_data(server, one_scan(server))
    server.end(scan)
    walk = session_walk(interest_of(None, (), data=False))
    assert {event.type for event in read_all(server, walk)} == {NEW_NODE}
    assert walk.take_dropped() == [scan]


def test_points_that_were_trimmed_are_a_gap():
    server = Server()
    scan = one_scan(server)
    channel = f"{scan}:axis:robz"
    server.prepared(scan)
    server.points(channel, 10, 4)
    server.points(channel, 12, 2)
    server.points(channel, 20, 3)
    events = of_type(read_all(server, session_walk()), GAP, NEW_DATA)
    assert [event.type for event in events] == [GAP, NEW_DATA, GAP, NEW_DATA]
    assert events[0].data == Gap(0, 5)
    assert [(b.first_index, b.end) for b in events[1].data] == [(6, 10), (10, 12)]
    assert events[2].data == Gap(12, 16)
    assert [(b.first_index, b.end) for b in events[3].data] == [(17, 20)]


def test_points_that_are_known_are_left_out_of_a_block():
    server = Server()
    scan = one_scan(server)
    channel = f"{scan}:axis:robz"
    server.points(channel, 3, 3)
    server.points(channel, 5, 4)
    (event,) = of_type(read_all(server, session_walk()), NEW_DATA)
    assert [(b.first_index, b.end) for b in event.data] == [(0, 3), (3, 5)]


def test_from_a_position_only_later_things_are_events():
    server = Server()
    scan = with_data(server, one_scan(server))
    walk = session_walk()
    for name, node_type in [
        (DATA, "container"),
        (scan, "scan"),
        (f"{scan}:axis", "master"),
        (f"{scan}:axis:robz", "channel"),
    ]:
        walk.add(name, node_type, scan if name.startswith(scan) else None)
    walk.seek(server.last_ids(walk.streams))
    assert read_all(server, walk) == []
    server.points(f"{scan}:axis:robz", 4, 1)
    server.end(scan)
    events = read_all(server, walk)
    assert [event.type for event in events] == [NEW_DATA, END]
    assert events[0].data[0].first_index == 3


def test_a_scan_that_had_ended_is_dropped_at_once():
    server = Server()
    scan = with_data(server, one_scan(server))
    server.end(scan)
    walk = session_walk()
    walk.add(f"{scan}:axis:robz", "channel", scan)
    walk.add(DATA, "container")
    walk.add(scan, "scan", scan)
    walk.seek(server.last_ids(walk.streams))
    assert read_all(server, walk) == []
    assert set(walk.streams) == ABOVE


def test_a_scan_that_is_deleted_while_it_is_read_ends_lost_and_others_go_on():
    server = Server()
    gone, kept = (
        with_data(server, one_scan(server, f"{DATA}:1_ct")),
        one_scan(server, f"{DATA}:2_ct"),
    )
    walk = session_walk()
    read_all(server, walk)
    server.delete(gone)
    server.end(kept)
    events = read_all(server, walk)
    assert [(e.db_name, e.data.outcome) for e in events] == [(gone, "lost"), (kept, "complete")]
    assert "deleted" in events[0].data.reason
    assert set(walk.streams) == ABOVE


def test_a_walk_of_a_scan_is_finished_when_that_is_deleted():
    server = Server()
    scan = with_data(server, one_scan(server))
    walk = Walk(interest_of(None, (), data=True), scan)
    walk.add(scan, "scan")
    read_all(server, walk)
    server.delete(scan)
    assert [event.type for event in read_all(server, walk)] == [END]
    assert walk.finished


def test_a_walk_of_a_scan_is_finished_after_its_end():
    server = Server()
    scan = with_data(server, one_scan(server))
    walk = Walk(Interest(), scan)
    walk.add(scan, "scan", scan)
    assert PREPARED in [event.type for event in read_all(server, walk)]
    assert not walk.finished
    server.end(scan)
    assert [event.type for event in read_all(server, walk)] == [END]
    assert walk.finished


def test_a_walk_of_a_scan_alone_tells_of_its_end_before_it_is_finished():
    server = Server()
    scan = with_data(server, one_scan(server))
    server.end(scan)
    walk = Walk(Interest(frozenset(["scan"])), scan)
    walk.add(scan, "scan", scan)
    assert [event.type for event in read_all(server, walk)] == [PREPARED, END]
    assert walk.finished


def test_a_walk_inside_a_scan_is_finished_after_its_end():
    server = Server()
    scan = with_data(server, one_scan(server))
    walk = Walk(Interest(), f"{scan}:axis:robz")
    walk.add(f"{scan}:axis:robz", "channel", scan)
    server.end(scan)
    assert [event.type for event in read_all(server, walk)] == [NEW_DATA]
    assert walk.finished


def test_a_server_that_came_back_empty_ends_what_ran():
    server = Server()
    scan = with_data(server, one_scan(server))
    ended = with_data(server, one_scan(server, f"{DATA}:2_ct"))
    server.end(ended)
    walk = session_walk()
    assert walk.connected_to(ServerRun("first"), 1.0) == []
    read_all(server, walk)
    assert walk.connected_to(ServerRun("first"), 2.0) == []
    (end,) = walk.connected_to(ServerRun("second"), 3.0)
    assert (end.type, end.db_name, end.data) == (END, scan, ScanEnd("lost", RESTARTED, 3.0))
    assert walk.streams == {keys.children(SESSION): FIRST, keys.gone(SESSION): FIRST}
    again = Server()
    one_scan(again)
    assert len(of_type(read_all(again, walk), NEW_NODE)) == 6


@pytest.mark.parametrize("root", [SESSION, DATA])
def test_after_a_restart_the_walk_goes_on_where_it_began(root):
    server = Server()
    one_scan(server)
    walk = Walk(Interest(), root)
    walk.add(root, "session" if root == SESSION else "container")
    walk.connected_to(ServerRun("first"), 1.0)
    read_all(server, walk)
    walk.connected_to(ServerRun("second"), 2.0)
    assert walk.streams == {keys.children(root): FIRST, keys.gone(SESSION): FIRST}


def test_after_a_restart_the_walk_of_a_scan_is_finished():
    server = Server()
    scan = with_data(server, one_scan(server))
    server.end(scan)
    walk = Walk(Interest(), scan)
    walk.add(scan, "scan", scan)
    walk.connected_to(ServerRun("first"), 1.0)
    walk.feed(server.read(walk.streams))  # its END is held back, and what comes before it is gone
    assert [
        event.data.outcome for event in of_type(walk.connected_to(ServerRun("second"), 2.0), END)
    ] == ["lost"]
    assert walk.finished


def test_what_is_not_of_the_format_is_left_out_and_told_of():
    server = Server()
    scan = one_scan(server)
    server.append(keys.children(scan), "2-0", db_name=f"{scan}:x")
    server.append(keys.children(scan), "3-0", db_name=SESSION, node_type="session")
    server.append(keys.children(scan), "4-0", db_name=f"{scan}:timer", node_type="master")
    channel = f"{scan}:axis:robz"
    server.points(channel, 2, 2)
    server.append(keys.data(channel), "4-0", n="many", d="")
    server.append(keys.data(channel), "6-1", n="2", d="")
    server.points(channel, 8, 2)
    server.append(keys.end(scan), "1-0", outcome="complete")
    walk = session_walk()
    events = read_all(server, walk, count=2)
    assert f"{scan}:timer" in names(events)
    assert f"{scan}:x" not in names(events)
    assert names(events).count(SESSION) == 0
    in_order = [
        (b.first_index, b.end) if event.type is NEW_DATA else event.data
        for event in of_type(events, NEW_DATA, GAP)
        for b in (event.data if event.type is NEW_DATA else [None])
    ]
    assert in_order == [(0, 2), Gap(2, 3), Gap(4, 5), (6, 8)]
    assert events[-1].data.outcome == "lost"
    assert "END cannot be read" in events[-1].data.reason
    problems = walk.take_problems()
    assert len(problems) == 5
    assert any("'node_type'" in problem for problem in problems)
    assert any("expected a child" in problem for problem in problems)
    assert walk.take_problems() == []


# Random histories.  A history is a list of steps, each of which happens at one instant.


@st.composite
def scan_scripts(draw, scan):
    """The steps of one scan, in order; each a function of the server."""
    tree, channels = [(scan, "scan")], []
    for master in range(draw(st.integers(0, 2))):
        tree.append((f"{scan}:m{master}", "master"))
        parents = [f"{scan}:m{master}"]
        if draw(st.booleans()):
            parents.append(f"{scan}:m{master}:slave")
            tree.append((parents[-1], "slave"))
        for channel in range(draw(st.integers(0, 3))):
            channels.append(f"{draw(st.sampled_from(parents))}:c{channel}")
            tree.append((channels[-1], "channel"))
    steps = []
    while tree:
        now = draw(st.integers(1, len(tree)))
        steps.append([("new_node", *node) for node in tree[:now]])
        tree = tree[now:]
    steps.append([("prepared", scan)])
    counts = dict.fromkeys(channels, 0)
    for _ in range(draw(st.integers(0, 6)) if channels else 0):
        step = []
        for channel in draw(st.lists(st.sampled_from(channels), min_size=1, unique=True)):
            count = draw(st.integers(1, 4))
            counts[channel] += count
            step.append(("points", channel, counts[channel], count))
        steps.append(step)
    if draw(st.booleans()):
        steps.append([("end", scan)])
    return steps


@st.composite
def histories(draw):
    """Several scans, their steps in any order that keeps each one's own."""
    names_of_scans = [f"{DATA}:{n}_ct" for n in range(draw(st.integers(1, 3)))]
    scripts = [draw(scan_scripts(name)) for name in names_of_scans]
    steps = [[("new_node", DATA, "container")]]
    while scripts := [script for script in scripts if script]:
        steps.append(draw(st.sampled_from(scripts)).pop(0))
    return steps


def keys_of(step):
    """The streams that a step appends to, in order."""
    for action, name, *_ in step:
        parent = keys.parent_of(name)
        yield (
            keys.children(parent)
            if action == "new_node"
            else {
                "prepared": keys.prepared,
                "points": keys.data,
                "end": keys.end,
            }[action](name)
        )


def apply(server, step):
    for action, *arguments in step:
        getattr(server, action)(*arguments)


def step_with_reads(data, server, walk, step):
    """The events of a step, with some reads after it, or with one that waited for it."""
    waits = walk.settled and not server.read(walk.streams) and data.draw(st.booleans())
    apply(server, step)
    events = []
    if waits:  # until Redis 7.0, the first stream to get an entry wakes it, and is all it gets
        replies = (server.read(walk.streams, only=key) for key in keys_of(step))
        events += walk.feed(next((reply for reply in replies if reply), ()))
    for _ in range(data.draw(st.integers(0, 3))):
        events += walk.feed(server.read(walk.streams, count=data.draw(st.integers(1, 4))))
    return events


def followed(data, history, interest):
    server, walk, events = Server(), session_walk(interest), []
    for step in history:
        events += step_with_reads(data, server, walk, step)
    return walk, events + read_all(server, walk, count=data.draw(st.integers(1, 4)))


def check_order(events):
    """What every reader can rely on."""
    seen, prepared, ended = {SESSION}, set(), set()
    reached = {}
    for event in events:
        scan = ":".join(event.db_name.split(":")[:3])
        assert scan not in ended
        if event.type is NEW_NODE:
            assert keys.parent_of(event.db_name) in seen
            assert event.db_name not in seen
            assert scan not in prepared
            seen.add(event.db_name)
            continue
        assert event.db_name in seen
        if event.type is PREPARED:
            assert scan not in prepared
            prepared.add(scan)
        elif event.type is NEW_DATA:
            assert scan in prepared
            for block in event.data:
                assert block.first_index == reached.get(event.db_name, 0)
                reached[event.db_name] = block.end
        elif event.type is GAP:
            assert scan in prepared
            assert event.data.first_index == reached.get(event.db_name, 0)
            reached[event.db_name] = event.data.last_index + 1
        elif event.type is END:
            ended.add(scan)
    return seen - {SESSION}, prepared, ended, reached


def check_sequence(history, events):
    """A scan that began when another had ended begins after it for every reader."""
    ended_before = {}
    ended = set()
    for action, name, *rest in [action for step in history for action in step]:
        if action == "end":
            ended.add(name)
        elif action == "new_node" and rest == ["scan"]:
            ended_before[name] = set(ended)
    ended = set()
    for event in events:
        if event.type is END:
            ended.add(event.db_name)
        elif event.type is NEW_NODE and event.node_type == "scan":
            assert ended_before[event.db_name] <= ended


def outcome_of(history):
    """The same from the history itself."""
    seen, prepared, ended, reached = set(), set(), set(), {}
    for action, name, *rest in [action for step in history for action in step]:
        if action == "new_node":
            seen.add(name)
        elif action == "points":
            reached[name] = rest[0]
        else:
            {"prepared": prepared, "end": ended}[action].add(name)
    return seen, prepared, ended, reached


@SOME
@given(histories(), st.data())
def test_however_it_is_read_a_history_is_told_whole_and_in_order(history, data):
    walk, events = followed(data, history, Interest())
    seen, prepared, ended, reached = outcome_of(history)
    assert check_order(events) == (seen, prepared, ended, reached)
    check_sequence(history, events)
    inside = {key for key in walk.streams if any(key.startswith(scan) for scan in ended)}
    assert not inside
    assert set(walk.take_dropped()) == ended
    assert not walk.take_problems()


@SOME
@given(histories(), st.data())
def test_trimmed_points_are_told_of_however_it_is_read(history, data):
    server, walk, events = Server(), session_walk(), []
    for step in history:
        events += step_with_reads(data, server, walk, step)
        for key, entries in server.streams.items():
            if key.endswith("_data") and len(entries) > 1 and data.draw(st.booleans()):
                del entries[0 : data.draw(st.integers(1, len(entries) - 1))]
    events += read_all(server, walk)
    assert check_order(events) == outcome_of(history)


@SOME
@given(histories(), st.data(), st.sampled_from(["scan", "channel", "master", "container"]))
def test_a_filter_leaves_out_and_changes_nothing_else(history, data, wanted):
    _, events = followed(data, history, Interest())
    walk, filtered = followed(data, history, interest_of(wanted, (), data=True))

    def facts(some):
        facts = set()
        for event in some:
            if event.node_type == wanted and event.type is NEW_DATA:
                facts |= {
                    (event.db_name, i) for b in event.data for i in range(b.first_index, b.end)
                }
            elif event.node_type == wanted:
                facts.add((event.db_name, event.type))
        return facts

    assert {event.node_type for event in filtered} <= {wanted}
    assert facts(filtered) == facts(events)
    if wanted in ("scan", "container"):
        assert not [key for key in walk.streams if "_data" in key or ":m" in key]


@SOME
@given(histories(), st.data())
def test_from_any_instant_on_exactly_the_rest_is_told(history, data):
    cut = data.draw(st.integers(0, len(history)))
    server, walk = Server(), session_walk()
    nodes = []
    for step in history[:cut]:
        apply(server, step)
        nodes += [action[1:] for action in step if action[0] == "new_node"]
    for name, node_type in data.draw(st.permutations(nodes)):
        scan = ":".join(name.split(":")[:3]) if name.count(":") > 1 else None
        walk.add(name, node_type, scan)
    walk.seek(server.last_ids(walk.streams))
    events = []
    for step in history[cut:]:
        events += step_with_reads(data, server, walk, step)
    events += read_all(server, walk)
    before, after = outcome_of(history[:cut]), outcome_of(history)
    assert {e.db_name for e in of_type(events, NEW_NODE)} == after[0] - before[0]
    assert sorted(names(of_type(events, PREPARED))) == sorted(after[1] - before[1])
    assert sorted(names(of_type(events, END))) == sorted(after[2] - before[2])
    told = {}
    for event in of_type(events, NEW_DATA):
        for block in event.data:
            told.setdefault(event.db_name, []).append((block.first_index, block.end))
    for channel, end in after[3].items():
        start = before[3].get(channel, 0)
        spans = told.pop(channel, [])
        assert [s for s, _ in spans] == [start, *(e for _, e in spans[:-1])][: len(spans)]
        assert (spans[-1][1] if spans else start) == end
    assert not told


def test_bounds_of_the_blocks_in_this_file():
    server = Server()
    server.points("c", 5, 2)
    assert bounds(*server.streams[keys.data("c")][0]) == (3, 5)
