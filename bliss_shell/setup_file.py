"""The session's setup file: the user's own Python, run before the first prompt."""

import sys
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def run_setup(setup: str | None, namespace: dict[str, Any]) -> None:
    """Run a setup file in `namespace`; an error in it is shown, and the prompt comes all the same.

    Args:
        setup: A path ending in `.py`, or a dotted module, which is run but not imported.
        namespace: Of the prompt.
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
    try:
        exec(compile(path.read_text(), str(path), "exec"), namespace)  # noqa: S102 - what it is for
    except Exception as error:  # noqa: BLE001 - it is the user's; the prompt has to come
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)
        where = f"{path}:{line}" if line else str(path)
        print(
            f"setup file {where}: {type(error).__name__}: {error}; what follows there is missing",
            file=sys.stderr,
        )


def _path_of(setup: str) -> Path | None:
    if setup.endswith(".py"):
        return Path(setup)
    try:
        spec = find_spec(setup)
    except ImportError:
        return None
    return Path(spec.origin) if spec and spec.origin else None
