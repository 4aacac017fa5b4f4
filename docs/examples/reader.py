"""Follow a scan to its end with plain redis-py: reader.py redis://USER:PASSWORD@HOST:PORT SCAN.

Written from docs/data_structure.md alone; prints a line for each block of points.
"""

import sys

import msgpack
import numpy as np
import redis


def decode(fields, dtype, shape):
    """The points of one block."""
    if dtype == "str":
        return msgpack.unpackb(fields[b"d"])
    numbers = np.frombuffer(fields[b"d"], dtype)
    if shape == [-1]:
        return np.split(numbers, np.cumsum(np.frombuffer(fields[b"l"], "<u4"))[:-1])
    return numbers.reshape(int(fields[b"n"]), *shape)


def follow(server, scan):
    """Yield channel, index of the first point and points of each block; at last the outcome."""
    positions, kinds, end = {f"{scan}_children_list": "0-0", f"{scan}_end": "0-0"}, {}, None
    while True:
        reply = server.xread(positions, count=100, block=None if end else 0)
        if end and not reply:
            yield scan, None, end
            return
        for key, entries in ((key.decode(), entries) for key, entries in reply):
            for entry_id, fields in entries:
                positions[key] = entry_id
                if key == f"{scan}_end":
                    end = fields[b"outcome"].decode()
                elif key.endswith("_data"):
                    points = decode(fields, *kinds[key])
                    yield key[:-5], int(entry_id.split(b"-")[0]) - len(points), points
                elif fields[b"node_type"] == b"channel":
                    name = fields[b"db_name"].decode()
                    kind = server.hmget(f"{name}_info", "dtype", "shape")
                    kinds[f"{name}_data"] = [msgpack.unpackb(value) for value in kind]
                    positions[f"{name}_data"] = "0-0"
                else:
                    positions[fields[b"db_name"].decode() + "_children_list"] = "0-0"


if __name__ == "__main__":
    for line in follow(redis.from_url(sys.argv[1]), sys.argv[2]):
        print(*line)
