"""Ctrl-C at random instants, one by one and in bursts."""

import random
import time
from collections.abc import Callable, Collection, Sequence

from tests.beacon_process import BeaconProcess
from tests.campaign.keyboard import Keyboard
from tests.campaign.report import Part
from tests.campaign.verdict import check_next_scan, check_scans, check_session
from tests.campaign.witness import Witness

COMMANDS = (
    "umv(robx, 5 if robx.position < 2.5 else 0)",
    "ascan(roby, 0, 1, 10, .03, sim_ct_gauss)",
    "dscan(robz, -.5, .5, 10, .03, sim_ct_gauss, diode1)",
    "dmesh(robx, -.1, .1, 3, roby, -.1, .1, 2, .03, diode1, backnforth=True)",
    "fscan(robz, -.5, .5, 20, .02, sim_ct_gauss)",
    "loopscan(20, .02, diode1)",
    "ct(.4, diode1, sim_ct_gauss)",
)
WAYS = ("signal", "key")
VELOCITY = 10  #: mm/s, of all axes

Plan = Callable[[random.Random], Sequence[float]]


def singles(part: Part) -> None:
    """One Ctrl-C a command."""
    _run(part, lambda _dice: [])


def bursts(part: Part) -> None:
    """2 to 11 a command, 10 to 50 ms apart."""
    _run(part, lambda dice: [dice.uniform(0.01, 0.05) for _ in range(dice.randint(1, 10))])


def _run(part: Part, pauses_of: Plan) -> None:
    numbers = iter(part.numbers)
    with (
        BeaconProcess(part.folder / "state") as beacon,
        Witness(beacon.env, part.folder) as witness,
    ):
        while True:
            with Keyboard(beacon, part.folder) as shell:
                durations = _warm_up(shell, {_command_of(number) for number in part.numbers})
                trials = _Trials(part, shell, witness, durations, pauses_of)
                if all(trials.run(number) for number in numbers):
                    break
            # a failure: the rest in a new shell


def _command_of(number: int) -> str:
    return COMMANDS[number % len(COMMANDS)]


def _warm_up(shell: Keyboard, commands: Collection[str]) -> dict[str, float]:
    """How long each command takes (s); afterwards all is there that stays."""
    shell.run(f"robx.velocity = roby.velocity = robz.velocity = {VELOCITY}")
    durations = {}
    for command in commands:
        began = time.monotonic()
        shell.run(command)
        durations[command] = time.monotonic() - began
        since = shell.type(command + "\r")
        shell.watch(durations[command] / 2)
        shell.interrupt()
        shell.finish(since)
    shell.ask("inside.settle()")
    return durations


class _Trials:
    def __init__(
        self,
        part: Part,
        shell: Keyboard,
        witness: Witness,
        durations: dict[str, float],
        pauses_of: Plan,
    ) -> None:
        self._part = part
        self._shell = shell
        self._witness = witness
        self._durations = durations
        self._pauses_of = pauses_of

    def run(self, number: int) -> bool:
        self._shell.forget()
        return self._part.attempt(number, lambda: self._trial(number), lambda: self._shell.text)

    def _trial(self, number: int) -> str:
        shell, dice = self._shell, self._part.dice(number)
        command = _command_of(number)
        instant = dice.uniform(0, 1.2 * self._durations[command])
        pauses = self._pauses_of(dice)
        way = WAYS[number // len(COMMANDS) % 2]
        shell.type(command + "\r")
        for pause in (instant, *pauses):
            shell.watch(pause)
            shell.interrupt_by(way)
        outcomes = self._check(["complete", "aborted"])
        count = 1 + len(pauses)
        return f"{command} {count} x {way} after {instant:.3f} s: {outcomes}"

    def _check(self, possible: Sequence[str]) -> str:
        shell, witness = self._shell, self._witness
        told = shell.ask()
        check_session(told)
        assert set(told["velocities"].values()) == {VELOCITY}, told["velocities"]
        outcomes = check_scans(told, witness, possible)
        witness.wait_for_all_ends()
        check_next_scan(shell, witness)
        for wrong in ("Traceback", "escaped"):
            assert wrong not in shell.text, wrong
        return outcomes
