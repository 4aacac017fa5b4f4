"""Finding the newest of many nodes without looking at all of them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bliss.data import keys
from bliss.data._interest import Interest
from bliss.data._raw import parse_child

if TYPE_CHECKING:
    from bliss.data._events import MakeNode
    from bliss.data._nodes import DataNode

_PAGE = 50  #: children that are asked for at once


def newest_below(
    node: "DataNode", interest: Interest, wanted: Callable[["DataNode"], bool], make: "MakeNode"
) -> "DataNode | None":
    """The node below another one that was created last.

    Args:
        node: Where to look.
        interest: Which types count, and below which not to look.
        wanted: Says yes or no to a node of one of those types.
        make: Makes the nodes.
    """
    for child in _newest_first(node, make):
        inside = interest.opens(child.type) and newest_below(child, interest, wanted, make)
        if inside:
            return inside
        if interest.wants(child.type) and wanted(child):
            return child
    return None


def _newest_first(node: "DataNode", make: "MakeNode") -> Iterator["DataNode"]:
    end: bytes | str = "+"
    while True:
        entries: Any = node.db_connection.xrevrange(keys.children(node.db_name), end, count=_PAGE)
        for _, fields in entries:
            yield make(node.db_connection, *parse_child(node.db_name, fields))
        if len(entries) < _PAGE:
            return
        end = b"(" + entries[-1][0]
