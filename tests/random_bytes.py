"""`python -m tests.random_bytes SEED`: random byte strings through each decoder.

Prints how often they were refused, and the growth of the process in kilobytes.  Any error outside
our family, and anything that is executed, ends it.
"""

import os
import pickle
import random
import resource
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bliss.common.errors import BlissError
from bliss.common.values import pack, unpack
from bliss.data import keys
from bliss.data._interest import Interest
from bliss.data._raw import Entry
from bliss.data._walk import Walk
from bliss.data.encoding import PointType, bounds, decode_block, decode_blocks

COUNT = 25_000
SCAN = "s:data:1"
MASTER = f"{SCAN}:axis"
CHANNEL = f"{MASTER}:x"

FORBIDDEN = ("pickle.find_class", "os.mkdir", "os.system", "os.exec", "subprocess.Popen")

KINDS = [
    PointType("<f8", ()),
    PointType("str", ()),
    PointType("<f8", (-1,)),
    PointType("|u1", (2, 3)),
    PointType("<f8", (2**40,) * 3),
    PointType("|u1", (1,) * 31),
]
FIELDS = [b"n", b"d", b"l", b"db_name", b"node_type", b"outcome", b"reason", b"time"]
STREAMS = [
    keys.children("s"),
    keys.children("s:data"),
    keys.children(SCAN),
    keys.children(MASTER),
    keys.prepared(SCAN),
    keys.end(SCAN),
    keys.data(CHANNEL),
]


class Dangerous:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> Any:
        return (os.mkdir, ("executed",))


SEEDS = [
    *(pickle.dumps(Dangerous(), protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
    pack({"a": [1, 2.5, "text", b"bytes", None, True], "b": np.arange(3.0)}),
    pack(["one", "two"]),
    pack(np.zeros((2, 3), "u1")),
    *(bytes(16), bytes(6), b"1", b"2", b"3-0", b"5.5", b"complete"),
    *(b"scan", b"master", b"channel", b"s:data", SCAN.encode(), MASTER.encode(), CHANNEL.encode()),
    b"\xdd\xff\xff\xff\xff",
    b"\x91" * 2000,
]


class Source:
    """Bytes that are random, right, or nearly right."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def bytes(self) -> bytes:
        what = self.random.random()
        if what < 0.3:
            return self.random.randbytes(self.random.randrange(40))
        right = self.random.choice(SEEDS)
        if what < 0.6:
            return right
        changed = bytearray(right)
        for _ in range(self.random.randrange(1, 4)):
            changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        length = self.random.randrange(len(changed) + 1) if what < 0.8 else len(changed)
        return bytes(changed[:length])

    def entries(self) -> list[Entry]:
        return [
            (
                b"%d-0" % number if self.random.random() < 0.97 else self.bytes(),
                {name: self.bytes() for name in self.random.sample(FIELDS, 4)},
            )
            for number in range(1, self.random.randrange(2, 4))
        ]


class Decoders:
    """All that bytes from a server go through."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._walk = new_walk()

    def all(self) -> list[Callable[[bytes], object]]:
        return [unpack, self.block, self.bounds, self.walk]

    def bounds(self, data: bytes) -> None:
        bounds(data, {b"n": data})
        bounds(b"3-0", {b"n": data})

    def block(self, data: bytes) -> None:
        choose = self._source.random.choice
        count, lengths = choose([b"1", b"2", data]), choose([bytes(4), data])
        fields, kind = {b"n": count, b"d": data, b"l": lengths}, choose(KINDS)
        choose((lambda: decode_block(fields, kind), lambda: decode_blocks([(fields, 1)], kind)))()

    def walk(self, data: bytes) -> None:
        choose, chance = self._source.random.choice, self._source.random.random
        key = choose(STREAMS).encode() if chance() < 0.9 else data
        block = (keys.data(CHANNEL).encode(), [(b"3-0", {b"n": data})])
        try:
            self._walk.feed([(key, self._source.entries()), block])
        except BlissError:
            self._walk = new_walk()
            raise
        self._walk.take_problems()
        if chance() < 0.02:
            self._walk = new_walk()


def new_walk() -> Walk:
    """A walk of a session with a scan that runs."""
    walk = Walk(Interest(), "s")
    walk.add("s", "session")
    walk.add("s:data", "container")
    walk.add(SCAN, "scan")
    walk.add(MASTER, "master", SCAN)
    walk.add(CHANNEL, "channel", SCAN)
    return walk


def forbid(event: str, arguments: tuple[Any, ...]) -> None:
    """End the process when something is executed."""
    if event in FORBIDDEN:
        sys.exit(f"executed: {event} {arguments}")


def peak() -> int:
    """The most memory this process ever had, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Feed them."""
    source = Source(int(sys.argv[1]))
    decoders = Decoders(source).all()
    refused, before = 0, peak()
    sys.addaudithook(forbid)
    for _ in range(COUNT):
        data = source.bytes()
        for decode in decoders:
            try:
                decode(data)
            except BlissError:
                refused += 1
    print(refused, peak() - before)


if __name__ == "__main__":
    main()
