"""From the entries of a channel to blocks that follow each other, and gaps; touches no socket."""

from collections.abc import Callable

from bliss.common.errors import FormatError
from bliss.data import encoding
from bliss.data._raw import Fields, Item, RawBlock, RawEvent, number_of
from bliss.data.events import EventType, Gap

Tell = Callable[[str], None]
"""Has a problem told to who reads."""


def take_blocks(item: Item, reached: int, tell: Tell) -> list[RawEvent]:
    """What the entries of a channel mean.

    Args:
        item: The entries.
        reached: How many of its points are known.
        tell: Told what is not of the format, and so left out.
    """
    events = []
    blocks: list[RawBlock] = []
    for entry_id, fields in item.entries:
        first, end = _bounds(item.key, entry_id, fields, tell)
        if first > reached:
            if blocks:
                events.append(item.stream.event(EventType.NEW_DATA, blocks))
                blocks = []
            events.append(item.stream.event(EventType.GAP, Gap(reached, first - 1)))
            reached = first
        if end > reached:
            blocks.append(RawBlock(reached, end, fields))
            reached = end
    if blocks:
        events.append(item.stream.event(EventType.NEW_DATA, blocks))
    return events


def _bounds(key: str, entry_id: bytes, fields: Fields, tell: Tell) -> tuple[int, int]:
    """Of a block; all of one that is not of the format is a gap."""
    try:
        return encoding.bounds(entry_id, fields)
    except FormatError as problem:
        tell(f"{key}: {problem}; the block is left out")
        return number_of(entry_id), number_of(entry_id)
