"""Followers that say when points have come, and check that each came once and in order."""

import json
import subprocess
import sys

import gevent
import gevent.event

from bliss.data.node import EventType, StopHandler
from tests.beacon_process import python_environment

NEW_DATA, GAP, END = EventType.NEW_DATA, EventType.GAP, EventType.END_SCAN


class Follower:
    """Walks in a thread and keeps what it sees."""

    def __init__(self, node):
        self.events = []
        self._stop = StopHandler()
        self._changed = gevent.event.Event()
        walk = node.walk_events(stop_handler=self._stop)
        self._greenlet = gevent.spawn(self._run, walk)

    def _run(self, walk):
        for event in walk:
            self.events.append(event)
            self._changed.set()

    def wait(self, condition):
        with gevent.Timeout(20):
            while not condition():
                self._changed.wait()
                self._changed.clear()

    def wait_for_points(self, count, channel="x"):
        self.wait(lambda: len(points_of(self.events, channel)) >= count)

    def end_of(self, scan):
        """The END of a scan, once it is there."""

        def ends():
            return [e.data for e in self.events if e.type is END and e.node.db_name == scan]

        self.wait(ends)
        (end,) = ends()
        return end

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stop.stop()
        self._greenlet.get(timeout=5)


ASYNC_FOLLOWER = """
import asyncio, sys
from bliss.beacon import Beacon, set_beacon
from bliss.data import aio
from bliss.data.node import EventType, make

async def main(client):
    points = []
    async for event in aio.walk_events(make(client, sys.argv[2], "scan")):
        if event.type is EventType.NEW_DATA and event.node.name.endswith(":" + sys.argv[3]):
            assert event.data.first_index == len(points)
            points += event.data.data.tolist()
            print(len(points), flush=True)
    print(points, flush=True)

with Beacon(sys.argv[1]) as beacon:
    asyncio.run(main(beacon.redis("data")))
"""


class AsyncFollower:
    """The same with asyncio, to the end of one scan, in a plain process."""

    def __init__(self, host, scan, channel="x"):
        self._process = subprocess.Popen(
            [sys.executable, "-c", ASYNC_FOLLOWER, str(host), scan, channel],
            env=python_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_for_points(self, count):
        while int(self._process.stdout.readline()) < count:
            pass

    def result(self):
        """All points, once the scan has ended."""
        return json.loads(self._process.stdout.readlines()[-1])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.kill()
        self._process.communicate()


def points_of(events, name="x"):
    """All points of one channel, and that each came once and in order."""
    points = []
    for event in events:
        if event.type is NEW_DATA and event.node.name.endswith(f":{name}"):
            assert event.data.first_index == len(points)
            points += list(event.data.data)
        assert event.type is not EventType.GAP
    return points
