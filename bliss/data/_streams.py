"""Which streams a walk reads, and from where on; touches no socket."""

from collections import defaultdict
from collections.abc import Mapping

from bliss.data._raw import Stream

FIRST = "0-0"  #: position before the first entry of any stream


class Streams:
    """The streams by key, with what each is about and the last of its entries that is known."""

    def __init__(self) -> None:
        self.positions: dict[str, str] = {}  #: of those that are read at the moment
        self._about: dict[str, Stream] = {}
        self._of_scan: defaultdict[str | None, set[str]] = defaultdict(set)
        self._marks: dict[str, str] = {}  #: where to begin in streams that are not read yet

    def resume(self, marks: Mapping[str, str]) -> None:
        """Read these streams from here on, not from their beginning, once they are read."""
        self._marks.update(marks)

    def read(self, key: str, about: Stream) -> None:
        """Read a stream from its beginning."""
        self._about[key] = about
        self.positions[key] = self._marks.pop(key, FIRST)
        self._of_scan[about.scan].add(key)

    def forget(self, key: str) -> None:
        """Read a stream no more; harmless if it is not read."""
        self.positions.pop(key, None)
        if about := self._about.pop(key, None):
            self._of_scan[about.scan].discard(key)

    def forget_scan(self, scan: str) -> None:
        """Read nothing of a scan any more."""
        for key in list(self._of_scan[scan]):
            self.forget(key)
        del self._of_scan[scan]

    def hold(self, key: str) -> None:
        """Do not read a stream until its position is set again."""
        self.positions.pop(key, None)

    def about(self, key: str) -> Stream | None:
        """What a stream is about; None if it is not one of them."""
        return self._about.get(key)

    def of_role(self, *roles: str, scan: str | None = None) -> list[str]:
        """Those of a scan that have one of these roles; without a scan those of no scan."""
        return [key for key in self._of_scan.get(scan, ()) if self._about[key].role in roles]

    def all(self) -> list[tuple[str, Stream]]:
        """All of them, in the order in which they were added."""
        return list(self._about.items())
