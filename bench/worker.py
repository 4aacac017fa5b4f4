"""Other processes that take part, each told what to do in a line of JSON.

A session has to be patched for gevent and a client must not be, so each part of a measurement is
a class in `bench.roles` that runs in a process of its own.
"""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

END_TIMEOUT = 10.0  #: seconds
ANSWER_TIMEOUT = 60.0  #: seconds


class WorkerError(RuntimeError):
    """A worker failed, or did not answer; says why."""


class Worker:
    """A process that has a role.

    Args:
        role: Class in `bench.roles`, with its module: `"session:SessionRole"`.
        environment: Its variables; `BEACON_HOST` says where its Beacon is.
        patched: Whether it is patched for gevent, as a session is.
    """

    def __init__(self, role: str, environment: Mapping[str, str], *, patched: bool = False) -> None:
        self._role = role
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench._worker", role, "patched" if patched else "plain"],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._pending = b""
        try:
            self.receive()
        except WorkerError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, method: str, **arguments: Any) -> Any:
        """What a method of the role returns."""
        self.start(method, **arguments)
        return self.receive()

    def start(self, method: str, **arguments: Any) -> None:
        """Begin a call; `receive` its answer, or its answers if it is a generator."""
        self._requests.write(json.dumps([method, arguments]).encode() + b"\n")
        self._requests.flush()

    def receive(self) -> Any:
        """The next answer.

        Raises:
            WorkerError: If there is none in time, or the role raised an exception.
        """
        answer = json.loads(self._line())
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """End the process."""
        self._requests.close()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()

    def _line(self) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._pending:
                if not selector.select(ANSWER_TIMEOUT):
                    raise WorkerError(f"{self._role}: no answer within {ANSWER_TIMEOUT:g} s")
                part = os.read(self._answers.fileno(), 1 << 16)
                if not part:
                    raise WorkerError(f"{self._role}: the process ended ({self._process.wait()})")
                self._pending += part
        line, _, self._pending = self._pending.partition(b"\n")
        return line
