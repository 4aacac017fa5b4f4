"""What a walk yields."""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from bliss.data._nodes import DataNode


class EventType(Enum):
    """What happened; a member knows the others, so `event == event.NEW_NODE` works."""

    NEW_NODE = "new_node"  #: a node was created
    PREPARED_SCAN = "prepared_scan"  #: all nodes of a scan are there, its points will follow
    NEW_DATA = "new_data"  #: a channel has new points
    NEW_DATA_IN_CHANNEL = "new_data"  #: BLISS's name  # noqa: PIE796 - wanted: the same member
    GAP = "gap"  #: points of a channel were trimmed before this reader got them
    END_SCAN = "end_scan"  #: a scan has ended; nothing of it follows


@dataclass(frozen=True, slots=True)
class NewData:
    """Points that came for a channel."""

    first_index: int  #: index of the first of them in the channel
    #: Shape (npoints, *shape), read-only; a list of text, or of spectra that differ in length.
    data: np.ndarray | list[Any]

    @property
    def npoints(self) -> int:
        """How many points."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Gap:
    """Points that this reader will not get."""

    first_index: int  #: index of the first missing point
    last_index: int  #: index of the last missing point


@dataclass(frozen=True, slots=True)
class ScanEnd:
    """How a scan ended."""

    outcome: str  #: `complete`, `stopped`, `aborted`, `failed` or `lost`
    reason: str  #: why, empty when `complete`
    time: float  #: seconds since the epoch


class Event(NamedTuple):
    """One event; unpacks as `event_type, node, data`."""

    type: EventType
    node: "DataNode"
    data: NewData | Gap | ScanEnd | None = None
