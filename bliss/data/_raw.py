"""What a walk is fed, and what it says, before anything is looked up or decoded."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bliss.common.errors import FormatError
from bliss.data import keys
from bliss.data.events import EventType, Gap, ScanEnd

_ID = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")

Fields = Mapping[bytes, bytes]
Entry = tuple[bytes, Fields]
Reply = Iterable[tuple[bytes, Sequence[Entry]]]
"""One read of several streams: each key that has new entries, with these."""


class RawBlock(NamedTuple):
    """An entry of a channel, not decoded yet: only its reader knows the type of its points."""

    first_index: int  #: of the points that are new; those before were delivered
    end: int  #: index after the last
    fields: Fields


class RawEvent(NamedTuple):
    """An event about a node that has not been looked up yet."""

    type: EventType
    db_name: str
    node_type: str
    data: list[RawBlock] | Gap | ScanEnd | None = None


class Stream(NamedTuple):
    """What the entries of one stream are about."""

    role: str  #: `children`, `prepared`, `data`, `end` or `gone`
    db_name: str
    node_type: str
    scan: str | None  #: the scan it belongs to

    def event(
        self, event_type: EventType, data: list[RawBlock] | Gap | ScanEnd | None = None
    ) -> RawEvent:
        """An event about its node."""
        return RawEvent(event_type, self.db_name, self.node_type, data)


class Item(NamedTuple):
    """What one read gave of one stream."""

    key: str
    stream: Stream
    entries: Sequence[Entry]


def position_of(entry_id: bytes | str) -> str:
    """An entry's id as text.

    Raises:
        FormatError: If no server can have made it.
    """
    text = entry_id.decode("ascii", "replace") if isinstance(entry_id, bytes) else entry_id
    if not _ID.fullmatch(text):
        raise FormatError(f"entry id {text!r:.40}: expected two numbers, as in '501-0'")
    return text


def number_of(entry_id: bytes | str) -> int:
    """The first part of an entry's id, whatever the second is.

    Raises:
        FormatError: If no server can have made it.
    """
    return int(position_of(entry_id).partition("-")[0])


def parse_child(parent: str, fields: Fields) -> tuple[str, str]:
    """The `db_name` and type of the node that an entry of a children list announces.

    Raises:
        FormatError: If it says neither, or the node is not below `parent`.
    """
    db_name, node_type = _text(fields, b"db_name"), _text(fields, b"node_type")
    if keys.parent_of(db_name) != parent:
        raise FormatError(f"{db_name!r} is announced below {parent!r}: expected a child of it")
    return db_name, node_type


def parse_end(fields: Fields) -> ScanEnd:
    """How a scan ended.

    Raises:
        FormatError: If the entry does not say so.
    """
    outcome, reason = _text(fields, b"outcome"), _text(fields, b"reason")
    return ScanEnd(outcome, reason, _time(fields))


def parse_gone(fields: Fields) -> tuple[str, float]:
    """The `db_name` of a scan that was deleted, and when that was.

    Raises:
        FormatError: If the entry does not say so.
    """
    return _text(fields, b"db_name"), _time(fields)


def _time(fields: Fields) -> float:
    text = _text(fields, b"time")
    try:
        return float(text)
    except ValueError:
        raise FormatError(f"the time {text!r:.40}: expected seconds since the epoch") from None


def _text(fields: Fields, name: bytes) -> str:
    try:
        return fields[name].decode()
    except (KeyError, UnicodeDecodeError):
        raise FormatError(f"an entry without a readable {name.decode()!r}") from None
