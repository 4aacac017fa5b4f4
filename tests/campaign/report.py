"""What came out of a campaign: trials that passed, failures, figures."""

import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Part:
    """One part of the campaign on its way."""

    name: str
    seed: int
    numbers: Sequence[int]  #: of the trials to run
    folder: Path  #: of its own, for whatever it starts
    verbose: bool = False
    passed: int = 0
    failures: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def dice(self, number: int) -> random.Random:
        """The random numbers of a trial: the same whenever it runs."""
        return random.Random(f"{self.seed} {self.name} {number}")

    def attempt(self, number: int, trial: Callable[[], str], shown: Callable[[], str]) -> bool:
        """Run a trial, and say whether it passed.

        Args:
            number: Of the trial.
            trial: Raises what is wrong; gives back a few words about what was done.
            shown: What the terminal shows, for who has to find out why.
        """
        try:
            words = trial()
        except Exception as error:  # noqa: BLE001 - it is reported, and the others have to run
            self._fail(number, error, shown())
            return False
        self.passed += 1
        if self.verbose:
            print(f"{self.name} {number}: {words}", file=sys.stderr, flush=True)
        return True

    def _fail(self, number: int, error: Exception, shown: str) -> None:
        alone = f"python -m tests.campaign {self.name} --seed {self.seed} --number {number}"
        where = "".join(traceback.format_exception(error))
        text = f"FAILED {self.name} {number} ({alone})\n{where}\nthe terminal shows:\n{shown}\n"
        self.failures.append(text)
        print(text, file=sys.stderr, flush=True)


class Report:
    """The parts that were run."""

    def __init__(self) -> None:
        self._parts: list[Part] = []

    @property
    def has_failures(self) -> bool:
        """Whether any trial failed."""
        return any(part.failures for part in self._parts)

    def run(self, part: Part, run: Callable[[Part], None]) -> None:
        """Run a part and keep what came out."""
        self._parts.append(part)
        began = time.monotonic()
        run(part)
        part.seconds = time.monotonic() - began

    def print_figures(self) -> None:
        """The table at the end."""
        for part in self._parts:
            trials = f"{part.passed}/{part.passed + len(part.failures)}"
            print(f"{part.name:12} {trials:>9}  in {part.seconds:.0f} s")
            for figure in part.figures:
                print(f"{'':12} {figure}")
