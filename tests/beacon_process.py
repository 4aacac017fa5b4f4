"""A real `bliss-beacon` for tests: a process on a free port, with a state folder of its own."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bliss.beacon import Beacon
from bliss.server import _die_with_parent

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "sessions.yml"

END_TIMEOUT = 10.0  #: seconds
RUN_TIMEOUT = 20.0  #: seconds
_ANSWERS = re.compile(r"answers at \S+:(\d+) ")


def run_python(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python to its end: `run_python("-c", code)`, `run_python("-m", "bliss.server")`."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=python_environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT,
        check=False,
    )


#: sockets that hold the ports that `free_port` gave, so that no other process is given them too
HELD_PORTS: list[socket.socket] = []


def free_port() -> int:
    """A TCP port that nothing listens on; whoever asks for it by its number can."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    HELD_PORTS.append(holder)
    return int(holder.getsockname()[1])


@contextlib.contextmanager
def something_else(answer: bytes | None) -> Iterator[str]:
    """Something else that listens: sends `answer` to whoever connects; None: says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                if answer is not None:
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                while connection.recv(1000):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join()


def python_environment(**variables: str) -> dict[str, str]:
    """Variables for a child process that is to import the code under test, from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **variables}


class BeaconProcess:
    """A running Beacon; a context manager that ends it, and fails if it does not end well.

    It ends too when the tests are killed.
    """

    def __init__(
        self,
        state: Path,
        *,
        config: Path = DEMO,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.state = state
        self.config = config
        self._killed = False
        self.lines: list[str] = []  #: what it logged
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", _die_with_parent.__file__, str(os.getpid())),
                *(sys.executable, "-m", "bliss.server", "--port", str(port)),
                *("--state", str(state), "--config", str(config), *options),
            ],
            env=python_environment(**(environment or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.host = f"localhost:{self._wait_until_it_answers()}"
        self.env = python_environment(BEACON_HOST=self.host, **(environment or {}))
        # A full pipe would stop Beacon.
        self._reader = threading.Thread(target=self._read, name="log of Beacon")
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        status = self.stop()
        if kind is None and not self._killed:
            assert status == 0, f"Beacon ended with {status}: {self.log}"

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def client(self, role: str = "client") -> Beacon:
        """A client of it; the caller closes it."""
        return Beacon(self.host, role)

    @contextlib.contextmanager
    def frozen(self, server: str) -> Iterator[None]:
        """Inside this block one of its servers, `"data"` or `"settings"`, stands still."""
        with self.client() as client:
            pid = client.status()["servers"][server]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stop(self) -> int:
        """End it; returns the exit status. Harmless when it has ended."""
        self.process.terminate()
        return self._wait()

    def kill(self) -> None:
        """End it the hard way."""
        self._killed = True
        self.process.send_signal(signal.SIGKILL)
        self._wait()

    def _wait(self) -> int:
        try:
            return self.process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._reader.join()
            self.process.stderr.close()

    def _wait_until_it_answers(self) -> int:
        for line in self.process.stderr:
            self.lines.append(line)
            if found := _ANSWERS.search(line):
                return int(found[1])
        self.process.stderr.close()
        raise AssertionError(f"Beacon ended with {self.process.wait()}: {self.log}")

    def _read(self) -> None:
        self.lines.extend(self.process.stderr)
