"""Run a file in a session, without a prompt: `bliss-shell -s demo_session --exec my.py`."""

import ast
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from bliss.common import clock
from bliss.common.errors import ConfigError
from bliss.common.interrupts import CommandAbandonedError
from bliss_shell.complaints import complaint
from bliss_shell.opening import OpenSession

INTERRUPTED = 130  #: exit status after Ctrl-C, as of other commands


def read_script(path: str) -> str:
    """The text of a script.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--exec {path}: cannot be read ({error})") from None


def run_script(session: OpenSession, path: str, text: str, arguments: Sequence[str]) -> int:
    """Run a script with all that can be typed at the session's prompt; the exit status.

    Args:
        session: That it runs in.
        path: Of the script.
        text: The script.
        arguments: `sys.argv` behind the path.
    """
    names = session.names
    names["__file__"] = os.path.abspath(path)
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(names["__file__"]))

    def work() -> None:
        tree = ast.parse(text, path)
        session.workplace.protection.check(tree, path)
        exec(compile(tree, path, "exec"), names)  # noqa: S102 - what it is for

    workplace, begin = session.workplace, clock.now()
    workplace.typed.begins(f"--exec {path}")
    try:
        error = session.interrupts.run_command(lambda: session.interrupts.attempt(work))
    except CommandAbandonedError as abandoned:
        error = abandoned
    said = f"{type(error).__name__}: {error}" if error else None
    interrupted = isinstance(error, KeyboardInterrupt)
    seconds = clock.now() - begin
    workplace.log.on_command(f"--exec {path}", seconds, said, interrupted=interrupted)
    return _status(error, path, names)


def _status(error: BaseException | None, path: str, names: dict[str, Any]) -> int:
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    trace = _from(error.__traceback__, path)
    lines = complaint(error, trace, names)
    if lines is None:
        traceback.print_exception(type(error), error, trace)
    else:
        print(f"{_where(trace, path)}{lines[0]}", *lines[1:], sep="\n", file=sys.stderr)
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def _from(trace: TracebackType | None, path: str) -> TracebackType | None:
    """The part of a traceback from the script on; all of it if the script is not in it."""
    part = trace
    while part and part.tb_frame.f_code.co_filename != path:
        part = part.tb_next
    return part


def _where(trace: TracebackType | None, path: str) -> str:
    """The line of the script that was left last."""
    lines = [f.lineno for f in traceback.extract_tb(trace) if f.filename == path]
    return f"{path}:{lines[-1]}: " if lines else ""
