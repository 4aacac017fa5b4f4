"""A real `bliss-simulated-motors` for tests, and a voice that tells it how to fail."""

import re
import socket
import subprocess
import sys
from types import TracebackType
from typing import Self

from tests.beacon_process import python_environment

ANSWER = 10.0  #: seconds


class MotorServer:
    """A running motor server; a context manager that ends it.

    Args:
        arguments: Of the command.
    """

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hardware.motor_server", *map(str, arguments)],
            env=python_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        found = re.search(r"answer at (\S+)$", said)
        assert found, said
        self.address = found[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        assert self.process.wait(ANSWER) == 0
        assert self.process.stdout
        self.process.stdout.close()


class Voice:
    """A client of it that speaks plainly."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=ANSWER)
        self._lines = self._socket.makefile("r", encoding="ascii")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def say(self, *words: object) -> str:
        """Say something; what stands behind OK in the answer."""
        self._socket.sendall((" ".join(map(str, words)) + "\n").encode())
        answer = self._lines.readline().rstrip("\n")
        assert answer.startswith("OK"), (words, answer)
        return answer[3:]
