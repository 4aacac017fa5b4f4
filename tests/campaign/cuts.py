"""All connections to the data and settings servers cut, one to five times a scan."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator

import numpy as np
import redis

from bliss.config.channels import Channel
from tests.beacon_process import BeaconProcess, run_python
from tests.campaign.collecting import Collecting, check_whole
from tests.campaign.keyboard import Keyboard
from tests.campaign.report import Part
from tests.campaign.verdict import check_session
from tests.data_tree import data_server, port_of

POINTS = 120
WARM = "ct(0, diode1)"  #: afterwards all is there that stays; no loopscan, which trials look for
SCAN = f"loopscan({POINTS}, .01, diode1, sim_ct_gauss)"
LASTS = 1.2  #: s of counting
WAYS = ("walk", "async", "consumer")
BACK = 5.0  #: s until a Channel has to have its value
ASK = "from bliss.config.channels import Channel; print(Channel('cuts', default_value=None).value)"


def run(part: Part) -> None:
    """Cut all connections in scans."""
    with contextlib.ExitStack() as everything:
        scene = everything.enter_context(_scene(part))
        for number in part.numbers:
            part.attempt(number, lambda n=number: scene.trial(n), lambda: scene.shell.text[-5000:])
        scene.print_figures()


@contextlib.contextmanager
def _scene(part: Part) -> Iterator["_Scene"]:
    """All that runs, at servers whose connections anybody may cut."""
    with (
        data_server() as data,
        data_server() as settings,
        BeaconProcess(part.folder / "state", options=_urls(data, settings)) as beacon,
        contextlib.ExitStack() as followers,
    ):
        collectors = [
            followers.enter_context(Collecting(way, beacon.env, part.folder)) for way in WAYS
        ]
        for each in collectors:
            each.wait_until_it_listens()
        with (
            Keyboard(beacon, part.folder) as shell,
            beacon.client() as client,
            Channel("cuts", value=0, beacon=client) as channel,
        ):
            shell.run("from bliss.config.channels import Channel; kept = Channel('cuts')")
            for _ in range(4):
                shell.ask(f"{WARM}; inside.settle()")
            yield _Scene(part, (data, settings), beacon, collectors, shell, channel)


def _urls(data: redis.Redis, settings: redis.Redis) -> tuple[str, ...]:
    return (
        *("--data-url", f"redis://127.0.0.1:{port_of(data)}"),
        *("--settings-url", f"redis://127.0.0.1:{port_of(settings)}"),
    )


class _Scene:
    def __init__(
        self,
        part: Part,
        servers: tuple[redis.Redis, redis.Redis],
        beacon: BeaconProcess,
        collectors: list[Collecting],
        shell: Keyboard,
        channel: Channel,
    ) -> None:
        self._part = part
        self._servers = servers
        self._beacon = beacon
        self._collectors = collectors
        self.shell = shell
        self._channel = channel
        self._pauses: dict[str, list[float]] = {way: [] for way in WAYS}
        self._cuts = 0

    def trial(self, number: int) -> str:
        """A scan with cuts: no point is lost or doubled, the Channels have their value again."""
        dice = self._part.dice(number)
        self.shell.forget()
        self._channel.value = f"before {number}"
        known = set(self._collectors[0].begun)
        self.shell.type(SCAN + "\r")
        scan = self._collectors[0].wait_for_new(known)
        cut = self._cut(dice)
        told = self.shell.ask(timeout=30)
        check_session(told)
        assert [each["outcome"] for each in told["scans"]] == ["complete"], told["scans"]
        for each in self._collectors:
            had = each.end_of(scan)
            check_whole(had, self._servers[0], POINTS)
            self._pauses[each.way].append(had["pause"])
        self._check_channels(number)
        return f"{scan}: {cut} cuts"

    def _cut(self, dice: random.Random) -> int:
        instants = sorted(dice.uniform(0, LASTS) for _ in range(dice.randint(1, 5)))
        began = time.monotonic()
        for instant in instants:
            self.shell.watch(began + instant - time.monotonic())
            for server in self._servers:
                server.client_kill_filter(_type="normal", skipme=True)
                server.client_kill_filter(_type="pubsub")
        self._cuts += len(instants)
        return len(instants)

    def _check_channels(self, number: int) -> None:
        """Inside, outside and in a new process there is one value, and it can be set."""
        before = f"before {number}"
        assert self._channel.value == before
        assert before in self.shell.run("kept.value")
        asked = run_python("-c", ASK, BEACON_HOST=self._beacon.host)
        assert asked.stdout.strip() == before, asked.stdout + asked.stderr
        self.shell.run(f"kept.value = 'inside {number}'")
        _wait_for(lambda: self._channel.value == f"inside {number}")
        self._channel.value = f"outside {number}"
        _wait_for(lambda: f"outside {number}" in self.shell.run("kept.value"))

    def print_figures(self) -> None:
        """How long the followers were without points."""
        self._part.figures.append(f"{self._cuts} cuts")
        for way, pauses in self._pauses.items():
            if pauses:
                self._part.figures.append(
                    f"{way}: longest time without points: median {np.median(pauses):.2f} s, "
                    f"most {max(pauses):.2f} s"
                )


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BACK
    while not condition():
        assert time.monotonic() < deadline, f"a Channel has not its value after {BACK} s"
        time.sleep(0.01)
