"""Names of the keys in the data server; nothing else in the project spells one.

| key                       | type   | holds                                     | lives       |
| ------------------------- | ------ | ----------------------------------------- | ----------- |
| `{db_name}`               | hash   | `name db_name node_type parent version`,  | as its node |
|                           |        | `children`: number of its newest child    |             |
| `{db_name}_info`          | hash   | metadata, one msgpack value a field       | as its node |
| `{db_name}_children_list` | stream | one NEW_NODE a child                      | as its node |
| `{db_name}_data`          | stream | the points of a channel; a group for each | as its scan |
|                           |        | required consumer: what that one has      |             |
| `{db_name}_prepared`      | stream | one entry, `1-0`, when a scan is prepared;| as its scan |
|                           |        | a group for each required consumer        |             |
| `{db_name}_end`           | stream | one entry, `1-0`, when a scan has ended   | as its scan |
| `{db_name}_nodes`         | set    | db_names of all nodes below a scan        | as its scan |
| `{db_name}_containers`    | set    | db_names of a session's containers        | for ever    |
| `{db_name}_unfinished`    | set    | db_names of a session's scans without END | for ever    |
| `{db_name}_ended`         | set    | those with END that are not confirmed yet | for ever    |
| `{db_name}_expiring`      | zset   | those that are, by the time they expire   | for ever    |
| `{db_name}_gone`          | stream | the scans that were deleted, the last ones| for ever    |

A `db_name` is the names from the session down, joined by colons.
"""

from collections.abc import Iterable

from bliss.common.errors import ConfigError

SEPARATOR = ":"
SCANS = frozenset(["scan", "scan_group"])  #: types of nodes that are prepared, and end
STORED = "2-0"  #: a required consumer's position on `_prepared` once it has all of the scan
_SUFFIXES = (
    "_info",
    "_children_list",
    "_data",
    "_prepared",
    "_end",
    "_nodes",
    "_containers",
    "_unfinished",
    "_ended",
    "_expiring",
    "_gone",
)


def node(db_name: str) -> str:
    """Key of the node itself."""
    return db_name


def info(db_name: str) -> str:
    """Key of a node's metadata."""
    return db_name + "_info"


def children(db_name: str) -> str:
    """Key of the stream that announces a node's children."""
    return db_name + "_children_list"


def data(db_name: str) -> str:
    """Key of the stream of a channel's points."""
    return db_name + "_data"


def is_data(key: bytes) -> bool:
    """Whether a key is that of a stream of points."""
    return key.endswith(b"_data")


def prepared(scan: str) -> str:
    """Key of the stream that says that a scan is prepared."""
    return scan + "_prepared"


def end(scan: str) -> str:
    """Key of the stream that says that, how and why a scan has ended."""
    return scan + "_end"


def nodes(scan: str) -> str:
    """Key of the set of all nodes below a scan."""
    return scan + "_nodes"


def containers(session: str) -> str:
    """Key of the set of all containers of a session."""
    return session + "_containers"


def unfinished(session: str) -> str:
    """Key of the set of a session's scans that have not ended."""
    return session + "_unfinished"


def ended(session: str) -> str:
    """Key of the set of a session's scans that have ended and are not confirmed."""
    return session + "_ended"


def expiring(session: str) -> str:
    """Key of a session's confirmed scans, ordered by the time at which they expire."""
    return session + "_expiring"


def gone(session: str) -> str:
    """Key of the stream of a session's scans that were deleted."""
    return session + "_gone"


def touched_by_end(scan: str) -> list[str]:
    """The keys that ending a scan needs, in the order of the server's function."""
    session = session_of(scan)
    return [end(scan), node(scan), info(scan), unfinished(session), ended(session)]


def of_scan(scan: str, nodes: Iterable[str]) -> list[str]:
    """All keys that a scan with these nodes below it may have."""
    own = [node(scan), info(scan), children(scan), prepared(scan), end(scan)]
    below = [key(name) for name in nodes for key in (node, info, children, data)]
    return [*own, scan + "_nodes", *below]


def session_of(db_name: str) -> str:
    """The session that a node belongs to."""
    return db_name.partition(SEPARATOR)[0]


def parent_of(db_name: str) -> str:
    """The `db_name` of a node's parent, empty for a session."""
    return db_name.rpartition(SEPARATOR)[0]


def is_in(db_name: str, node: str) -> bool:
    """Whether a node is another one, or is below it."""
    return db_name == node or db_name.startswith(node + SEPARATOR)


def join(parent: str, name: str) -> str:
    """The `db_name` of the child `name` of `parent`.

    Raises:
        ConfigError: If a key made from the name could be taken for another node's.
    """
    problem = ""
    if not name:
        problem = "is empty"
    elif SEPARATOR in name:
        problem = f"contains {SEPARATOR!r}"
    elif name.endswith(_SUFFIXES):
        problem = f"ends in one of {', '.join(_SUFFIXES)}"
    if problem:
        raise ConfigError(f"{name!r} cannot name anything in the data: it {problem}; rename it")
    return f"{parent}{SEPARATOR}{name}" if parent else name
