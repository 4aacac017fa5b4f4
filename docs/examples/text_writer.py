"""Store scans as text: text_writer.py SESSION FOLDER.

A file for each channel, with a line for each point: its index and its value.  While this runs,
scans that are to be saved require it: the data server keeps what it has not stored, whatever
happens to it.  Started again, it goes on where its files end.
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

from bliss.data.consumer import Consumer
from bliss.data.node import EventType, StopHandler


class TextFile:
    """The points of one channel, the oldest first."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        self._file.seek(0)
        whole = self._file.read().rpartition(b"\n")[0]
        self._file.truncate(len(whole) + 1 if whole else 0)  # half a line, when it was killed
        last = whole.rpartition(b"\n")[2]
        self.count = int(last.split()[0]) + 1 if last else 0

    def append(self, first_index, points):
        """Store points safely; those that are there already came again as they were not marked."""
        lines = [
            f"{index} {json.dumps(np.asarray(point).tolist())}\n"
            for index, point in enumerate(points, first_index)
            if index >= self.count
        ]
        self._file.write("".join(lines).encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.count = max(self.count, first_index + len(points))

    def close(self):
        """Close the file."""
        self._file.close()


def store(consumer, folder):
    """Store all that comes."""
    files = {}
    for event in consumer.events():
        name = event.node.db_name
        if event.type is EventType.NEW_DATA:
            if name not in files:
                files[name] = TextFile(folder / (name.replace(":", "/") + ".txt"))
            files[name].append(event.data.first_index, event.data.data)
        elif event.type is EventType.END_SCAN:
            for channel in [each for each in files if each.startswith(name + ":")]:
                files.pop(channel).close()
            print(f"{name} is stored: {event.data.outcome}", flush=True)
        consumer.mark(event)


if __name__ == "__main__":
    stop = StopHandler()
    signal.signal(signal.SIGTERM, lambda *_: stop.stop())
    signal.signal(signal.SIGINT, lambda *_: stop.stop())
    with Consumer("text", sys.argv[1], stop_handler=stop) as consumer:
        print("ready", flush=True)
        store(consumer, Path(sys.argv[2]))
