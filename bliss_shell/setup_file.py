"""The session's setup files: the user's own Python, run before the first prompt."""

import ast
import sys
import traceback
from importlib.util import find_spec
from pathlib import Path

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
    try:
        with workplace.protection.watching():
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            workplace.protection.check(tree, str(path))
            exec(compile(tree, str(path), "exec"), workplace.namespace)  # noqa: S102 - what it is for
    except ProtectedNameError as error:
        print(f"setup file {error}; nothing of it has run", file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - it is the user's; the prompt has to come
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)
        where = f"{path}:{line}" if line else str(path)
        print(
            f"setup file {where}: {type(error).__name__}: {error}; what follows there is missing",
            file=sys.stderr,
        )
    new = {n: v for n, v in workplace.namespace.items() if before.get(n, before) is not v}
    workplace.commands.make_own(new)


def _path_of(setup: str) -> Path | None:
    if setup.endswith(".py"):
        return Path(setup)
    try:
        spec = find_spec(setup)
    except ImportError:
        return None
    return Path(spec.origin) if spec and spec.origin else None
