"""The tree of sessions, scans and channels: where a client of the data begins.

```python
from bliss.data import node

session_node = node.get_session_node("demo_session")
for event, *values in session_node.walk_on_new_events(filter="scan"):
    ...
```
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bliss.beacon import get_beacon
from bliss.common.errors import NodeNotFoundError, UnknownSessionError
from bliss.data import keys
from bliss.data._find import newest_below
from bliss.data._follow import StopHandler
from bliss.data._interest import Filter, interest_of, passes
from bliss.data._nodes import ChannelNode, DataNode, load, load_all, make
from bliss.data.creation import NewNode, create_nodes
from bliss.data.events import Event, EventType

__all__ = [
    "ChannelNode",
    "DataNode",
    "Event",
    "EventType",
    "StopHandler",
    "get_filtered_nodes",
    "get_last_saved_scan",
    "get_node",
    "get_nodes",
    "get_or_create_node",
    "get_session_node",
    "make",
    "sessions_list",
]


def get_session_node(name: str) -> DataNode:
    """The node of a session, also before the session has ever run.

    Raises:
        UnknownSessionError: If `sessions.yml` has no such session; lists those it has.
        BeaconNotFoundError: If no Beacon answers.
    """
    beacon = get_beacon()
    known = beacon.session_names()
    if name not in known:
        raise UnknownSessionError(
            f"no session {name!r} in sessions.yml; there are: {', '.join(known) or 'none'}"
        )
    return make(beacon.redis("data"), name, "session")


def get_node(db_name: str) -> DataNode:
    """The node of that name, as in `"demo_session:data:1_ascan"`.

    That of a configured session is there also before the session has ever run.

    Raises:
        NodeNotFoundError: If there is none (any more).
        FormatError: If it is of another version of the format.
    """
    beacon = get_beacon()
    if keys.SEPARATOR not in db_name and db_name in beacon.session_names():
        return make(beacon.redis("data"), db_name, "session")
    return load(beacon.redis("data"), db_name)


def get_nodes(*db_names: str) -> list[DataNode | None]:
    """The nodes of those names, None for each that is not there; one round trip.

    Raises:
        FormatError: If one is of another version of the format.
    """
    return load_all(get_beacon().redis("data"), db_names)


def sessions_list() -> list[DataNode]:
    """The nodes of the sessions that have run."""
    nodes = get_nodes(*get_beacon().session_names())
    return [node for node in nodes if node]


def get_filtered_nodes(*db_names: str, filter: Filter = None) -> Iterator[DataNode]:  # noqa: A002
    """Those of the named nodes that are there and pass; `filter` is as in `DataNode.walk`."""
    for node in get_nodes(*db_names):
        if node and passes(node, filter):
            yield node


def get_last_saved_scan(db_name: str) -> DataNode | None:
    """The newest scan below a session or container that is saved, None if there is none."""
    root = get_node(db_name)
    return newest_below(
        root, interest_of("scan", (), data=False), lambda scan: not scan.name.startswith("_"), make
    )


def get_or_create_node(
    db_name: str, node_type: str = "container", info: Mapping[str, Any] | None = None
) -> DataNode:
    """The node of that name; if there is none it is made, which only a session may.

    Args:
        db_name: As in `"demo_session:data:notes"`.
        node_type: Of a node that is made.
        info: Its metadata.

    Raises:
        NodeNotFoundError: If it is not there, and its parent neither.
    """
    client = get_beacon().redis("data")
    parent = keys.parent_of(db_name)
    if parent and parent not in (node.db_name for node in get_nodes(parent) if node):
        raise NodeNotFoundError(f"{db_name!r} cannot be made: there is no node {parent!r} above it")
    create_nodes(client, [NewNode(db_name, node_type, info or {})])
    return load(client, db_name)
