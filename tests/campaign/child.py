"""A child process that tells what happens in it, as lines of JSON."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Child:
    """A running module of ours.

    Args:
        module: Run with `python -m`.
        arguments: Of it.
        environment: Its variables.
        log: Where its standard error goes.
    """

    def __init__(
        self, module: str, *arguments: object, environment: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        self._rest = b""
        self._pipe, out = os.pipe()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                env={**environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
            )
        os.close(out)

    def close(self) -> None:
        """End it the hard way; harmless when it has ended."""
        self.process.kill()
        self.process.wait()
        os.close(self._pipe)

    def take(self, timeout: float) -> list[dict[str, Any]]:
        """What it tells, waiting for something for so long."""
        deadline = time.monotonic() + timeout
        told: list[dict[str, Any]] = []
        while not told and select.select([self._pipe], [], [], _until(deadline))[0]:
            said = os.read(self._pipe, 65536)
            assert said, f"{self.process.args} has ended: {self.log.read_text()}"
            *lines, self._rest = (self._rest + said).split(b"\n")
            told += [json.loads(line) for line in lines]
        return told


def _until(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
