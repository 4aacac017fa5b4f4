"""The asyncio walk, in a plain process of its own: the same events as the threaded one gives."""

import json
import subprocess
import sys

import numpy as np
import pytest

import scans

WAIT = 20.0  # seconds

FOLLOWER = """
import asyncio, json, sys
from bliss.data import aio, node

def plain(event):
    data = event.data
    points = list(map(float, data.data)) if hasattr(data, "npoints") else None
    return [event.type.name, event.node.db_name, points, getattr(data, "outcome", None)]

def tell(what):
    print(json.dumps(what), flush=True)

async def main(how, name):
    root = node.get_session_node(name) if ":" not in name else node.get_node(name)
    if how == "nodes":
        async for each in aio.walk(root, wait=False):
            tell(each.db_name)
    elif how == "events":
        async for event in aio.walk_events(root):
            tell(plain(event))
    else:
        begun = asyncio.Event()
        follower = asyncio.create_task(follow_new(root, begun))
        await begun.wait()
        tell("begun")
        await follower
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, others

async def follow_new(root, begun):
    try:
        async with asyncio.timeout(15):
            async for event in aio.walk_on_new_events(root, "scan", started_event=begun):
                tell(plain(event))
                if event.type.name == "END_SCAN":
                    # it waits for what never comes, and is cancelled
                    asyncio.get_running_loop().call_later(0.05, asyncio.current_task().cancel)
    except asyncio.CancelledError:
        tell("cancelled")

asyncio.run(main(*sys.argv[1:]))
assert not {"gevent", "IPython"} & set(sys.modules)
"""


@pytest.fixture
def follower(beacon):
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", FOLLOWER, *arguments],
            env=beacon.env,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def lines_of(process):
    lines = [json.loads(line) for line in process.stdout]
    assert process.wait(WAIT) == 0
    return lines


def test_it_gives_what_the_threaded_walk_gives(demo, follower):
    scan = scans.ascan(demo["robz"], 0, 1, 10, 0, demo["sim_ct_gauss"])
    given = lines_of(follower("events", scan.node.db_name))
    expected = list(scan.node.walk_events())
    assert [(kind, name) for kind, name, _, _ in given] == [
        (event.type.name, event.node.db_name) for event in expected
    ]
    points = {name: points for kind, name, points, _ in given if kind == "NEW_DATA"}
    data = scan.get_data()
    assert len(points) == len(data)
    for name, values in points.items():
        np.testing.assert_array_equal(values, data[":".join(name.split(":")[-2:])])
    assert given[-1][3] == "complete"


def test_the_nodes_there_are(demo, follower):
    scan = scans.ct(0, demo["diode1"])
    given = lines_of(follower("nodes", scan.node.db_name))
    assert given == [node.db_name for node in scan.node.walk(wait=False)]


def test_it_follows_live_and_can_be_cancelled(demo, follower):
    process = follower("new", "demo_session")
    assert json.loads(process.stdout.readline()) == "begun"
    scan = scans.loopscan(20, 0.001, demo["diode1"])
    lines = lines_of(process)
    assert [line[:2] for line in lines[:-1]] == [
        [kind, scan.node.db_name] for kind in ("NEW_NODE", "PREPARED_SCAN", "END_SCAN")
    ]
    assert lines[-1] == "cancelled"
