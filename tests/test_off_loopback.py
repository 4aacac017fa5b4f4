"""Whom Beacon lets in when it is not alone on its machine, and what strangers cannot do to it."""

import contextlib
import os
import random
import socket
import threading
import time

import msgpack
import psutil
import pytest

from bliss.beacon import Beacon, wire
from bliss.beacon.proof import Handshake, find_password, make_key, new_nonce
from bliss.common.errors import BeaconError, BeaconNotFoundError, ConfigError
from tests.beacon_process import BeaconProcess

PASSWORD = "correct horse"
TIMEOUT = 20.0  #: seconds; what is waited for comes within a second or two
HELLO = {"op": "hello", "version": 1, "role": "client", "client": "c", "user": "u", "host": "h",
         "pid": 1, "nonce": bytes(32)}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_password_here(monkeypatch):
    monkeypatch.delenv("BLISS_PASSWORD", raising=False)
    monkeypatch.delenv("BLISS_PASSWORD_FILE", raising=False)


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A Beacon that asks everybody."""
    folder = tmp_path_factory.mktemp("asking")
    file = folder / "password"
    file.write_text(f"{PASSWORD}\n")
    options = ("--trust-nobody", "--password-file", str(file))
    with BeaconProcess(folder / "state", options=options) as process:
        yield process


@pytest.fixture
def own_ip():
    """An address of this machine that others may reach."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; finds a route
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return probe.getsockname()[0]


def port_of(process):
    return int(process.host.rpartition(":")[2])


# the proofs


@pytest.mark.parametrize(
    "change",
    [{"client": "d"}, {"role": "session"}, {"client_nonce": bytes(32)}, {"beacon_nonce": b""}],
)
def test_a_proof_is_good_for_one_conversation_and_one_side(change):
    said = {
        "client": "c",
        "role": "viewer",
        "client_nonce": new_nonce(),
        "beacon_nonce": new_nonce(),
    }
    key = make_key(PASSWORD, b"salt")
    proof = Handshake(**said).proof("client", key)
    assert Handshake(**said).is_proved("client", key, proof)
    assert not Handshake(**said).is_proved("beacon", key, proof)
    assert not Handshake(**said).is_proved("client", make_key("wrong horse", b"salt"), proof)
    assert not Handshake(**said).is_proved("client", make_key(PASSWORD, b"other"), proof)
    assert not Handshake(**said | change).is_proved("client", key, proof)
    for nonsense in (None, "", b"", proof[:-1], proof + b"x", [proof]):
        assert not Handshake(**said).is_proved("client", key, nonsense)


def test_where_a_password_comes_from(tmp_path):
    file = tmp_path / "password"
    file.write_text("  from a file\n")
    named = {"BLISS_PASSWORD_FILE": str(file), "BLISS_PASSWORD": "from a variable"}
    assert find_password(environment={}) is None
    assert find_password(environment={"BLISS_PASSWORD": "from a variable"}) == "from a variable"
    assert find_password(environment=named) == "from a file"
    assert find_password(str(file), {}) == "from a file"
    file.write_text("short\n")
    with pytest.raises(ConfigError, match=f"password file {file}: expected .* 8 characters"):
        find_password(environment=named)
    with pytest.raises(ConfigError, match=r"BLISS_PASSWORD: expected .* 8 characters"):
        find_password(environment={"BLISS_PASSWORD": "short"})
    file.write_bytes(b"\xff" * 20)
    with pytest.raises(ConfigError, match="it is not UTF-8"):
        find_password(str(file))


# the challenge


def test_who_knows_the_password_comes_in(asking, tmp_path, monkeypatch):
    with Beacon(asking.host, "session", password=PASSWORD) as client:
        assert client.redis("data").ping()
        client.lock_session("demo_session")
    monkeypatch.setenv("BLISS_PASSWORD", PASSWORD)
    with Beacon(asking.host) as client:
        assert client.session_names() == ["demo_session"]
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    monkeypatch.setenv("BLISS_PASSWORD_FILE", str(file))
    monkeypatch.setenv("BLISS_PASSWORD", "not this one")
    with Beacon(asking.host) as client:
        assert client.session_names() == ["demo_session"]


def test_who_does_not_stays_outside(asking):
    with Beacon(asking.host) as client, pytest.raises(BeaconError) as caught:
        client.connect()
    assert str(caught.value) == (
        f"Beacon at {asking.host} asks for a password: set BLISS_PASSWORD, or BLISS_PASSWORD_FILE"
        " to the name of a file that holds it"
    )
    with Beacon(asking.host, password="wrong horse") as client:
        for _ in range(2):
            with pytest.raises(BeaconError, match="the password is wrong; Beacon expects the one"):
                client.session_names()


def test_a_client_of_an_older_release_is_told(asking):
    with connected(asking) as connection:
        old = {key: value for key, value in HELLO.items() if key != "nonce"}
        assert "install the same release" in exchange(connection, old)["message"]


@pytest.mark.parametrize(
    "second", [{"op": "status"}, {"op": "prove"}, {"op": "prove", "proof": 5}, {}]
)
def test_nothing_is_answered_before_the_proof(asking, second):
    with connected(asking) as connection:
        assert set(exchange(connection, HELLO)) == {"challenge"}
        assert "the password is wrong" in exchange(connection, second)["message"]
        assert connection.recv(1) == b""


def test_what_was_overheard_is_of_no_use(asking):
    with overheard(asking) as (address, said, answered), Beacon(address, password=PASSWORD) as good:
        assert good.session_names() == ["demo_session"]
    assert b"prove" in b"".join(said)
    assert b"proof" in b"".join(answered)
    assert PASSWORD.encode() not in b"".join(said + answered)
    with connected(asking) as connection:
        connection.sendall(b"".join(said))
        assert set(receive(connection)) == {"challenge"}
        assert "the password is wrong" in receive(connection)["message"]


def test_beacon_proves_itself_too():
    answers = [
        {"challenge": {"nonce": new_nonce(), "salt": b"salt"}},
        {"result": {"protocol": 1, "proof": bytes(32)}},
    ]
    with impostor("127.0.0.1", answers) as address, pytest.raises(BeaconError) as caught:
        Beacon(address, password=PASSWORD).connect()
    assert "does not know the password; it is not your Beacon" in str(caught.value)


@pytest.mark.parametrize("challenge", [None, {}, {"nonce": b"", "salt": b""}, {"nonce": bytes(32)}])
def test_a_challenge_that_makes_no_sense(challenge):
    with (
        impostor("127.0.0.1", [{"challenge": challenge}]) as address,
        pytest.raises(BeaconNotFoundError, match="what listens there is not Beacon: unexpected ch"),
    ):
        Beacon(address, password=PASSWORD).connect()


def test_a_beacon_elsewhere_that_does_not_ask_is_not_believed(own_ip):
    with (
        impostor(own_ip, [{"result": {"protocol": 1}}]) as address,
        pytest.raises(BeaconError, match="does not ask for a password, as every Beacon does"),
    ):
        Beacon(address, password=PASSWORD).connect()


# where it listens


def test_on_all_addresses_users_of_this_machine_are_trusted_and_others_asked(tmp_path, own_ip):
    environment = {"BLISS_PASSWORD": PASSWORD}
    with BeaconProcess(tmp_path, options=("--host", "0.0.0.0"), environment=environment) as process:
        for host, password in (("127.0.0.1", None), (own_ip, PASSWORD)):
            with Beacon(f"{host}:{port_of(process)}", password=password) as client:
                assert client.server("data")["host"] == host
                assert client.redis("data").ping()
                assert client.redis("settings").ping()
        with (
            Beacon(f"{own_ip}:{port_of(process)}") as client,
            pytest.raises(BeaconError, match="asks for a password"),
        ):
            client.connect()


def test_on_one_address_that_is_not_loopback(tmp_path, own_ip):
    environment = {"BLISS_PASSWORD": PASSWORD}
    with BeaconProcess(tmp_path, options=("--host", own_ip), environment=environment) as process:
        with Beacon(f"{own_ip}:{port_of(process)}", password=PASSWORD) as client:
            assert client.redis("data").ping()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port_of(process)))


@pytest.mark.skipif(not os.path.exists("/proc/net/if_inet6"), reason="there is no IPv6 here")
def test_on_all_addresses_of_both_kinds(tmp_path):
    environment = {"BLISS_PASSWORD": PASSWORD}
    with BeaconProcess(tmp_path, options=("--host", "::"), environment=environment) as process:
        for host in ("127.0.0.1", "::1"):
            address = f"[{host}]" if ":" in host else host
            with Beacon(f"{address}:{port_of(process)}") as client:
                assert client.server("data")["host"] == host
                assert client.redis("data").ping()


# strangers


def test_it_survives_random_frames_and_half_open_connections(asking):
    process = psutil.Process(asking.process.pid)
    with Beacon(asking.host, password=PASSWORD) as client:
        client.session_names()
        send_random_frames(asking, client, 300, seed=1)  # whatever is made once has been made
        before = process.memory_info().rss, process.num_fds()
        send_random_frames(asking, client, 10_000, seed=2)
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                half = stack.enter_context(connected(asking))
                half.sendall(wire.encode(HELLO)[: random.randrange(8)])
            with Beacon(asking.host, password=PASSWORD) as late:  # served while they are there
                assert late.session_names() == ["demo_session"]
        assert client.session_names() == ["demo_session"]
        wait_until(lambda: process.num_fds() <= before[1])
        assert process.memory_info().rss - before[0] < 16 << 20
    assert asking.process.poll() is None


def send_random_frames(process, client, count, seed):
    """Frames before the hello, instead of the proof, and from a client that has come in."""
    source = random.Random(seed)
    inside = client._open().stream
    while count > 0:
        with connected(process) as connection:
            if source.random() < 0.5:
                exchange(connection, HELLO)
            with contextlib.suppress(ConnectionError):  # Beacon does not listen to the end
                connection.sendall(random_frame(source) * 2)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
        messages = [random_message(source) for _ in range(48)]
        inside.sendall(b"".join(map(wire.encode, messages)))
        for _ in messages:
            assert "error" in receive(inside)
        count -= 50


def random_frame(source):
    if source.random() < 0.3:
        return source.randbytes(source.randrange(1, 200))
    length = source.choice([0, 1, 5, 100, 5000, 1 << 20, 1 << 31])
    body = source.randbytes(min(length, 5000))
    return length.to_bytes(4, "big") + body


def random_message(source):
    keys = ["op", "name", "session", "again", "proof", "x"]
    values = [None, 5, -1.5, b"\xff", "", "server", ["x"], {}, "a" * 1000, "prove", "hello", "\0"]
    message = {key: source.choice(values) for key in source.sample(keys, 4)}
    return msgpack.unpackb(msgpack.packb(message))


@contextlib.contextmanager
def connected(process):
    with socket.create_connection(("127.0.0.1", port_of(process)), TIMEOUT) as connection:
        yield connection


def exchange(connection, message):
    connection.sendall(wire.encode(message))
    return receive(connection)


def receive(connection):
    header = connection.recv(wire.HEADER_SIZE, socket.MSG_WAITALL)
    return wire.decode(connection.recv(wire.payload_length(header), socket.MSG_WAITALL))


@contextlib.contextmanager
def impostor(host, answers):
    """Something that answers each frame of one client with the next of `answers`."""
    with socket.create_server((host, 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                for answer in answers:
                    receive(connection)
                    connection.sendall(wire.encode(answer))
                connection.recv(1)

        with thread(serve):
            yield f"{host}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def overheard(process):
    """A way to Beacon for one client, on which someone listens: its address, and what is said."""
    said, answered = [], []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            client, _ = listener.accept()
            with (
                client,
                connected(process) as beacon,
                thread(lambda: pass_on(beacon, client, answered)),
            ):
                pass_on(client, beacon, said)

        with thread(serve):
            yield f"127.0.0.1:{listener.getsockname()[1]}", said, answered


def pass_on(source, target, heard):
    while data := source.recv(65536):
        heard.append(data)
        target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def thread(work):
    running = threading.Thread(target=work)
    running.start()
    try:
        yield
    finally:
        running.join()


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
