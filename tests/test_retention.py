"""What the janitor decides, without any server."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bliss.server.retention import (
    ENOUGH,
    START,
    ChannelState,
    ScanState,
    bytes_to_free,
    is_confirmed,
    oldest,
    to_trim,
    waited_for,
)

SOME = settings(max_examples=50)

counts = st.integers(0, 10**7)


@st.composite
def channels(draw, consumers):
    first, there = draw(counts), draw(st.integers(1, 10**6))
    marks = {name: draw(st.integers(0, first + there)) for name in consumers}
    name = f"s:data:{draw(counts)}:c{draw(counts)}"
    return ChannelState(name, first, first + there, draw(st.integers(0, 10**9)), marks)


@st.composite
def scans(draw):
    consumers = draw(st.sampled_from([(), ("writer",), ("writer", "copy")]))
    stored = {name: draw(st.booleans()) for name in consumers}
    streams = draw(st.lists(channels(consumers), max_size=4, unique_by=lambda c: c.name))
    return ScanState(f"s:data:{draw(counts)}", draw(st.booleans()), stored, streams)


@SOME
@given(st.lists(scans(), max_size=4), st.integers(0, 10**10))
def test_nothing_is_trimmed_that_somebody_needs(states, need):
    states = unique(states)
    known = {channel.name: channel for scan in states for channel in scan.channels}
    for trim in to_trim(states, need):
        channel = known[trim.channel]
        assert channel.first < trim.count < channel.end
        assert all(trim.count <= mark for mark in channel.marks.values())


@SOME
@given(st.lists(scans(), max_size=4), st.integers(1, 10**10))
def test_as_much_is_trimmed_as_is_needed_or_as_may_be(states, need):
    states = unique(states)
    known = {channel.name: channel for scan in states for channel in scan.channels}
    trims = to_trim(states, need)
    freed = sum(known[t.channel].bytes_of(t.count - known[t.channel].first) for t in trims)
    spare = sum(channel.bytes_of(channel.spare) for channel in known.values())
    assert freed >= min(need, spare) * (1 - 1e-9)


@SOME
@given(st.lists(scans(), max_size=4), st.integers(1, 10**10))
def test_points_that_are_stored_go_before_others_are_lost(states, need):
    states = unique(states)
    trimmed = {trim.channel: trim.count for trim in to_trim(states, need)}
    lossy = [c for scan in states if not scan.stored for c in scan.channels]
    stored = [c for scan in states if scan.stored for c in scan.channels]
    if any(channel.name in trimmed for channel in lossy):
        assert all(trimmed.get(c.name, c.first) == c.first + c.spare for c in stored if c.size)


def unique(states):
    """The scans with channels of different names."""
    seen = set()
    result = []
    for scan in states:
        mine = [channel for channel in scan.channels if channel.name not in seen]
        seen |= {channel.name for channel in mine}
        result.append(ScanState(scan.name, scan.has_ended, scan.stored, mine))
    return result


@given(scans())
def test_only_what_has_ended_and_is_stored_is_confirmed(scan):
    marks = [(mark, channel.end) for channel in scan.channels for mark in channel.marks.values()]
    expected = scan.has_ended and all(scan.stored.values()) and all(m >= end for m, end in marks)
    assert is_confirmed(scan) is expected


def test_who_lacks_what_is_said():
    channel = ChannelState("s:data:1:c", 100, 200, 1000, {"writer": 150, "copy": 200, "slow": 0})
    lacking = waited_for([ScanState("s:data:1", False, {"writer": False}, [channel])])
    assert lacking == {"writer": 500, "slow": 1000}


@given(st.integers(0, 10**10), st.integers(0, 10**10))
def test_room_is_made_above_one_limit_down_to_another(used, limit):
    need = bytes_to_free(used, limit)
    if not limit or used < START * limit:
        assert need == 0
    else:
        assert used - need <= ENOUGH * limit + 1


@given(st.lists(st.integers(1, 100)), st.integers(-10, 2000))
def test_no_more_scans_go_than_are_needed(sizes, need):
    gone = list(oldest([(f"{number}", size) for number, size in enumerate(sizes)], need))
    assert gone == [f"{number}" for number in range(len(gone))]
    assert sum(sizes[: len(gone)]) >= min(need, sum(sizes))
    assert not gone or sum(sizes[: len(gone) - 1]) < need
