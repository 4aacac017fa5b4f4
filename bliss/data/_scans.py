"""The scans that a walk is at, and the states of theirs that it holds back; touches no socket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bliss.data._raw import RawEvent


@dataclass(slots=True)
class _Scan:
    """What is known of a scan until its END has been yielded."""

    node_type: str  #: `scan` or `scan_group`
    silent: bool = False  #: the walk began inside it, so its states are not events of the walk
    prepared: RawEvent | None = None  #: seen, held until all its nodes have been yielded
    end: RawEvent | None = None  #: seen, held until all its points have been yielded


class Scans:
    """The scans of which more is expected.

    Args:
        is_wanted: Whether the reader wants to hear of the states of scans of a node type.
    """

    def __init__(self, is_wanted: Callable[[str], bool]) -> None:
        self._is_wanted = is_wanted
        self._known: dict[str, _Scan] = {}
        self._dropped: list[str] = []

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._known))

    def add(self, name: str, node_type: str, *, silent: bool) -> None:
        """Expect more of a scan; `silent`: its states are not told of."""
        self._known.setdefault(name, _Scan(node_type)).silent = silent

    def type_of(self, name: str) -> str:
        """The type of a scan's node: `scan` or `scan_group`."""
        return self._known[name].node_type

    def _released(self, scan: _Scan, event: RawEvent | None) -> list[RawEvent]:
        is_told = event and not scan.silent and self._is_wanted(scan.node_type)
        return [event] if event and is_told else []

    def silence(self, name: str) -> None:
        """Do not tell of a scan's states: the reader has not heard of it."""
        self._known[name].silent = True

    def hold_prepared(self, event: RawEvent) -> None:
        """Keep a PREPARED until all nodes of its scan have been yielded."""
        self._known[event.db_name].prepared = event

    def hold_end(self, event: RawEvent) -> None:
        """Keep an END until all points of its scan have been yielded."""
        self._known[event.db_name].end = event

    @property
    def hold_something(self) -> bool:
        """Whether a state of any is held back."""
        return any(scan.prepared or scan.end for scan in self._known.values())

    @property
    def are_ending(self) -> bool:
        """Whether the END of any is held back."""
        return any(scan.end for scan in self._known.values())

    def is_prepared(self, name: str | None) -> bool:
        """Whether the PREPARED of a scan is held back."""
        return name in self._known and self._known[name].prepared is not None

    def is_ending(self, name: str) -> bool:
        """Whether the END of a scan is held back."""
        return self._known[name].end is not None

    def release_prepared(self, name: str) -> list[RawEvent]:
        """The PREPARED of a scan that is held back, if there is one and it is wanted."""
        scan = self._known[name]
        event, scan.prepared = scan.prepared, None
        return self._released(scan, event)

    def drop_prepared(self, name: str) -> None:
        """Never tell of the PREPARED that is held back."""
        self._known[name].prepared = None

    def finish(self, name: str) -> list[RawEvent]:
        """The states of a scan that are held back and wanted; nothing more is expected of it."""
        events = self.release_prepared(name)
        scan = self._known.pop(name)
        self._dropped.append(name)
        return events + self._released(scan, scan.end)

    def take_dropped(self) -> list[str]:
        """The scans of which nothing follows since the last call."""
        dropped, self._dropped = self._dropped, []
        return dropped
