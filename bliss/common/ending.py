"""The end of something that uses hardware: steps that all run, whatever happens in one of them."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import gevent
from gevent.event import Event

from bliss.common import clock
from bliss.common.errors import BlissError

LAST_CHANCE = 0.3  #: s that each step gets once all else has been given up


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done at the end."""

    name: str  #: what it does, in words that follow `while`: `"stopping robz"`
    call: Callable[[], object]
    optional: bool = False  #: left out, or interrupted, in a hurry: returning an axis, say
    limit: float | None = None  #: s that it may take; None for as long as it needs
    again: bool = False  #: called once more when it fails: what stops has to stop


class StepInterruptedError(gevent.GreenletExit):  # type: ignore[misc]  # gevent has no hints
    """Raised in a step that is not waited for any longer."""


class StepSkippedError(Exception):
    """What is reported of a step that was left out, or did not end."""


class Ending:
    """Runs steps, phase after phase; those of one phase run side by side.

    Each step runs even if another fails.  Who is in a hurry says so with `hurry`, first to leave
    out what can be left out, then to wait for nothing.

    Args:
        phases: The steps of each phase.
        errors: What went wrong before; what goes wrong in a step is appended at once.
    """

    def __init__(
        self, phases: Iterable[Sequence[Step]], errors: list[BaseException] | None = None
    ) -> None:
        self._phases = phases
        self._errors = [] if errors is None else errors
        self._hurries = 0
        self._given_up: float | None = None  #: when
        self._running: dict[gevent.Greenlet, Step] = {}
        self._news = Event()

    @property
    def unanswered(self) -> list[str]:
        """What the end waits for now."""
        return [step.name for greenlet, step in self._running.items() if not greenlet.dead]

    def hurry(self) -> None:
        """The first time leave out the optional steps, the second time stop waiting for any."""
        self._hurries += 1
        if self._hurries == 2:
            self._given_up = clock.now()
        for greenlet, step in self._running.items():
            if step.optional or self._given_up is not None:
                greenlet.kill(StepInterruptedError, block=False)
        self._news.set()

    def run(self) -> list[BaseException]:
        """Run all steps; gives back what went wrong, each error with a note of its step."""
        for phase in self._phases:
            self._run_phase(phase)
        return self._errors

    def _run_phase(self, phase: Sequence[Step]) -> None:
        for step in phase:
            if step.optional and self._hurries:
                self._errors.append(StepSkippedError(f"{step.name} was left out"))
                continue
            greenlet = gevent.spawn(self._try, step)
            greenlet.link(lambda _: self._news.set())
            self._running[greenlet] = step
        began = clock.now()
        while self._running:
            self._news.clear()
            self._news.wait(self._forget_those_that_ended(began))

    def _forget_those_that_ended(self, began: float) -> float | None:
        """Drop the steps that have ended or had their time; gives the s until the next has."""
        waits = []
        for greenlet, step in list(self._running.items()):
            left = self._deadline_of(step, began) - clock.now()
            if greenlet.dead:
                del self._running[greenlet]
            elif left <= 0:
                greenlet.kill(StepInterruptedError, block=False)
                self._errors.append(StepSkippedError(f"{step.name}: no answer, it was given up"))
                del self._running[greenlet]
            else:
                waits.append(left)
        shortest = min(waits, default=0)
        return None if math.isinf(shortest) else shortest

    def _deadline_of(self, step: Step, began: float) -> float:
        regular = math.inf if step.limit is None else began + step.limit
        if self._given_up is None:
            return regular
        return min(regular, max(began, self._given_up) + LAST_CHANCE)

    def _try(self, step: Step) -> None:
        error = _error_of(step)
        if error and step.again and not isinstance(error, StepSkippedError):
            _error_of(step)  # the first one is told, whether it works now or not
        if error:
            self._note(error, step)

    def _note(self, error: BaseException, step: Step) -> None:
        if gevent.getcurrent() not in self._running:
            return  # it was given up, and that was said
        if any(error is known for known in self._errors):
            return  # it ended the work already, and came up again
        if not isinstance(error, StepSkippedError):
            error.add_note(f"while {step.name}")
        self._errors.append(error)


def _error_of(step: Step) -> BaseException | None:
    try:
        step.call()
    except StepInterruptedError:
        return StepSkippedError(f"{step.name} was interrupted")
    except BaseException as error:  # noqa: BLE001 - reported; the other steps have to run
        return error
    return None


def first_of(errors: Sequence[BaseException]) -> BaseException | None:
    """The first error, with the others as notes; None if there is none."""
    if not errors:
        return None
    first, *others = errors
    for other in others:
        where = "".join(f", {note}" for note in getattr(other, "__notes__", ()))
        first.add_note(f"then{where}: {in_words(other)}")
    return first


def in_words(error: BaseException) -> str:
    """What went wrong, never empty; an error of ours says it all without its type."""
    text = _text_of(error)
    if isinstance(error, BlissError | StepSkippedError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - what a user's error does there must not cost the end
        return ""
