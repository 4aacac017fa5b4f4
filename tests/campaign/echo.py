"""How soon a key shows on the screen, also while a fast stream runs in the background."""

import time

import numpy as np

from tests.beacon_process import BeaconProcess
from tests.campaign.keyboard import Keyboard
from tests.campaign.report import Part

KEYS = "qwyzjkv"  #: in no row of a table, so that what is shown is what was typed
MOST = 20.0  #: ms, median


def run(part: Part) -> None:
    """Type at an idle prompt, then with a loopscan of 1 kHz in the background."""
    with (
        BeaconProcess(part.folder / "state") as beacon,
        Keyboard(beacon, part.folder) as shell,
    ):
        part.attempt(0, lambda: _measure(part, shell), lambda: shell.text[-5000:])


def _measure(part: Part, shell: Keyboard) -> str:
    dice = part.dice(0)
    count = len(part.numbers)
    pauses = [dice.uniform(0.01, 0.06) for _ in range(count)]
    _note(part, "at an idle prompt", _echoes(shell, pauses[: max(7, count // 5)]))
    shell.run("import gevent")
    points = round(20_000 + 200 * count)  # more than are taken meanwhile
    shell.run(f"stream = gevent.spawn(loopscan, {points}, .001, diode1)")
    shell.watch(0.5)
    median = _note(part, "during a stream of 1 kHz", _echoes(shell, pauses))
    told = shell.ask()
    assert told["scans"][-1]["state"] == "starting", "the stream ended too early"
    assert median < MOST, f"median {median:.1f} ms"
    shell.run("SCANS[-1].stop(); stream.join()")
    return f"{median:.1f} ms"


def _note(part: Part, when: str, echoes: list[float]) -> float:
    median, high = (float(value) for value in np.percentile(echoes, [50, 99]))
    part.figures.append(f"{when}: median {median:.1f} ms, 99 % {high:.1f} ms, {len(echoes)} keys")
    return median


def _echoes(shell: Keyboard, pauses: list[float]) -> list[float]:
    """Times from key to screen (ms)."""
    echoes = []
    for number, pause in enumerate(pauses):
        key = KEYS[number % len(KEYS)]
        if key == KEYS[0]:
            shell.type("\x15")  # clears the line: a line has each key once
            shell.watch(0.15)
        shell.watch(pause)
        shell.forget()
        began = time.monotonic()
        shell.type(key)
        shell.wait_for(key)
        echoes.append(1e3 * (time.monotonic() - began))
    shell.type("\x15")
    shell.watch(0.15)
    return echoes
