"""Suspenders of a real shell, whose conditions other processes change: each pauses, and comes back.

The beam and the shutter are the two motors of a controller over TCP, which another client of it
moves; where they are is what the beamline's own electronics would tell.
"""

import re
import threading
import time
from contextlib import contextmanager

import pytest

from bliss.beacon import Beacon
from bliss.config.channels import Channel
from tests.beacon_process import BeaconProcess
from tests.motor_server import Voice
from tests.terminal import Terminal

#: `beam` is a counter, `current` a function that tells others what it has seen
PREPARED = """
import itertools
from bliss.config.channels import Channel
beam = SoftCounter(tx, "position", name="beam", unit="mA")
looks, seen = itertools.count(), Channel("seen")
current = lambda: (mA := tx.position, setattr(seen, "value", [next(looks), mA]))[0]
pauses = lambda: SCANS[-1].node.info["pauses"]
flags = lambda: [int(flag) for flag in SCANS[-1].get_data()["timer:flags"] if flag]
print(tx.position, ty.position)
"""


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with BeaconProcess(tmp_path_factory.mktemp("suspenders")) as started:
        yield started


@pytest.fixture(scope="module")
def shell(process, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with Terminal("-s", "demo_session", home=home, environment=process.env) as opened:
        opened.wait_for_prompt()
        for line in PREPARED.strip().splitlines():
            assert "Error" not in opened.run(line)
        yield opened


@pytest.fixture
def electronics(shell, process):
    """A client of the controller of beam and shutter, beside the shell: 50 mA, open."""
    port = (process.state / "motors" / "port").read_text().split()[0]
    voice = Voice(f"127.0.0.1:{port}")
    voice.say("POS 1 50000")
    voice.say("POS 2 -1000")  # this axis runs the other way round
    yield voice
    voice.close()


@pytest.fixture
def client(process):
    """A connection of this process to the Beacon of the shell."""
    with Beacon(process.host, "client") as beacon:
        yield beacon


@contextmanager
def suspended_by(shell, suspender):
    """The shell's scans are watched like that."""
    assert "Error" not in shell.run(f"add_suspender(Suspender({suspender}))")
    yield
    shell.run(f"remove_suspender({suspender.partition(',')[0]})")


@contextmanager
def running(shell, line):
    """A scan that goes on for ever, from its third point on; Ctrl-C ends it."""
    since = shell.type(f"{line}\r")
    shell.wait_for(r" 2   ", since=since)
    try:
        yield since
    finally:
        shell.interrupt()
        shell.finish(since)
    assert "aborted after" in shell.text[since:]


class Seen:
    """What the shell's `current()` has seen, one after the other.

    Args:
        client: The connection.
    """

    def __init__(self, client):
        self.values = []
        self._news = threading.Condition()
        self._channel = Channel("seen", callback=self._take, beacon=client)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()

    def _take(self, value):
        with self._news:
            self.values.append(value[1])
            self._news.notify_all()

    def wait_for(self, value):
        """Wait until the shell has looked at a value, and has done what it had to, twice."""
        with self._news:
            assert self._news.wait_for(lambda: self.values[-2:] == [value, value], timeout=20)


# --- each case


def test_the_beam_is_lost_and_comes_back(shell, electronics):
    with (
        suspended_by(shell, '"beam", beam, below=10, resume_above=20'),
        running(shell, "timescan(.02, diode1)") as since,
    ):
        electronics.say("POS 1 5000")
        shell.wait_for(r"pauses: beam: 5 mA is below 10", since=since)
        electronics.say("POS 1 60000")
        shell.wait_for(r" suspended.* retaken", since=since)
    assert shell.run("flags()").count("1, 2") == 1
    assert "'beam: 5 mA is below 10'" in shell.run("[p['reason'] for p in pauses()]")


def test_a_scan_begins_without_beam(shell, electronics):
    electronics.say("POS 1 0")
    with suspended_by(shell, '"beam", beam, below=10'):
        since = shell.type("ascan(robz, 0, 1, 3, .01, diode1)\r")
        shell.wait_for(r"pauses: beam: 0 mA is below 10", since=since)
        electronics.say("POS 1 50000")
        shown = shell.finish(since)
        assert "complete after 4 points" in shown
        assert "suspended" not in shown
        assert "[]" in shell.run("flags()")


def test_the_shutter_is_closed_in_the_middle_of_a_line(shell, electronics):
    with (
        suspended_by(shell, '"shutter", ty, below=.5'),
        running(shell, "ascan(robz, 0, 1, 10000, .02, diode1)") as since,
    ):
        electronics.say("POS 2 0")
        shell.wait_for(r"pauses: shutter: -?0 mm is below 0\.5", since=since)
        electronics.say("POS 2 -1000")
        shell.wait_for(r" suspended.* retaken", since=since)
    # the same place twice
    assert "True" in shell.run(
        "d = SCANS[-1].get_data(); i = list(d['timer:flags']).index(1); "
        "print(d['robz'][i] == d['robz'][i + 1])"
    )


def test_a_channel_of_another_process(shell, client):
    with (
        Channel("hutch", value="searched", beacon=client) as hutch,
        suspended_by(shell, '"hutch", "hutch", equals="open"'),
        running(shell, "timescan(.02, diode1)") as since,
    ):
        hutch.value = "open"
        shell.wait_for(r"pauses: hutch: is open", since=since)
        hutch.value = "searched"
        shell.wait_for(r" suspended.* retaken", since=since)


def test_two_reasons_at_once_and_one_of_a_person(shell, electronics, client):
    with (
        Channel("demo_session:pause", beacon=client) as pause,
        suspended_by(shell, '"beam", beam, below=10'),
        running(shell, "timescan(.02, diode1)") as since,
    ):
        pause.value = "the sample is being changed"
        shell.wait_for(r"pauses: the sample is being changed", since=since)
        electronics.say("POS 1 0")
        shell.wait_for(r"pauses: beam: 0 mA is below 10", since=since)
        pause.value = ""
        electronics.say("POS 1 50000")
        shell.wait_for(r"going on, after", since=since)
        shell.wait_for(r" \d+   ", since=len(shell.text))
    assert shell.text[since:].count("going on, after") == 1


def test_hysteresis(shell, electronics, client):
    with (
        Seen(client) as seen,
        suspended_by(shell, '"beam", current, below=10, resume_above=20, period=.01'),
        running(shell, "timescan(.02, diode1)") as since,
    ):
        electronics.say("POS 1 15000")
        seen.wait_for(15)
        electronics.say("POS 1 5000")
        shell.wait_for(r"pauses: beam: 5 is below 10", since=since)
        electronics.say("POS 1 15000")
        seen.wait_for(15)
        assert "going on" not in shell.text[since:]
        electronics.say("POS 1 25000")
        shell.wait_for(r"going on, after", since=since)
    assert shell.text[since:].count("pauses: ") == 1


def test_delays(shell, electronics):
    with (
        suspended_by(shell, '"beam", current, below=10, delay=.3, resume_delay=.2, period=.01'),
        running(shell, "timescan(.02, diode1)") as since,
    ):
        lost = time.time()
        electronics.say("POS 1 5000")
        shell.wait_for(r"pauses: beam: 5 is below 10", since=since)
        back = time.time()
        electronics.say("POS 1 50000")
        shell.wait_for(r"going on, after", since=since)
    found = re.search(
        r"(\d+\.\d+) (\d+\.\d+)!",
        shell.run("print(*[pauses()[0][w] for w in ('since', 'until')], end='!')"),
    )
    assert float(found[1]) - lost >= 0.3
    assert float(found[2]) - back >= 0.2


def test_a_loss_that_is_shorter_than_the_delay_is_none(shell, electronics, client):
    with (
        Seen(client) as seen,
        suspended_by(shell, '"beam", current, below=10, delay=1000, period=.01'),
        running(shell, "timescan(.02, diode1)") as since,
    ):
        electronics.say("POS 1 5000")
        seen.wait_for(5)
        electronics.say("POS 1 50000")
        seen.wait_for(50)
    assert "pauses: " not in shell.text[since:]
    assert "[]" in shell.run("flags()")


def test_a_long_count_does_not_go_on_for_nothing(shell, electronics, client):
    with (
        Seen(client) as seen,
        suspended_by(shell, '"beam", current, below=10, period=.01'),
    ):
        since = shell.type("loopscan(2, 600, diode1, i0, mca1)\r")
        seen.wait_for(50)  # first before the point, then in it
        electronics.say("POS 1 5000")
        shell.wait_for(r" 0   .* suspended", since=since)
        electronics.say("POS 1 50000")
        shell.wait_for(r"going on, after", since=since)
        shell.interrupt()
        assert "aborted after 1 of 2 points" in shell.finish(since)
