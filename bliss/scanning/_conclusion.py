"""How a scan ends: what happens then, its outcome, and why."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from gevent import GreenletExit

from bliss.common.ending import Step, StepSkippedError, in_words
from bliss.common.interrupts import interrupted_by
from bliss.scanning._hooks import Hooks
from bliss.scanning._positioners import read_positions
from bliss.scanning._recorder import Recorder
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.session import Session
from bliss.scanning.states import Outcome


class ScanAborted(BaseException):
    """Thrown into the greenlet that runs a scan by `Scan.abort`."""


class Conclusion:
    """The end of one scan.

    Args:
        chain: Its devices.
        hooks: What is attached to it.
        scan_info: Its metadata, which is added to.
        session: Where it runs.
    """

    def __init__(
        self, chain: AcquisitionChain, hooks: Hooks, scan_info: dict[str, Any], session: Session
    ) -> None:
        self.outcome: Outcome | None = None  #: known once it has ended
        self.reason = ""  #: why it ended; empty only when complete
        self._wanted: tuple[Outcome, str] | None = None
        self._chain = chain
        self._hooks = hooks
        self._scan_info = scan_info
        self._session = session

    def want(self, outcome: Outcome, reason: str) -> None:
        """Somebody wants it to end, after the point in hand; the first one counts."""
        self._wanted = self._wanted or (outcome, reason)

    def is_wanted(self) -> bool:
        """Whether somebody wants it to end."""
        return self._wanted is not None

    def phases(
        self,
        errors: list[BaseException],
        recorder: Recorder | None,
        account: Callable[[], Mapping[str, Any]],
    ) -> Iterator[list[Step]]:
        """All that has to happen, but for telling others of the end.

        Args:
            errors: What went wrong up to then, and what goes wrong meanwhile.
            recorder: The data side; None if it had not come to that.
            account: Gives what the metadata is to say of the scan's course.
        """
        yield from self._chain.end_phases(in_time=not errors)
        yield from self._hooks.stop_phases()
        yield self._chain.after_steps(in_time=not errors)
        hurried = partial(self._is_hurried, errors)
        if recorder:
            yield [
                Step("publishing the last points", partial(recorder.flush, hurried)),
                Step("reading the positions", self._read_positions),
            ]
        if self._hooks.watch:
            yield from self._hooks.watch.end_phases()
        yield [Step("publishing the end", partial(self._publish, errors, recorder, account))]
        yield from self._hooks.last_words()

    def _read_positions(self) -> None:
        positions = read_positions(self._session.axes, "end")
        self._scan_info["positioners"] = self._scan_info.get("positioners", {}) | positions

    def _publish(
        self,
        errors: list[BaseException],
        recorder: Recorder | None,
        account: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.outcome, self.reason = judge(errors[0] if errors else None, self._wanted)
        known = {
            "end_timestamp": time.time(),
            "outcome": self.outcome.value,
            "reason": self.reason,
            "positioners": self._scan_info.get("positioners", {}),
            **account(),
        }
        self._scan_info |= known
        if recorder:
            hurried = partial(self._is_hurried, errors)
            recorder.end(self.outcome.value, self.reason, known, hurried)

    def _is_hurried(self, errors: list[BaseException]) -> bool:
        """Whether somebody waits for the prompt rather than for the data server."""
        return is_hasty(errors) or self._session.interrupts.is_kept


def judge(error: BaseException | None, wanted: tuple[Outcome, str] | None) -> tuple[Outcome, str]:
    """The outcome and the reason.

    Args:
        error: What ended it, or went wrong at its end; None if nothing did.
        wanted: What somebody wanted it to end with before its last point.
    """
    if isinstance(error, KeyboardInterrupt):
        return Outcome.ABORTED, interrupted_by(error)
    if isinstance(error, ScanAborted | StepSkippedError):
        return Outcome.ABORTED, str(error)
    if isinstance(error, GreenletExit):
        return Outcome.ABORTED, "its greenlet was killed"
    if error:
        return Outcome.FAILED, _blaming(error)
    return wanted or (Outcome.COMPLETE, "")


def is_hasty(errors: Sequence[BaseException]) -> bool:
    """Whether who ended it waits for the prompt."""
    return bool(errors) and isinstance(errors[0], KeyboardInterrupt | ScanAborted)


def _blaming(error: BaseException) -> str:
    """What went wrong, with the device it went wrong in."""
    words, device = in_words(error), getattr(error, "device", None)
    return words if device is None or device in words else f"{device}: {words}"
