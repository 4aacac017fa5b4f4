"""Hundreds of scans in one session with two followers: nothing grows."""

import contextlib
import time

import redis

from bliss.data import keys
from tests.beacon_process import BeaconProcess
from tests.campaign.collecting import Collecting
from tests.campaign.keyboard import Keyboard
from tests.campaign.report import Part
from tests.campaign.verdict import check_session

SESSION = "demo_session"
SCAN = "loopscan(5, 0, diode1, sim_ct_gauss, save=False)"
WAYS = ("walk", "async")
WARM = 50  #: scans after which nothing is to grow
LOOKS = 9  #: how often it is looked at afterwards
MOST_GROWTH = 20.0  #: MB
CONFIRMED = 10.0  #: s until the last scan is confirmed
#: keys a node has, as the specification says
KEYS = {"session": 2, "container": 2, "scan": 6, "master": 2, "channel": 3}


def run(part: Part) -> None:
    """Run the scans."""
    with (
        BeaconProcess(part.folder / "state") as beacon,
        contextlib.ExitStack() as followers,
        Keyboard(beacon, part.folder) as shell,
        beacon.client("session") as client,
    ):
        for way in WAYS:
            collector = followers.enter_context(Collecting(way, beacon.env, part.folder))
            collector.wait_until_it_listens()
        server = client.redis("data")
        part.attempt(0, lambda: _run(part, shell, server), lambda: shell.text[-3000:])


def _run(part: Part, shell: Keyboard, server: redis.Redis) -> str:
    count = len(part.numbers)
    warm = min(WARM, count // 2)
    _scans(shell, warm)
    for _ in range(3):
        shell.ask(f"{SCAN}; inside.settle()")
    first = shell.ask()["rss"]
    step = max(1, (count - warm) // LOOKS)
    growth, done = 0.0, warm
    while done < count:
        now = min(step, count - done)
        _scans(shell, now)
        done += now
        told = shell.ask()
        check_session(told)
        growth = (told["rss"] - first) / 1e6
        alive = ", ".join(f"{what} {many}" for what, many in told["alive"].items())
        part.figures.append(f"scan {done}: {growth:+.1f} MB, {alive}")
    assert growth < MOST_GROWTH, f"memory grew by {growth:.1f} MB"
    _check_keys(part, server)
    return f"{count} scans"


def _scans(shell: Keyboard, count: int) -> None:
    shell.forget()
    shell.run(f"for _ in range({count}): {SCAN}\r", timeout=10 + count)


def _check_keys(part: Part, server: redis.Redis) -> None:
    """The data server has the keys that the specification says, and no others."""
    _wait_until_confirmed(server)
    found = {key.decode() for key in server.scan_iter(count=10_000)}
    nodes = {key for key in found if server.type(key) == b"hash" and not key.endswith("_info")}
    types = [(server.hget(node, "node_type") or b"").decode() for node in nodes]
    sets = [keys.containers(SESSION), keys.expiring(SESSION)]  # the others are empty, or not there
    expected = len(sets) + sum(KEYS.get(kind, KEYS["master"]) for kind in types)
    part.figures.append(f"{len(found)} keys of {types.count('scan')} scans, expected {expected}")
    assert len(found) == expected, sorted(found)[:60]


def _wait_until_confirmed(server: redis.Redis) -> None:
    deadline = time.monotonic() + CONFIRMED
    while server.exists(keys.unfinished(SESSION), keys.ended(SESSION)):
        assert time.monotonic() < deadline, f"scans are not confirmed after {CONFIRMED} s"
        time.sleep(0.05)
