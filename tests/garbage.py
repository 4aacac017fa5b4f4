"""What can be wrong in the data server, and what readers say of each kind."""

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bliss.common.errors import FormatError, NodeNotFoundError, PointNeverError, PointTrimmedError
from bliss.common.values import pack
from bliss.data import keys, node


class Dangerous:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> Any:
        return (os.mkdir, ("executed",))


# What goes wrong.  Each scan has the channels x and y of two points; x is spoiled, y goes on.


def a_garbage_field(client, scan):
    next_entry(client, scan, n="many", d=b"\0" * 8)


def a_wrong_dtype(client, scan):
    client.hset(keys.info(scan.channel("x")), "dtype", pack("|O"))


def a_wrong_shape(client, scan):
    client.hset(keys.info(scan.channel("x")), "shape", pack([7]))


def an_endless_shape(client, scan):
    client.hset(keys.info(scan.channel("x")), "shape", pack([2**40] * 3))


def a_missing_field(client, scan):
    next_entry(client, scan, n=1)


def a_deleted_block(client, scan):
    scan.send(x=[3.0])
    client.xdel(keys.data(scan.channel("x")), "2-0")


def a_deleted_announcement(client, scan):
    client.xdel(keys.children(f"{scan.name}:axis"), "1-0")


def data_that_is_text(client, scan):
    text_in(client, keys.data(scan.channel("x")))


def an_end_that_is_text(client, scan):
    text_in(client, keys.end(scan.name))


def prepared_that_is_text(client, scan):
    text_in(client, keys.prepared(scan.name))


def children_that_are_text(client, scan):
    text_in(client, keys.children(scan.channel("x")))


def a_node_that_is_text(client, scan):
    text_in(client, keys.node(scan.channel("x")))


def metadata_that_is_text(client, scan):
    text_in(client, keys.info(scan.channel("x")))


def a_node_that_is_gone(client, scan):
    client.delete(keys.node(scan.channel("x")))


def a_newer_version(client, scan):
    client.hset(keys.node(scan.channel("x")), "version", 2)


def a_garbage_node_type(client, scan):
    next_child(client, scan, b"\xff\xfe")


def a_pickle_in_the_metadata(client, scan):
    client.hset(keys.info(scan.name), "title", pickle.dumps(Dangerous()))


def a_pickle_for_a_dtype(client, scan):
    client.hset(keys.info(scan.channel("x")), "dtype", pickle.dumps(Dangerous()))


def a_count_that_is_too_large(client, scan):
    next_entry(client, scan, n=7, d=b"\0" * 8)


def a_count_that_does_not_fit(client, scan):
    next_entry(client, scan, n=2, d=b"\0" * 8)


def an_end_without_outcome(client, scan):
    client.xadd(keys.end(scan.name), {"time": 1.0}, id="1-0")


def a_child_that_never_was(client, scan):
    next_child(client, scan, "channel")


def next_entry(client, scan, **fields):
    scan.counts["x"] += 1
    client.xadd(keys.data(scan.channel("x")), fields, id=f"{scan.counts['x']}-0")


def next_child(client, scan, node_type):
    fields = {"db_name": scan.channel("ghost"), "node_type": node_type}
    client.xadd(keys.children(f"{scan.name}:axis"), fields, id="3-0")


def text_in(client, key):
    client.delete(key)
    client.set(key, "text")


@dataclass(frozen=True)
class Kind:
    """What readers say of one kind of garbage."""

    spoil: Callable
    told: str  #: what the one warning of a walk says; empty if a walk does not look there
    ask: Callable[[str], object] | None  #: what fails when it is read directly, given the scan
    error: type[Exception] = FormatError
    says: str = ""
    sends: bool = True  #: whether x can be sent to afterwards
    lost: tuple[int, ...] = ()  #: the points of x that do not come
    outcome: str = "complete"


def channel(name: str, which: str = "x") -> Any:
    """Made without asking the server, as a walk makes it."""
    client = node.get_node("garbage").db_connection
    return node.make(client, f"{name}:axis:{which}", "channel")


EVERYTHING = (0, 1, 2)

KINDS = [
    Kind(a_garbage_field, "'many'", lambda s: channel(s).get(2), says="'many'", lost=(2,)),
    Kind(a_wrong_dtype, r"dtype '\|O'", lambda s: channel(s).dtype, says=r"x: .*\|O",
         lost=EVERYTHING),
    Kind(a_wrong_shape, "8 bytes: expected 56", lambda s: channel(s).get(0, 1),
         says="x: .*expected 56", lost=EVERYTHING),
    Kind(an_endless_shape, "8 bytes: expected", lambda s: channel(s)[9:], says="x: shape",
         lost=EVERYTHING),
    Kind(a_missing_field, "without its points", lambda s: channel(s).get(0, -1),
         says="x: .*without its points", lost=(2,)),
    Kind(a_deleted_block, "", lambda s: channel(s).get(1), error=PointTrimmedError,
         says="point 1 is gone: its block was deleted", lost=(1,)),
    Kind(a_deleted_announcement, "1 entries up to 2-0 are gone", None),
    Kind(data_that_is_text, "x_data holds something else than a stream",
         lambda s: channel(s).get(0), says="x_data holds something else", sends=False),
    Kind(an_end_that_is_text, "_end holds something else",
         lambda s: channel(s, "y").get(9), error=PointNeverError, outcome="lost"),
    Kind(prepared_that_is_text, "_prepared holds something else", None),
    Kind(children_that_are_text, "", lambda s: list(channel(s).children()),
         says="_children_list holds something else"),
    Kind(a_node_that_is_text, "x holds something else than a hash",
         lambda s: node.get_node(f"{s}:axis:x"), says="x holds something else", lost=EVERYTHING),
    Kind(metadata_that_is_text, "x_info holds something else than a hash",
         lambda s: channel(s).info.get_all(), says="x_info holds", lost=EVERYTHING),
    Kind(a_node_that_is_gone, "its type is not there",
         lambda s: node.get_node(f"{s}:axis:x"), error=NodeNotFoundError, lost=EVERYTHING),
    Kind(a_newer_version, "version b'2' of the format: expected 1",
         lambda s: node.get_node(f"{s}:axis:x"), says="version b'2'", lost=EVERYTHING),
    Kind(a_garbage_node_type, "readable 'node_type'",
         lambda s: node.get_node(f"{s}:axis").last_child,
         says="readable 'node_type'"),
    Kind(a_pickle_in_the_metadata, "", lambda s: node.get_node(s).info["title"],
         says="_info: 'title': .*not msgpack"),
    Kind(a_pickle_for_a_dtype, "not msgpack", lambda s: channel(s).get(0), says="x: .*not msgpack",
         lost=EVERYTHING),
    Kind(a_count_that_is_too_large, "of 7 points: expected at most 3",
         lambda s: channel(s).get(2), says="x: .*at most 3", lost=(2,)),
    Kind(a_count_that_does_not_fit, "8 bytes: expected 16", lambda s: channel(s).get(2),
         says="x: .*expected 16", lost=(2,)),
    Kind(an_end_without_outcome, "readable 'outcome'", lambda s: channel(s).get(99),
         error=PointNeverError, outcome="lost"),
    Kind(a_child_that_never_was, "", lambda s: node.get_node(f"{s}:axis:ghost"),
         error=NodeNotFoundError),
]  # fmt: skip
