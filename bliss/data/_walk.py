"""The bookkeeping of a walk: which streams to read from where, and what their entries mean.

No socket, no clock: a reader asks `streams` what to read, feeds the reply to `feed`, and gets the
events in order: a parent's before its children's, a scan's END after all its data.  The threaded
and the asyncio walk are thin shells around this one class.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bliss.common.errors import FormatError
from bliss.data import keys
from bliss.data._blocks import take_blocks
from bliss.data._interest import Interest
from bliss.data._raw import (
    Item,
    RawEvent,
    Reply,
    Stream,
    number_of,
    parse_child,
    parse_end,
    parse_gone,
    position_of,
)
from bliss.data._scans import Scans
from bliss.data._server_run import ServerRun
from bliss.data._streams import FIRST, Streams
from bliss.data.events import EventType, ScanEnd

ROLES = ("children", "prepared", "data", "end", "gone")  #: of streams


class Walk:
    """The state of one walk.

    PREPARED is held back until a whole read after it found no new node of the scan, and END until
    one found no new node and no new point: only then is all that came before known.  A read that
    waited may have woken up with a part of what is there, so while something is held back (not
    `settled`) the reader has to read without waiting.

    A scan is begun only when no other one is about to end, one in a read: so a reader that has
    fallen behind sees scans that followed each other one after the other too, not mixed.

    Args:
        interest: What the reader wants to hear of.
        root: `db_name` of the node that the walk begins at.
    """

    def __init__(self, interest: Interest, root: str) -> None:
        self._interest = interest
        self._root = root
        self._run: ServerRun | None = None
        self.has_moved = False  #: whether `moved` is to be called, as another server answers
        self._streams = Streams()
        self._positions = self._streams.positions
        self._scans = Scans(lambda node_type: interest.data and interest.wants(node_type))
        self._may_begin = True  #: whether a scan may be begun in this read
        self._later: dict[str, Item] = {}  #: read, but not taken yet; not read on meanwhile
        self._problems: list[str] = []
        self.root_scan: str | None = None  #: the scan that the walk began at or in, if it did

    def add(self, db_name: str, node_type: str, scan: str | None = None) -> None:
        """Read a node's streams from their beginning.

        Args:
            db_name: The node.
            node_type: Its type.
            scan: The scan that the node is in, if it is in one.
        """
        if db_name == self._root:
            self._read_deletions(scan or (db_name if node_type in keys.SCANS else None))
        if node_type in keys.SCANS:
            scan = db_name
            if self._interest.follows(node_type):
                self._add_scan(scan, node_type, silent=False)
        elif scan and scan not in self._scans:
            self._add_scan(scan, "scan", silent=True)
        if self._interest.opens(node_type):
            self._streams.read(keys.children(db_name), Stream("children", db_name, node_type, scan))
        elif node_type == "channel" and self._interest.data and self._interest.wants(node_type):
            self._streams.read(keys.data(db_name), Stream("data", db_name, node_type, scan))

    def _read_deletions(self, scan: str | None) -> None:
        """Hear of scans that are deleted before all of them has been read."""
        self.root_scan = scan
        if scan or self._interest.follows_scans:
            session = keys.session_of(self._root)
            self._streams.read(keys.gone(session), Stream("gone", session, "session", None))

    def _add_scan(self, scan: str, node_type: str, *, silent: bool) -> None:
        self._scans.add(scan, node_type, silent=silent)
        if not silent:
            self._streams.read(keys.prepared(scan), Stream("prepared", scan, node_type, scan))
        self._streams.read(keys.end(scan), Stream("end", scan, node_type, scan))

    def resume(self, marks: Mapping[str, str]) -> None:
        """Read these streams from here on, not from their beginning, once their nodes are known."""
        self._streams.resume(marks)

    def seek(self, positions: Mapping[str, str]) -> None:
        """Go on behind the given entries, so that only later ones are events."""
        for key, position in positions.items():
            stream = self._streams.about(key)
            if stream is None or position == FIRST:
                continue
            self._positions[key] = position
            if stream.role == "prepared":
                self._streams.forget(key)
            elif stream.role == "end":
                self._finish(stream.db_name)

    @property
    def streams(self) -> dict[str, str]:
        """The streams to read, each with the id of the last entry that is known."""
        return self._positions

    @property
    def settled(self) -> bool:
        """Whether nothing is held back; if not, read again without waiting."""
        return not (self._later or self._scans.hold_something)

    @property
    def finished(self) -> bool:
        """Whether nothing can follow: the walk began at or inside a scan, and that has ended."""
        return self.settled and all(about.role == "gone" for _, about in self._streams.all())

    def take_problems(self) -> list[str]:
        """What was not of the format and was left out since the last call, to tell of."""
        problems, self._problems = self._problems, []
        return problems

    def tell(self, problem: str) -> None:
        """Have it told of, once, that something is not of the format."""
        if problem not in self._problems:
            self._problems.append(problem)

    def leave_out(self, keys_of_no_stream: Iterable[str]) -> None:
        """Read no more of keys that hold something else than a stream, and tell of it."""
        for key in keys_of_no_stream:
            problem = f"{key} holds something else than a stream"
            self.tell(f"{problem}; it is left out")
            stream = self._streams.about(key)
            self._streams.forget(key)
            # none can follow: the first one, whatever it is, wins
            if stream and stream.role == "end":
                self._hold_end(stream, _unreadable(problem))

    def take_dropped(self) -> list[str]:
        """The scans of which nothing follows since the last call, to forget what they needed."""
        return self._scans.take_dropped()

    def connected_to(self, run: ServerRun, time: float) -> list[RawEvent]:
        """Say which run of the server answers from now on, after each connect.

        If it has not the data of the one that was read before, the server came back empty: every
        scan that ran is lost, and all is read from the beginning.

        Args:
            run: The run.
            time: Now, in seconds since the epoch.
        """
        known, self._run = self._run, run
        if known in (None, run):
            return []
        if run.continues(known):
            self.has_moved = True
            return []
        return self._lose_all("the data server was restarted", time)

    @property
    def lists(self) -> list[str]:
        """The streams whose entries are of several scans."""
        return self._streams.of_role("children", "gone")

    @property
    def scans(self) -> list[str]:
        """The scans of which more is expected."""
        return list(self._scans)

    def moved(self, last: Mapping[str, str], missing: Iterable[str], time: float) -> list[RawEvent]:
        """Go on with a server that has the same data, but perhaps not the newest.

        Points stay where they are: those that it lacks are sent again, with the same ids.

        Args:
            last: Id of the last entry that it ever had, for each of `lists`.
            missing: Those of `scans` that it does not know.
            time: Now, in seconds since the epoch.
        """
        self.has_moved = False
        for item in self._later.values():  # it may not be there any more: it is read again
            self._positions[item.key] = f"{number_of(item.entries[0][0]) - 1}-0"
        self._later.clear()
        for key, position in last.items():
            if key in self._positions and number_of(position) < number_of(self._positions[key]):
                self._positions[key] = position
        return self._lose_scans(missing, "the data server failed, and its replica lacks it", time)

    def _lose_scans(self, names: Iterable[str], reason: str, time: float) -> list[RawEvent]:
        events = []
        for name in names:
            # also if another END is held back: this reader did not get all that came before it
            end = ScanEnd("lost", reason, time)
            node_type = self._scans.type_of(name)
            self._scans.hold_end(RawEvent(EventType.END_SCAN, name, node_type, end))
            events += self._finish(name)
        return events

    def _lose_all(self, reason: str, time: float) -> list[RawEvent]:
        self.has_moved = False
        events = self._lose_scans(self.scans, reason, time)
        self._later.clear()
        for key, stream in self._streams.all():
            if stream.db_name == self._root or stream.role == "gone":
                self._positions[key] = FIRST
            else:
                self._streams.forget(key)
        return events

    def feed(self, reply: Reply) -> list[RawEvent]:
        """Take what one read of all of `streams` gave, and tell what it means, in order."""
        items = self._by_role(reply)
        has_nodes = {item.stream.scan for item in items["children"]}
        has_points = {item.stream.scan for item in items["data"]}
        complete = [name for name in self._scans if name not in has_nodes]
        prepared = [name for name in complete if self._scans.is_prepared(name)]
        ending = [n for n in complete if self._scans.is_ending(n) and n not in has_points]
        events: list[RawEvent] = []
        self._may_begin = not (items["end"] or self._scans.are_ending)
        later, self._later = list(self._later.values()), {}
        for item in (*later, *items["children"]):
            events += self._take_children(item)
        for name in prepared:
            events += self._release_prepared(name)
        events += self._take(items["prepared"], self._take_prepared)
        # points of a scan whose PREPARED is held stay where they are, and are read again
        events += self._take(
            [item for item in items["data"] if not self._scans.is_prepared(item.stream.scan)],
            self._take_data,
        )
        events += self._take(items["end"], self._take_end)
        for name in ending:
            events += self._finish(name)
        return events + self._take(items["gone"], self._take_gone)

    def _by_role(self, reply: Reply) -> dict[str, list[Item]]:
        roles: dict[str, list[Item]] = {role: [] for role in ROLES}
        for raw_key, entries in reply:
            key = raw_key.decode(errors="replace")
            stream = self._streams.about(key)
            if stream and entries:
                roles[stream.role].append(Item(key, stream, entries))
        return roles

    def _take(
        self, items: Sequence[Item], take: Callable[[Item], list[RawEvent]]
    ) -> list[RawEvent]:
        events = []
        for item in items:
            events += take(item)
            if item.key in self._positions:
                self._positions[item.key] = position_of(item.entries[-1][0])
        return events

    def _take_children(self, item: Item) -> list[RawEvent]:
        events: list[RawEvent] = []
        self._check_complete(item)
        for index, (_, fields) in enumerate(item.entries):
            try:
                db_name, node_type = parse_child(item.stream.db_name, fields)
            except FormatError as problem:
                self.tell(f"{item.key}: {problem}; the node is left out")
                continue
            if node_type in keys.SCANS and self._interest.follows(node_type):
                if not self._may_begin:
                    self._later[item.key] = item._replace(entries=item.entries[index:])
                    self._streams.hold(item.key)
                    return events
                self._may_begin = False
            if self._interest.wants(node_type):
                events.append(RawEvent(EventType.NEW_NODE, db_name, node_type))
            self.add(db_name, node_type, item.stream.scan)
        self._positions[item.key] = position_of(item.entries[-1][0])
        return events

    def _check_complete(self, item: Item) -> None:
        """Tell of announcements that are gone; of a container's those of old scans may be."""
        if not item.stream.scan or item.key not in self._positions:
            return
        known, last = number_of(self._positions[item.key]), number_of(item.entries[-1][0])
        if gone := last - known - len(item.entries):
            self.tell(f"{item.key}: {gone} entries up to {last}-0 are gone; nodes are left out")

    def _take_data(self, item: Item) -> list[RawEvent]:
        return take_blocks(item, number_of(self._positions[item.key]), self.tell)

    def _take_prepared(self, item: Item) -> list[RawEvent]:
        self._streams.forget(item.key)
        self._scans.hold_prepared(item.stream.event(EventType.PREPARED_SCAN))
        return []

    def _take_end(self, item: Item) -> list[RawEvent]:
        self._streams.forget(item.key)
        try:
            end = parse_end(item.entries[0][1])
        except FormatError as problem:
            self.tell(f"{item.key}: {problem}")
            end = _unreadable(problem)
        self._hold_end(item.stream, end)
        return []

    def _hold_end(self, stream: Stream, end: ScanEnd) -> None:
        self._scans.hold_end(stream.event(EventType.END_SCAN, end))

    def _take_gone(self, item: Item) -> list[RawEvent]:
        events: list[RawEvent] = []
        for _, fields in item.entries:
            try:
                name, time = parse_gone(fields)
            except FormatError as problem:
                self.tell(f"{item.key}: {problem}; it is left out")
            else:
                events += self.lose(name, time)
        return events

    def scan_of(self, db_name: str) -> str | None:
        """The scan that a node is or is in, of those that the walk is at."""
        return next((scan for scan in self._scans if keys.is_in(db_name, scan)), None)

    def lose(self, name: str, time: float, *, is_known: bool = True) -> list[RawEvent]:
        """Take note that a scan is gone, whole, before all of it has been read.

        Args:
            name: The scan's `db_name`.
            time: When that was, in seconds since the epoch.
            is_known: Whether the reader has heard of it, and so has to hear of its end.
        """
        if name not in self._scans:
            return []
        self._scans.drop_prepared(name)
        if not is_known:
            self._scans.silence(name)
        end = ScanEnd("lost", "its data was deleted before all of it was read", time)
        node_type = self._scans.type_of(name)
        self._scans.hold_end(RawEvent(EventType.END_SCAN, name, node_type, end))
        return self._finish(name)

    def _release_prepared(self, name: str) -> list[RawEvent]:
        """Tell of PREPARED; no nodes follow it, so their children are not read any more."""
        for key in self._streams.of_role("children", scan=name):
            self._streams.forget(key)
        return self._scans.release_prepared(name)

    def _finish(self, name: str) -> list[RawEvent]:
        self._streams.forget_scan(name)
        return self._scans.finish(name)


def _unreadable(problem: object) -> ScanEnd:
    return ScanEnd("lost", f"its END cannot be read ({problem})", 0.0)
