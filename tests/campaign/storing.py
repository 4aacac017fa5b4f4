"""A required consumer that stores what little is needed to know what it was given.

Run as `python -m tests.campaign.storing FILE`: a line for each block, count and checksum of the
channel with it.  Started again, it goes on where its file ends.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from bliss.data.consumer import Consumer
from bliss.data.events import EventType, Gap, NewData
from tests.campaign.tally import Tally

NAME = "storing"


class StoredTallies:
    """Tallies that survive their process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+b")
        self._file.seek(0)
        whole = self._file.read().rpartition(b"\n")[0]
        self._file.truncate(len(whole) + 1 if whole else 0)  # half a line, when it was killed
        self.channels = {
            channel: Tally(**tally) for channel, tally in map(json.loads, whole.splitlines())
        }

    def take(self, channel: str, data: NewData | Gap) -> None:
        """Store a block safely."""
        tally = self.channels.setdefault(channel, Tally())
        tally.take(data)
        self._file.write(json.dumps([channel, asdict(tally)]).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def main() -> None:
    """Store until killed."""
    stored = StoredTallies(Path(sys.argv[1]))
    with Consumer(NAME, "demo_session") as consumer:
        print(json.dumps({"listening": True}), flush=True)
        for event in consumer.events():
            if isinstance(event.data, NewData | Gap):
                stored.take(event.node.db_name, event.data)
            consumer.mark(event)
            if event.type is EventType.END_SCAN:
                print(json.dumps({"end": event.node.db_name}), flush=True)


if __name__ == "__main__":
    main()
