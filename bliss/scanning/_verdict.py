"""How a scan ended, and why; knows no device and no data server."""

from collections.abc import Sequence

from gevent import GreenletExit

from bliss.common.ending import StepSkippedError, in_words
from bliss.scanning.states import Outcome


class ScanAborted(BaseException):
    """Thrown into the greenlet that runs a scan by `Scan.abort`."""


def judge(error: BaseException | None, wanted: tuple[Outcome, str] | None) -> tuple[Outcome, str]:
    """The outcome and the reason.

    Args:
        error: What ended it, or went wrong at its end; None if nothing did.
        wanted: What somebody wanted it to end with before its last point.
    """
    if isinstance(error, KeyboardInterrupt):
        return Outcome.ABORTED, "interrupted by Ctrl-C"
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
