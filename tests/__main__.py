"""`python -m tests`: the whole suite, in several processes side by side.

The first shows its progress; what the others have shown comes when they have ended.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

#: more than there are cores, for a test also waits; but no more than there is work for
PROCESSES = min(4, 2 * (os.cpu_count() or 1))


def main(arguments: Sequence[str]) -> int:
    """Run it with these arguments of pytest; 0 if all went well in all of them."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as files:
        claims = Path(folder) / "claims"
        claims.mkdir()
        colour = ["--color=yes"] if sys.stdout.isatty() else []
        shown = [files.enter_context(tempfile.TemporaryFile()) for _ in range(PROCESSES - 1)]
        processes = [_start(claims, arguments, None)]
        processes += [_start(claims, [*colour, *arguments], output) for output in shown]
        signal.signal(signal.SIGTERM, lambda *_: _interrupt(processes))
        statuses = [_ended(process) for process in processes]
        for output in shown:
            output.seek(0)
            sys.stdout.buffer.write(output.read())
            sys.stdout.flush()
    return max(statuses, key=abs)


def _start(
    claims: Path, arguments: Sequence[str], output: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", "-p", "tests.claims", f"--claims={claims}"]
    command += ["-o", "console_output_style=classic"]  # the share of all is not what each runs
    return subprocess.Popen(
        [*command, *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output and subprocess.STDOUT,
    )


def _environment() -> dict[str, str]:
    """Ours, such that the hundreds of Pythons that the tests start do so quickly."""
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",  # its threads spin at first
        "PYDANTIC_DISABLE_PLUGINS": "1",  # looking for some takes long
    }
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):  # each would compile all that it imports
        environment["PYTHONPYCACHEPREFIX"] = str(Path(sys.prefix) / "pycache")
    return environment


def _interrupt(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End them as Ctrl-C does: what their tests have started ends too."""
    for process in processes:
        process.send_signal(signal.SIGINT)


def _ended(process: subprocess.Popen[bytes]) -> int:
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # it had it too, and says so
            return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
