"""The session's setup files: the user's own Python, run before the first prompt."""

import ast
import sys
import traceback
from importlib.util import find_spec
from pathlib import Path

from bliss.common.ending import in_words
from bliss.common.interrupts import interrupted_by
from bliss_shell.protection import ProtectedNameError
from bliss_shell.workplace import Workplace


def run_setup(setup: str | None, workplace: Workplace) -> None:
    """Run a setup file at the prompt; an error in it is shown, and the prompt comes all the same.

    Args:
        setup: A path ending in `.py`, or a dotted module, which is run but not imported.
        workplace: Of the session; what it defines is there, and functions run by their names.
    """
    if setup is None:
        return
    path = _path_of(setup)
    if path is None or not path.is_file():
        print(
            f"setup file {setup}: there is no such file; the session goes on without",
            file=sys.stderr,
        )
        return
    before = dict(workplace.namespace)

    def work() -> None:
        with workplace.protection.watching():
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            workplace.protection.check(tree, str(path))
            exec(compile(tree, str(path), "exec"), workplace.namespace)  # noqa: S102 - what it is for

    with workplace.interrupts.shielded():
        error = workplace.interrupts.attempt(work)
    if error:
        print(f"setup file {_complaint(error, path)}", file=sys.stderr)
    new = {n: v for n, v in workplace.namespace.items() if before.get(n, before) is not v}
    workplace.commands.make_own(new)


def _complaint(error: BaseException, path: Path) -> str:
    """What to say of an error; it is the user's, and the prompt has to come.

    Raises:
        BaseException: The error, if it is to end the process.
    """
    if isinstance(error, ProtectedNameError):
        return f"{error}; nothing of it has run"
    if not isinstance(error, Exception | KeyboardInterrupt):
        raise error
    what = interrupted_by(error) if isinstance(error, KeyboardInterrupt) else in_words(error)
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)
    where = f"{path}:{line}" if line else str(path)
    return f"{where}: {what}; what follows there is missing"


def _path_of(setup: str) -> Path | None:
    if setup.endswith(".py"):
        return Path(setup)
    try:
        spec = find_spec(setup)
    except ImportError:
        return None
    return Path(spec.origin) if spec and spec.origin else None
