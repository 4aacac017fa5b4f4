"""Time to the prompt, beside plain IPython."""

import os
import sys
import time
from collections.abc import Mapping, Sequence

import pexpect

from bench.beacon import SESSION
from bench.results import Result, Target, median

_ROUNDS = 6
_TIMEOUT = 20  #: seconds
_COLOUR = r"(\x1b\[[\d;]*m)*"


def measure(environment: Mapping[str, str]) -> list[Result]:
    """From the start of the process until `DEMO_SESSION [1]:` is there; Beacon runs."""
    environment = {**environment, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    shell = ["-m", "bliss_shell.main", "-s", SESSION, "--no-embedded"]
    ipython = ["-m", "IPython", "--no-banner"]
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        ours.append(_start(shell, rf"{SESSION.upper()} \[{_COLOUR}1{_COLOUR}\]:", environment))
        theirs.append(_start(ipython, rf"In \[{_COLOUR}1{_COLOUR}\]:", environment))
    ours, theirs = ours[1:], theirs[1:]  # the first of each warms up the disk
    return [
        Result(
            what="prompt ready, warm disk, Beacon running",
            ours=median(ours),
            unit="s",
            target=Target(1.0),
            runs=ours,
            compared_with="plain IPython",
            theirs=median(theirs),
        )
    ]


def _start(arguments: Sequence[str], prompt: str, environment: Mapping[str, str]) -> float:
    began = time.perf_counter()
    child = pexpect.spawn(
        sys.executable,
        list(arguments),
        env=os.environ | environment,
        timeout=_TIMEOUT,
        encoding="utf-8",
    )
    try:
        if child.expect([prompt, pexpect.EOF]):
            raise RuntimeError(f"no prompt: {(child.before or '')[-200:].strip()}")
        taken = time.perf_counter() - began
        child.sendline("exit")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    return taken
