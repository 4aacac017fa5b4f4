"""Servers as an operator may run them beside Beacon: with users, TLS, replicas and Sentinels."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bliss.server.binary import find_binary
from tests.beacon_process import free_port

TIMEOUT = 10.0  #: s until a server is as it should be

USER, PASSWORD = "scientist", "p@ss/word"
QUOTED = "p%40ss%2Fword"  #: the password as a URL has it
ACL = (
    f"user {USER} on >{PASSWORD} ~* &* +@all -@admin -@dangerous +info +function +keys +config|get"
)


@dataclass
class Server:
    """A running server, with a client of it that may do everything."""

    process: subprocess.Popen
    client: redis.Redis
    port: int

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def program_with_tls() -> str:
    """A server that knows TLS, which the one in the wheel does not.

    Skips the test where there is none; in CI there has to be one.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and b"libssl" in subprocess.check_output(["ldd", found]):
            return found
    assert not os.environ.get("CI"), "no redis-server with TLS; see .ci/run"
    pytest.skip("no redis-server with TLS: apt-get install redis-server")


@contextlib.contextmanager
def running(
    folder: Path, *options: object, program: str | None = None, tls: Path | None = None
) -> Iterator[Server]:
    """A server with these lines of configuration, ended in the end.

    Args:
        folder: For its files.
        options: Lines of its configuration.
        program: Which server, that of the wheel by default.
        tls: Folder of `ca.crt`, `server.crt` and `server.key`, if it is to speak TLS only.
    """
    port = free_port()
    ports = [f"port {port}"]
    if tls:
        ports = ["port 0", f"tls-port {port}", f"tls-ca-cert-file {tls}/ca.crt"]
        ports += [f"tls-cert-file {tls}/server.crt", f"tls-key-file {tls}/server.key"]
    folder.mkdir(exist_ok=True)
    file = folder / f"{port}.conf"
    own = ["bind 127.0.0.1", 'save ""', f"dir {folder}", "repl-diskless-sync no"]
    file.write_text("\n".join([*ports, *own, *map(str, options), ""]))
    with _process([program or find_binary(None), file]) as process:
        encryption = {"ssl": True, "ssl_ca_certs": f"{tls}/ca.crt"} if tls else {}
        with redis.Redis(port=port, retry=Retry(NoBackoff(), 0), **encryption) as client:
            wait_until(client.ping, process)
            yield Server(process, client, port)


@contextlib.contextmanager
def sentinel(folder: Path, master: Server) -> Iterator[int]:
    """A Sentinel that watches `mymaster`; gives its port."""
    port = free_port()
    file = folder / f"sentinel-{port}.conf"
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f"dir {folder}",
        f"sentinel monitor mymaster 127.0.0.1 {master.port} 1",
        "sentinel down-after-milliseconds mymaster 300",
        "sentinel failover-timeout mymaster 5000",
        "",
    ]
    file.write_text("\n".join(lines))
    with _process([find_binary(None), file, "--sentinel"]) as process:
        with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as client:
            # it may only replace the master by a replica that it knows
            wait_until(lambda: client.sentinel_slaves("mymaster"), process)
        yield port


@contextlib.contextmanager
def _process(command: list) -> Iterator[subprocess.Popen]:
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    process = subprocess.Popen(command, **silent)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], object], process: subprocess.Popen) -> None:
    """Wait until a server answers as it should."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        with contextlib.suppress(redis.ConnectionError):
            if condition():
                return
        time.sleep(0.01)
    raise AssertionError("a server did not come up")


def replicates(replica: Server) -> bool:
    """Whether a replica has what its master had."""
    return replica.client.info("replication")["master_link_status"] == "up"


def make_certificates(folder: Path) -> None:
    """A CA of our own, `ca.crt`, and a certificate of it for 127.0.0.1, `server.crt`."""

    def openssl(*arguments: str) -> None:
        command = ["openssl", *arguments]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)

    folder.mkdir()
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ca = ("-x509", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=our CA")
    openssl(*new, *ca)
    openssl(*new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", "server.csr", *signed, "-extfile", "names", "-out", "server.crt")
