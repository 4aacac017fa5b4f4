"""Who is alive: signs of life, sessions that are given up, consumers, scans left behind."""

import _thread
import contextlib
import select
import signal
import subprocess
import sys
import time
from datetime import datetime
from functools import partial

import pytest
from gevent import monkey

from bliss.beacon._claims import Claim, Claims
from bliss.common.errors import (
    BeaconError,
    ConsumerTakenError,
    SessionLockedError,
    UnknownSessionError,
)
from bliss.data import keys
from bliss.server.consumers import Consumers
from bliss.server.liveness import Liveness
from bliss.server.locks import Holder, SessionLocks
from tests.beacon_process import BeaconProcess, free_port
from tests.data_tree import ScanWriter, data_server, port_of
from tests.leaks import census
from tests.terminal import Terminal

TIMEOUT = 20.0  #: seconds; what is waited for comes within a few seconds
IMPATIENT = ("--session-timeout", "1")
START_NATIVE_THREAD = monkey.get_original("_thread", "start_new_thread")

# the tables


def holder(client="a", pid=1):
    return Holder(client, "user", "host", pid, datetime(2024, 1, 2))


def test_a_session_has_one_holder():
    locks = SessionLocks()
    assert locks.take("s", holder("a"))
    assert not locks.take("s", holder("a"))
    with pytest.raises(SessionLockedError, match="session s is in use by user@host"):
        locks.take("s", holder("b"))
    locks.release("s", "b")
    assert locks.of("a") == ["s"]
    assert list(locks.release_all("a")) == ["s"]
    assert locks.take("s", holder("b"))


def test_who_has_given_signs_must_go_on():
    clients = Liveness(patience=15)
    for name in ("quiet", "beating"):
        clients.came(name, 1, now=0)
    clients.sign("quiet", 1)
    clients.sign("beating", 1, beat=True)
    assert clients.silent(16) == []
    assert clients.silent(16.5) == ["beating"]
    assert clients.silent(17) == []  # once
    clients.sign("beating", 20, beat=True)
    clients.sign("beating", 30)  # a request is a sign too
    assert clients.silent(45) == []
    assert clients.silent(46) == ["beating"]


def test_time_in_which_nobody_listened_does_not_count():
    clients = Liveness(patience=15)
    clients.came("a", 1, now=0)
    clients.sign("a", 0, beat=True)
    clients.overlook(100)
    assert clients.silent(114) == []
    assert clients.silent(116) == ["a"]


def test_a_client_is_there_while_it_has_a_connection():
    clients = Liveness(patience=15)
    clients.came("a", 1, now=0)
    clients.came("a", 2, now=0)
    assert not clients.left("a", 1)
    assert clients.left("a", 2)
    assert clients.silent(100) == []


def test_a_consumer_counts_on_for_a_while():
    consumers = Consumers(patience=15)
    consumers.announce("s", "writer", holder("a"))
    consumers.announce("s", "copier", holder("b"))
    assert consumers.names("s", now=0) == ["copier", "writer"]
    assert consumers.connected("s", "writer") == holder("a")
    consumers.left("a", now=10)
    assert consumers.connected("s", "writer") is None
    assert consumers.by_session(now=24.9) == {"s": ["copier", "writer"]}
    assert consumers.names("s", now=25) == ["copier"]
    consumers.withdraw("s", "copier", "a")
    assert consumers.of("b") == [("s", "copier")]
    consumers.withdraw_all("b")
    assert consumers.by_session(now=25) == {}


def test_a_consumer_that_comes_back_counts_as_if_it_had_not_left():
    consumers = Consumers(patience=15)
    consumers.announce("s", "writer", holder("a"))
    consumers.left("a", now=0)
    consumers.announce("s", "writer", holder("b"))
    consumers.left("a", now=1)
    assert consumers.names("s", now=100) == ["writer"]


def test_claims_that_another_has_taken_are_not_taken_again():
    class Refusing:
        def ask(self, request):
            raise SessionLockedError(f"{request['name']} is in use by me")

    claims = Claims()
    claims.add(Claim("s"))
    claims.add(Claim("s", "writer"))
    assert claims.missing(held=[Claim("s", "writer")]) == [Claim("s")]
    with pytest.raises(SessionLockedError):
        claims.take_again(Claim("s"), Refusing())
    assert claims.lost_session == "s is in use by me"
    assert claims.missing() == [Claim("s", "writer")]
    claims.add(Claim("s"))
    assert claims.lost_session is None


# consumers


def test_consumers_are_announced_and_withdrawn(beacon):
    with beacon.client("writer") as writer, beacon.client() as client:
        assert client.consumers("demo_session") == []
        writer.announce_consumer("writer", "demo_session")
        writer.announce_consumer("writer", "demo_session")
        assert client.consumers("demo_session") == ["writer"]
        assert client.status()["consumers"] == {"demo_session": ["writer"]}
        writer.withdraw_consumer("writer", "demo_session")
        writer.withdraw_consumer("writer", "demo_session")
        assert client.consumers("demo_session") == []
        writer.announce_consumer("writer", "demo_session")
        writer.close()  # as it should: it does not come back
        assert client.consumers("demo_session") == []


def test_what_is_no_consumer(beacon):
    with beacon.client("writer") as writer:
        with pytest.raises(UnknownSessionError, match=r"'nosuch'.*demo_session"):
            writer.announce_consumer("writer", "nosuch")
        with pytest.raises(UnknownSessionError, match=r"'nosuch'.*demo_session"):
            writer.consumers("nosuch")
        for name in ("", "  ", "a\nb", "x" * 101):
            with pytest.raises(BeaconError, match="expected a short name such as 'writer'"):
                writer.announce_consumer(name, "demo_session")


def test_a_consumer_is_one_process(beacon):
    with beacon.client("writer") as first, beacon.client("writer") as second:
        first.announce_consumer("writer", "demo_session")
        with pytest.raises(ConsumerTakenError, match=r"writer of session demo_session is .*; end"):
            second.announce_consumer("writer", "demo_session")
        second.announce_consumer("copier", "demo_session")
        assert first.consumers("demo_session") == ["copier", "writer"]
        first.close()
        second.announce_consumer("writer", "demo_session")


def test_a_consumer_that_was_killed_counts_on_and_may_be_started_again(tmp_path):
    with (
        BeaconProcess(tmp_path, options=IMPATIENT) as beacon,
        beacon.client() as client,
        beacon.client("writer") as successor,
    ):
        with Process(beacon, "writer") as writer:
            writer.do("beacon.announce_consumer('writer', 'demo_session')")
        with contextlib.suppress(ConsumerTakenError):  # its connection's end may be seen later
            successor.announce_consumer("writer", "demo_session")
        assert client.consumers("demo_session") == ["writer"]
        successor.close()
        with Process(beacon, "writer") as writer:
            writer.do("beacon.announce_consumer('killer', 'demo_session')")
        assert client.consumers("demo_session") == ["killer"]
        wait_until(lambda: client.consumers("demo_session") == [])


# sessions that give signs of life

PROGRAM = """
import sys
from gevent import monkey
monkey.patch_all()
from bliss.beacon import Beacon
beacon = Beacon(role=sys.argv[1])
def beat():
    start = monkey.get_original("_thread", "start_new_thread")
    beacon.start_beating(start, lambda why: print("lost", why, flush=True))
for line in sys.stdin:  # which holds up the hub, too
    exec(line)
    print("done", flush=True)
"""


class Process:
    """A process patched by gevent that has a client of Beacon; killed at the end."""

    def __init__(self, beacon, role="session"):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, role],
            env=beacon.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def tell(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def do(self, *lines):
        for line in lines:
            self.tell(line)
            assert self.said() == "done"

    def said(self):
        return self.process.stdout.readline().strip()

    def hold(self, session="demo_session"):
        self.do(f"beacon.lock_session({session!r})", "beat()")


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def has_locked(client, session="demo_session"):
    try:
        client.lock_session(session)
    except SessionLockedError:
        return False
    return True


@pytest.fixture
def impatient(tmp_path):
    """A Beacon that gives up soon."""
    config = tmp_path / "sessions.yml"
    config.write_text("sessions: [{name: one}, {name: two}]")
    with BeaconProcess(tmp_path / "state", config=config, options=IMPATIENT) as beacon:
        yield beacon


def test_a_session_that_stands_still_is_given_up_and_its_scan_ended(impatient):
    with Process(impatient) as still, impatient.client("session") as other:
        still.hold("one")
        scan = ScanWriter(other.redis("data"), session="one")
        still.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: has_locked(other, "one"))
        (end,) = other.redis("data").xrange(keys.end(scan.name))
        assert end[1][b"outcome"] == b"lost"
        reason = end[1][b"reason"].decode()
        assert reason.startswith("no sign of life for 1 s from its session: ")
        assert f"process {still.process.pid}" in reason
        scan.close()
        still.process.send_signal(signal.SIGCONT)
        assert still.said().startswith("lost session one is in use by ")
        still.do("assert 'one is in use by' in beacon.lost_session")
        still.do("beacon.session_names()")  # the client itself is of use
        other.unlock_session("one")
        still.do("beacon.lock_session('one')", "assert beacon.lost_session is None")


def test_a_session_that_comes_back_to_find_itself_free_holds_itself_again(impatient):
    with Process(impatient) as still, impatient.client("session") as other:
        still.hold("one")
        still.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: other.status()["sessions"] == {})
        still.process.send_signal(signal.SIGCONT)
        wait_until(lambda: "one" in other.status()["sessions"])
        still.do("assert beacon.lost_session is None")
        # what it has begun since goes on
        scan = ScanWriter(other.redis("data"), session="one")
        with pytest.raises(SessionLockedError, match=f"process {still.process.pid}"):
            other.lock_session("one")
        assert not other.redis("data").exists(keys.end(scan.name))
        scan.close()


def test_a_session_that_computes_is_alive(impatient):
    with Process(impatient) as busy, impatient.client("session") as other:
        busy.hold("one")
        busy.do("import time; end = time.monotonic() + 2")
        busy.tell("any(time.monotonic() > end for _ in iter(int, 1))")
        locked = []
        while not select.select([busy.process.stdout], [], [], 0.05)[0]:
            locked.append(has_locked(other, "one"))
        assert locked
        assert not any(locked)


def test_a_client_that_never_gave_signs_is_not_given_up_while_it_is_connected(impatient):
    with Process(impatient) as still, Process(impatient) as quiet:
        still.hold("one")
        quiet.do("beacon.lock_session('two')")
        for each in (quiet, still):
            each.process.send_signal(signal.SIGSTOP)
        with impatient.client("session") as other:
            wait_until(lambda: has_locked(other, "one"))
            assert not has_locked(other, "two")
            quiet.process.kill()
            wait_until(lambda: has_locked(other, "two"))


def test_beacon_holds_its_own_standstill_against_nobody(impatient):
    with Process(impatient) as process, impatient.client("session") as other:
        process.hold("one")
        other.connect()
        impatient.process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)  # longer than it is patient
        impatient.process.send_signal(signal.SIGCONT)
        for _ in range(20):
            assert not has_locked(other, "one")


def test_signs_of_life_survive_a_restart_of_beacon(tmp_path):
    port = free_port()
    with contextlib.ExitStack() as stack:
        start = partial(BeaconProcess, tmp_path / "state", port=port, options=IMPATIENT)
        first = stack.enter_context(start())
        session = stack.enter_context(Process(first))
        writer = stack.enter_context(Process(first, "writer"))
        session.hold()
        writer.do("beacon.announce_consumer('writer', 'demo_session')", "beat()")
        first.kill()
        second = stack.enter_context(start())
        client = stack.enter_context(second.client())
        wait_until(lambda: "demo_session" in client.status()["sessions"])
        wait_until(lambda: client.consumers("demo_session") == ["writer"])


def test_a_beat_ends_with_its_client_and_is_noticed_before(beacon):
    before = census()
    with beacon.client("session") as client:
        client.lock_session("demo_session")
        client.start_beating(START_NATIVE_THREAD)
        client.start_beating(START_NATIVE_THREAD)
        wait_until(lambda: client.status()["clients"]["session"] == 1)  # on two connections
        assert len(census().beats - before.beats) == 1
        assert "beats" in census().new_since(before)
    with beacon.client("session") as other:
        other.lock_session("demo_session")


def test_a_greenlet_is_no_thread_to_beat_from(beacon, capfd):
    with beacon.client() as client:
        client.start_beating(_thread.start_new_thread)
        wait_until(lambda: "not a greenlet" in capfd.readouterr().err)


def test_a_beat_keeps_no_process_alive(beacon):
    code = (
        "from bliss.beacon import Beacon; import _thread\n"
        "client = Beacon(role='session'); client.lock_session('demo_session')\n"
        "client.start_beating(_thread.start_new_thread)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=beacon.env, timeout=TIMEOUT, check=True)
    assert done.returncode == 0
    with beacon.client("session") as other:
        wait_until(lambda: has_locked(other))


def test_a_shell_gives_signs_and_says_that_it_lost_its_session(tmp_path):
    with (
        BeaconProcess(tmp_path / "state", options=("--session-timeout", "2")) as beacon,
        Terminal(
            "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
        ) as terminal,
        beacon.client("session") as other,
    ):
        terminal.wait_for_prompt()
        terminal.signal(signal.SIGSTOP)
        wait_until(lambda: has_locked(other))
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("this session was given up, .*session demo_session is in use by")


# scans left behind


def test_scans_that_an_earlier_beacon_left_behind_are_ended(tmp_path):
    with data_server() as server:
        left, taken = (ScanWriter(server, session=name) for name in ("one", "two"))
        config = tmp_path / "sessions.yml"
        config.write_text("sessions: [{name: one}, {name: two}]")
        options = ("--data-url", f"redis://127.0.0.1:{port_of(server)}", *IMPATIENT)
        with (
            BeaconProcess(tmp_path / "state", config=config, options=options) as beacon,
            beacon.client("session") as session,
        ):
            # as a session does that has held it under the earlier one
            session._claims.add(Claim("two"))
            session.connect()
            wait_until(lambda: server.exists(keys.end(left.name)))
            (end,) = server.xrange(keys.end(left.name))
            assert (
                end[1][b"reason"] == b"no session has taken it up within 1 s after Beacon's start"
            )
            assert not server.exists(keys.end(taken.name))
        for each in (left, taken):
            each.close()
