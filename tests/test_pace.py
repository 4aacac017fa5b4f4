"""When a reader reads next: a machine without processor time, played through without a clock."""

import pytest

from bliss.data._bites import Bites
from bliss.data._pace import _LONGEST, _SHORTEST, Pace

PERIOD = 0.001  #: s between two blocks


class Machine:
    """A stream with a block a period, and a reader that a read costs so many seconds."""

    def __init__(self, cost):
        self.pace = Pace()
        self.now = 0.0
        self.cost = cost
        self.had = 0  #: blocks that were read

    def read(self):
        """One read: waits as the pace says, then for a block if there is none."""
        pause = self.pace.pause(self.now)
        self.now += pause
        there = int(self.now / PERIOD) - self.had
        if there < 1:
            self.now = (self.had + 1) * PERIOD
            there = 1
        self.had += there
        self.pace.took(there, self.now)
        self.now += self.cost
        return pause

    def reads(self, count):
        return [self.read() for _ in range(count)]


def test_who_keeps_up_is_never_held_back():
    machine = Machine(cost=0.9 * PERIOD)
    assert set(machine.reads(5000)) == {0.0}
    assert machine.had == 5000


def test_a_single_late_read_holds_back_nothing_for_long():
    machine = Machine(cost=0.0002)
    machine.reads(100)
    machine.now += 1.5 * PERIOD
    pauses = machine.reads(200)
    assert max(pauses) <= _SHORTEST  # less than the next block takes to come
    assert not any(pauses[20:])


def test_who_is_behind_reads_several_blocks_at_a_time():
    machine = Machine(cost=3 * PERIOD)
    machine.reads(500)
    before = machine.had
    machine.reads(100)
    assert machine.had - before > 4 * 100
    assert max(machine.reads(50)) <= _LONGEST


@pytest.mark.parametrize(("held_back", "longest"), [(9, _SHORTEST), (2, _LONGEST)])
def test_no_more_is_waited_for_than_makes_reads_cheap(held_back, longest):
    """As at a rate that nobody can follow: always behind, however long reads are held back."""
    pace = Pace()
    pauses = []
    for _ in range(200):
        pauses.append(pace.pause(now=0.0))
        pace.took(held_back if pauses[-1] else 5, now=0.0)
    assert max(pauses) == longest


def test_it_is_let_go_when_there_is_time_again():
    machine = Machine(cost=3 * PERIOD)
    machine.reads(500)
    machine.cost = 0.1 * PERIOD
    machine.reads(3000)
    assert not any(machine.reads(100))


def test_the_time_that_a_program_took_counts():
    """A slow program is not made slower: reads are held back from each other, not from it."""
    machine = Machine(cost=_LONGEST + PERIOD)
    assert not any(machine.reads(500))


@pytest.mark.parametrize("kind", ["children_list", "data"])
def test_only_blocks_of_points_tell_that_a_reader_is_behind(kind):
    bites = Bites()
    entries = [[b"1-0", [b"n", b"1", b"d", b""]], [b"2-0", [b"n", b"1", b"d", b""]]]
    bites.entries([[f"s:data_{kind}".encode(), entries]], now=5.0)
    assert (bites.pause(5.0) > 0) == (kind == "data")


def test_a_backlog_is_read_without_a_pause():
    bites = Bites()
    for now in range(20):
        count = int(bites.command({"s_data": "0-0"}, block=True)[0].split(b"\r\n")[6])
        entries = [[b"%d-0" % n, [b"n", b"1", b"d", b""]] for n in range(count)]
        bites.entries([[b"s_data", entries]], now=float(now))
        assert bites.pause(float(now)) == 0.0
    assert count == 2000
