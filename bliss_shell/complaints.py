"""What an error at the prompt looks like: one line, where that is enough."""

import difflib
import re
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

from bliss.common.errors import BlissError
from bliss_shell.usage import usage

OURS = ("bliss", "bliss_shell", "hardware", "scans")
SCRIPTS = "bliss_shell.user_scripts"  #: what runs the user's scripts
INTERRUPTED = "interrupted"
_CALL = re.compile(r"^(?:\w+\.)*(\w+)\(\) ")


def complaint(
    error: BaseException, trace: TracebackType | None, names: Mapping[str, Any]
) -> list[str] | None:
    """The lines to show for an error; None if it is the user's own, who wants to see its traceback.

    Args:
        error: What was raised.
        trace: From the line that was typed to where it was raised.
        names: What can be typed.
    """
    trace = _in_script(trace)
    if isinstance(error, KeyboardInterrupt):
        by = f" by {error}" if str(error) else ""
        return [f"{INTERRUPTED}{by}", *_notes(error)]
    if isinstance(error, BlissError):
        return [str(error) or type(error).__name__, *_notes(error)]
    wrong = _wrong_call(error, names) or _wrong_name(error, trace, names)
    if wrong and not _is_ours(trace):
        return [wrong]
    if _is_ours(trace):
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        device = getattr(error, "device", None)  # that a scan found it in
        who = f"{device}: " if device else ""
        return [f"{who}{text}; last_error() shows where", *_notes(error)]
    return None


def _notes(error: BaseException) -> list[str]:
    return [f"  {note}" for note in getattr(error, "__notes__", ())]


def _in_script(trace: TracebackType | None) -> TracebackType | None:
    """The part that lies in a script of the user's, if one was run; else all of it."""
    part = trace
    while part:
        if part.tb_frame.f_globals.get("__name__") == SCRIPTS:
            trace = part.tb_next
        part = part.tb_next
    return trace


def _is_ours(trace: TracebackType | None) -> bool:
    return any(module.partition(".")[0] in OURS for module in _modules(trace))


def _modules(trace: TracebackType | None) -> Iterator[str]:
    while trace:
        yield str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next


def _wrong_call(error: BaseException, names: Mapping[str, Any]) -> str | None:
    """What to say of a command of ours that was called with the wrong arguments."""
    found = _CALL.match(str(error)) if isinstance(error, TypeError) else None
    command = names.get(found[1]) if found else None
    if command is None or str(getattr(command, "__module__", "")).partition(".")[0] not in OURS:
        return None
    return f"{error}; expected {usage(found[1], command)}" if found else None


def _wrong_name(
    error: BaseException, trace: TracebackType | None, names: Mapping[str, Any]
) -> str | None:
    """What to say of a name that was mistyped at the prompt, and not in a function or a file."""
    if not isinstance(error, NameError) or not error.name or trace is None:
        return None
    while trace.tb_next:
        trace = trace.tb_next
    if trace.tb_frame.f_globals is not names or trace.tb_frame.f_code.co_name != "<module>":
        return None
    known = [name for name in names if not name.startswith("_")]
    close = difflib.get_close_matches(error.name, known, n=1)
    return f"there is no {error.name!r}" + (f"; did you mean {close[0]!r}?" if close else "")
