"""Changes to the tree: creating nodes and ending scans.  `append` adds the points."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

from bliss.common import values
from bliss.common.errors import DataLostError
from bliss.data import encoding, keys
from bliss.data.append import ServerFullError


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node to be created; its parent has to be there, or before it in the same call."""

    db_name: str
    node_type: str
    info: Mapping[str, Any] = field(default_factory=dict)
    scan: str | None = None  #: the scan that it is or is in
    consumers: Sequence[str] = ()  #: that the scan requires; see `bliss.data.consumer`


def create_nodes(client: redis.Redis, nodes: Iterable[NewNode]) -> None:
    """Create nodes that are not there yet, all in one transaction.

    Sending it again changes nothing, so it is safe after a broken connection.

    Raises:
        TypeError: If metadata is not plain data.
        DataLostError: If a parent is not there: the server has lost it.
        ServerFullError: If the server has no room.
    """
    nodes = list(nodes)
    with client.pipeline(transaction=True) as together:
        for node in nodes:
            _create(together, node)
        try:
            answers = together.execute(raise_on_error=False)
        except redis.OutOfMemoryError:
            raise _server_full(nodes[-1].db_name) from None
        except redis.exceptions.ExecAbortError as problem:
            if "OOM" not in str(problem):
                raise
            raise _server_full(nodes[-1].db_name) from None
    for node, answer in zip(nodes, answers, strict=True):
        _check(node, answer)


def _create(together: Any, node: NewNode) -> None:
    name = node.db_name.rpartition(keys.SEPARATOR)[2]
    parent = keys.parent_of(node.db_name)
    touched = [keys.node(node.db_name), keys.info(node.db_name)]
    if parent:
        touched += [keys.node(parent), keys.children(parent), _index(node), *_streams(node)]
    described = (name, node.db_name, node.node_type, parent, encoding.VERSION)
    consumers = (len(node.consumers), *node.consumers)
    info = _packed(node.db_name, node.info)
    together.fcall("bliss_new_node", len(touched), *touched, *described, *consumers, *info)


def _index(node: NewNode) -> str:
    """Key of the set that a node is filed in."""
    if node.scan and node.scan != node.db_name:
        return keys.nodes(node.scan)
    session = keys.session_of(node.db_name)
    return keys.unfinished(session) if node.node_type in keys.SCANS else keys.containers(session)


def _streams(node: NewNode) -> list[str]:
    """Keys of the streams that are made with a node."""
    if node.node_type == "channel":
        return [keys.data(node.db_name)]
    return [keys.prepared(node.db_name)] if node.node_type in keys.SCANS else []


def _packed(db_name: str, info: Mapping[str, Any]) -> list[Any]:
    packed: list[Any] = []
    for key, value in info.items():
        try:
            packed += key, values.pack(value)
        except TypeError as problem:
            raise TypeError(f"{db_name}: metadata {key!r}: {problem}") from None
    return packed


def _check(node: NewNode, answer: object) -> None:
    if isinstance(answer, redis.ResponseError) and "NOPARENT" in str(answer):
        raise DataLostError(
            f"{node.db_name}: {keys.parent_of(node.db_name)!r} above it is gone from the data "
            "server, which was restarted or emptied; run again"
        )
    if isinstance(answer, Exception):
        raise answer


def _server_full(what: str) -> ServerFullError:
    return ServerFullError(f"{what}: the data server is full; try again when it has made room")


def mark_prepared(client: redis.Redis, scan: str) -> None:
    """Announce that all nodes of a scan are there; harmless when that was done before.

    Raises:
        DataLostError: If the server has lost the scan.
        ServerFullError: If the server has no room.
    """
    try:
        made = client.xadd(keys.prepared(scan), {"time": time.time()}, id="1-0", nomkstream=True)
    except redis.OutOfMemoryError:
        raise _server_full(scan) from None
    except redis.ResponseError as problem:
        if "equal or smaller" in str(problem):
            return
        raise
    if made is None:
        raise DataLostError(
            f"{scan} is gone from the data server, which was restarted or emptied; run again"
        )


def change_info(client: redis.Redis, node: str, info: Mapping[str, Any]) -> None:
    """Change metadata of a node that is there; of one that is gone, nothing comes into being.

    Raises:
        ServerFullError: If the server has no room.
        TypeError: If metadata is not plain data.
    """
    packed = _packed(node, info)
    if not client.exists(keys.info(node)):
        return
    try:
        client.hset(keys.info(node), mapping=dict(zip(packed[::2], packed[1::2], strict=True)))
    except redis.OutOfMemoryError:
        raise _server_full(node) from None


def end_scan(
    client: redis.Redis, scan: str, outcome: str, reason: str, info: Mapping[str, Any]
) -> bool:
    """End a scan; the first END wins.  Works on a full server too.

    Args:
        client: Of the data server.
        scan: The scan's `db_name`.
        outcome: `complete`, `stopped`, `aborted`, `failed` or `lost`.
        reason: Why; empty only when `complete`.
        info: What is known at the end, added to the scan's metadata.

    Returns:
        Whether this call ended it; if not, another has, or the scan is gone.

    Raises:
        TypeError: If metadata is not plain data.
    """
    touched = keys.touched_by_end(scan)
    described = (scan, time.time(), outcome, reason)
    ended = client.fcall("bliss_end_scan", len(touched), *touched, *described, *_packed(scan, info))
    return bool(ended)
