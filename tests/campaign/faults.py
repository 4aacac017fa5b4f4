"""Exceptions of random kinds from random methods of devices, presets and watchdogs."""

from collections.abc import Iterator
from typing import Any

from tests.beacon_process import BeaconProcess
from tests.campaign.child import Child
from tests.campaign.report import Part
from tests.campaign.verdict import check_scans, check_session
from tests.campaign.witness import Witness

LONGEST = 60.0  #: s until the outcome of a trial has to be there

ANY_END = ("complete", "stopped", "aborted", "failed")  #: which one is true, the session judges


def run(part: Part) -> None:
    """Run the trials in a session of their own; after one that hangs, the rest in another."""
    left = list(part.numbers)
    with BeaconProcess(part.folder / "state") as beacon, Witness(beacon.env, part.folder) as seen:
        while left:
            session = Child(
                *("tests.campaign.faulty", part.seed, *left),
                environment=beacon.env,
                log=part.folder / "faulty.log",
            )
            try:
                left = _watch(part, session, seen, left)
            finally:
                session.close()


def _watch(part: Part, session: Child, witness: Witness, numbers: list[int]) -> list[int]:
    """Judge what a session tells, trial by trial; the trials that it did not come to."""
    told = _told_by(session)
    for index, number in enumerate(numbers):
        if not part.attempt(number, lambda: _check(told, session, witness), session.log.read_text):
            return numbers[index + 1 :]
    return []


def _told_by(session: Child) -> Iterator[dict[str, Any]]:
    while lines := session.take(LONGEST):
        yield from lines
    raise AssertionError(f"the session said nothing for {LONGEST} s")


def _check(told: Iterator[dict[str, Any]], session: Child, witness: Witness) -> str:
    trial = next(told)
    words = f"{trial['command']}: {'; '.join(trial['faults'])}"
    assert not trial["problems"], f"{words}: {trial['problems']}, {trial['told']}"
    try:
        check_session(trial["told"])
        outcome = check_scans(trial["told"], witness, ANY_END)
        check_session(trial["next"])
        assert check_scans(trial["next"], witness, ["complete"]) == "complete"
        witness.wait_for_all_ends()
        assert session.log.read_text() == "", "it says more than it should"
    except AssertionError as error:
        error.add_note(words)
        raise
    return f"{words}: {outcome}"
