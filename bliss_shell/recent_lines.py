"""What IPython keeps of each line typed, bounded: a session of weeks must not grow by it."""

import linecache
from collections import deque
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.interactiveshell import InteractiveShell

KEPT = 100  #: lines back to which `Out` and `_i1`, `_1` go, and an error shows the source


class RecentLines(CachingCompiler):
    """Keeps the source of recent lines, and of all that may be called again."""

    def __init__(self) -> None:
        super().__init__()
        self._recent: deque[str] = deque()

    def cache(self, transformed_code: str, *args: Any, **kwargs: Any) -> str:
        """Keep the source of a line, and let go of an old one."""
        name = str(super().cache(transformed_code, *args, **kwargs))
        if "\n" not in transformed_code.strip() and "lambda" not in transformed_code:
            self._recent.append(name)
        if len(self._recent) > KEPT:
            old = self._recent.popleft()
            linecache.cache.pop(old, None)
            self._filename_map.pop(old, None)
        return name


def forget_results(shell: InteractiveShell) -> None:
    """Let go of what a notebook would show, and of old results: of data, mostly; `In` stays."""
    if shell.history_manager:
        shell.history_manager.outputs.clear()
        shell.history_manager.exceptions.clear()
    number = shell.execution_count - KEPT
    shell.user_ns["_oh"].pop(number, None)
    for old in (f"_i{number}", f"_{number}"):
        shell.user_ns.pop(old, None)
        shell.user_ns_hidden.pop(old, None)
