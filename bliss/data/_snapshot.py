"""Where a walk of new events only begins: all nodes there are, and the end of all their streams.

Names and positions have to be of one instant, or what is created in between would be missed or
doubled.  A transaction gives both, but positions only of streams whose names are known: so it is
asked again until it names nothing new.  First for session and containers, whose names change
rarely, then for the inside of the scans that run: each scan has its own instant, and those that
begin after the first one are events.  So it comes to an end however fast scans are made, and
ended scans are not looked at, however many there are.
"""

import time
from collections.abc import Sequence
from typing import Any

import redis

from bliss.data import keys
from bliss.data._interest import Interest
from bliss.data._server_run import SECTIONS, ServerRun
from bliss.data._streams import FIRST
from bliss.data._walk import Walk
from bliss.data._wrong import is_wrong_type
from bliss.data.keys import STORED


def walk_from_now(
    client: redis.Redis, interest: Interest, root: str, node_type: str, scan: str | None
) -> Walk:
    """A walk that knows all there is at and below a node, so that only what comes later is new.

    Args:
        client: Of the data server.
        interest: What the reader wants to hear of.
        root: The node to begin at.
        node_type: Its type.
        scan: The scan it is or is in, if any.
    """
    snapshot = _Snapshot(client, interest, root)
    snapshot.add(root, node_type, scan)
    scans = [scan] if scan else []
    if not scan:
        session = keys.session_of(root)
        (unfinished,) = snapshot.place([keys.containers(session)], also=[keys.unfinished(session)])
        types = snapshot.types(snapshot.below_root(unfinished))
        scans = sorted(types)
        for name in scans:
            snapshot.add(name, types[name], name)
    opened = scans if any(map(interest.opens, keys.SCANS)) else []
    snapshot.place([keys.nodes(name) for name in opened], scans=scans)
    return snapshot.walk


def walk_of_stored(
    client: redis.Redis, interest: Interest, session: str, consumer: str
) -> tuple[Walk, dict[str, str]]:
    """A walk of what a required consumer has not stored, and of what comes later.

    Returns:
        The walk, and the scans that it begins with, with their types: those that name the consumer
        and are not confirmed, from their beginning on, but points from behind the consumer's marks.
    """
    snapshot = _Snapshot(client, interest, session)
    snapshot.add(session, "session", None)
    sets = [keys.unfinished(session), keys.ended(session)]
    names = set().union(*snapshot.place([keys.containers(session)], also=sets))
    types = snapshot.types(snapshot.below_root(names))
    scans = {}
    for scan in sorted(types, key=_by_number):
        marks = _marks(client, scan, consumer)
        if marks is not None:
            snapshot.walk.resume(marks)
            snapshot.walk.add(scan, types[scan], scan)
            scans[scan] = types[scan]
    return snapshot.walk, scans


def _by_number(scan: str) -> tuple[int, str]:
    number = scan.rpartition(keys.SEPARATOR)[2].lstrip("_").partition("_")[0]
    return (int(number) if number.isdigit() else 0, scan)


def _marks(client: redis.Redis, scan: str, consumer: str) -> dict[str, str] | None:
    """A required consumer's position in each stream of points; None if the scan needs it not."""
    names: Any = client.smembers(keys.nodes(scan))
    nodes = [name.decode(errors="backslashreplace") for name in names]
    streams = [keys.prepared(scan), *(keys.data(node) for node in nodes)]
    with client.pipeline(transaction=False) as together:
        for key in streams:
            together.xinfo_groups(key)
        answers = together.execute(raise_on_error=False)
    marks = {}
    for key, groups in zip(streams, answers, strict=True):
        for group in groups if isinstance(groups, list) else ():
            if group["name"] == consumer.encode():
                marks[key] = group["last-delivered-id"].decode()
    at = marks.pop(keys.prepared(scan), None)
    return None if at is None or at == STORED else marks


class _Snapshot:
    """A walk whose streams are being placed behind what is there."""

    def __init__(self, client: redis.Redis, interest: Interest, root: str) -> None:
        self.walk = Walk(interest, root)
        self._client = client
        self._interest = interest
        self._root = root
        self._known: set[str] = set()
        self._opened: set[str] = set()  #: the nodes whose children are part of the walk
        self._placed: set[str] = set()  #: keys of the streams whose position is known

    def add(self, name: str, node_type: str, scan: str | None) -> None:
        """Add a node, unless it is below one whose children are left out."""
        if name == self._root or keys.parent_of(name) in self._opened:
            self.walk.add(name, node_type, scan)
            if self._interest.opens(node_type):
                self._opened.add(name)

    def below_root(self, names: set[bytes]) -> set[str]:
        """Those of the names that the walk may come to."""
        below = self._root + keys.SEPARATOR
        texts = {name.decode(errors="backslashreplace") for name in names}
        return {text for text in texts if text.startswith(below)}

    def place(
        self, indices: Sequence[str], *, also: Sequence[str] = (), scans: Sequence[str] = ()
    ) -> list[set[bytes]]:
        """Add the nodes that sets name, with all streams so far at their end of one instant.

        Args:
            indices: Keys of the sets.
            also: Keys of sets that are only asked for.
            scans: The scans that nodes may be in.

        Returns:
            What each set of `also` holds at that instant.
        """
        while True:
            streams = [key for key in self.walk.streams if key not in self._placed]
            sets, last = self._ask([*indices, *also], streams)
            found = self.below_root(set().union(*sets[: len(indices)])) - self._known
            if not found:
                self.walk.seek(last)
                self._placed.update(streams)
                return sets[len(indices) :]
            self._known |= found
            for name, node_type in sorted(self.types(found).items()):  # parents come first
                self.add(name, node_type, _scan_of(name, scans))

    def _ask(
        self, sets: Sequence[str], streams: Sequence[str]
    ) -> tuple[list[set[bytes]], dict[str, str]]:
        """What the sets hold and the last ids of the streams, of one instant."""
        with self._client.pipeline(transaction=True) as together:
            together.info(*SECTIONS)
            for key in sets:
                together.smembers(key)
            for key in streams:
                together.xrevrange(key, count=1)
            info, *rest = together.execute(raise_on_error=False)
        if isinstance(info, Exception):
            raise info
        self.walk.connected_to(ServerRun.of(info), time.time())
        names = [self._readable(key, answer) for key, answer in zip(sets, rest, strict=False)]
        last: Any = zip(streams, rest[len(sets) :], strict=True)
        positions = {  # what is no stream is told of when it is read
            key: entry[0][0].decode() if isinstance(entry, list) and entry else FIRST
            for key, entry in last
        }
        return [set(answer) for answer in names], positions

    def _readable(self, key: str, answer: Any) -> Any:
        """What the server answered about a key, nothing if that holds something else."""
        if is_wrong_type(answer):
            self.walk.tell(f"{key} holds something else than it should; it is left out")
            return ()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def types(self, names: set[str]) -> dict[str, str]:
        """The types of those nodes that are there; of the others it is told."""
        with self._client.pipeline(transaction=False) as together:
            for name in names:
                together.hget(keys.node(name), "node_type")
            types = together.execute(raise_on_error=False)
        found = {}
        for name, answer in zip(names, types, strict=True):
            if kind := self._readable(keys.node(name), answer):
                found[name] = kind.decode(errors="backslashreplace")
            elif not is_wrong_type(answer):
                self.walk.tell(f"{name} is not there; it is left out")
        return found


def _scan_of(name: str, scans: Sequence[str]) -> str | None:
    return next((scan for scan in scans if keys.is_in(name, scan)), None)
