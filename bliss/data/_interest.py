"""What a reader wants to hear of."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bliss.data import keys

if TYPE_CHECKING:
    from bliss.data._nodes import DataNode

Filter = str | Collection[str] | Callable[["DataNode"], bool] | None
"""A node type, several of them, or a function that says yes or no to a node; None: everything."""

_ABOVE_CHANNELS = keys.SCANS | {"session", "container"}


@dataclass(frozen=True, slots=True)
class Interest:
    """What a reader wants to hear of, so that nothing else is read."""

    node_types: frozenset[str] | None = None  #: None: all
    closed: frozenset[str] = frozenset()  #: node types whose children are left out
    data: bool = True  #: whether points, PREPARED and END are wanted; without, only NEW_NODE

    def wants(self, node_type: str) -> bool:
        """Whether events about this type of node are to be yielded."""
        return self.node_types is None or node_type in self.node_types

    def opens(self, node_type: str) -> bool:
        """Whether the children of this type of node are to be read."""
        if node_type in self.closed or node_type == "channel":
            return False
        if node_type in ("session", "container") or self.node_types is None:
            return True
        return bool(self.node_types - _ABOVE_CHANNELS)

    @property
    def follows_scans(self) -> bool:
        """Whether anything that happens in or to scans of any type is wanted."""
        return any(self.follows(scan_type) for scan_type in keys.SCANS)

    def follows(self, scan_type: str) -> bool:
        """Whether anything that happens in or to a scan of this type is wanted."""
        return self.opens(scan_type) or (self.data and self.wants(scan_type))


def interest_of(wanted: Filter, closed: str | Collection[str], *, data: bool) -> Interest:
    """The interest that the arguments of a walk describe; a function is left to its caller."""
    types: frozenset[str] | None = None
    if isinstance(wanted, str):
        types = frozenset([wanted])
    elif wanted is not None and not callable(wanted):
        types = frozenset(wanted)
    return Interest(types, frozenset([closed] if isinstance(closed, str) else closed), data)


def passes(node: "DataNode", wanted: Filter) -> bool:
    """Whether a node is one that a filter wants."""
    return (
        wanted(node) if callable(wanted) else interest_of(wanted, (), data=False).wants(node.type)
    )
