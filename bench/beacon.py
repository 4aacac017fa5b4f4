"""A Beacon for the benchmark alone: on a free port, with a state folder that goes with it."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SESSION = "demo_session"  #: the one that the configuration has
ROOT = Path(__file__).parent.parent
START_TIMEOUT = 15.0  #: seconds
END_TIMEOUT = 10.0  #: seconds
_ANSWERS = re.compile(r"answers at \S+:(\d+)")


@contextlib.contextmanager
def running_beacon() -> Iterator[dict[str, str]]:
    """Run a Beacon; gives the environment in which our programs find it."""
    with tempfile.TemporaryDirectory(prefix="bliss-bench-") as folder:
        log = Path(folder) / "beacon.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "bliss.server", "--port", "0"),
                    *("--state", f"{folder}/state", "--config", str(ROOT / "sessions.yml")),
                ],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield _environment(
                BEACON_HOST=f"localhost:{_port(process, log)}", IPYTHONDIR=f"{folder}/ipython"
            )
        finally:
            _end(process)


def _environment(**variables: str) -> dict[str, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    # a user's Python keeps what it compiled; one that may not would be timed compiling
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        if found := _ANSWERS.search(log.read_text()):
            return int(found[1])
        time.sleep(0.02)
    raise RuntimeError(f"no Beacon within {START_TIMEOUT:g} s: {log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
