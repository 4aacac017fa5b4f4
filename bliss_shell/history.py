"""The history of a session's prompt: each line is on disk before it runs."""

import sqlite3
from pathlib import Path
from typing import Any

from IPython.core.history import HistoryManager
from traitlets.config import Config

from bliss_shell.report import report_once

FILE = "history.sqlite"
_IN_MEMORY = ":memory:"


class SessionHistory(HistoryManager):
    """Writes each line at once, and not in a thread: a session that is killed loses none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stop_save_thread()
        self.using_thread = False
        # the process may be killed, the machine seldom is: no need to wait for the disk
        self.db.execute("PRAGMA synchronous=OFF")

    def store_inputs(self, line_num: int, source: str, source_raw: str | None = None) -> None:
        """Keep a line that is about to run."""
        super().store_inputs(line_num, source, source_raw)
        try:
            self.writeout_cache()
        except sqlite3.Error as error:
            report_once("history", f"the history is not kept: {self.hist_file}: {error}")


def configure_history(config: Config, folder: Path) -> None:
    """Have the history in `folder`; where that cannot be, it lasts as long as the shell."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).touch()
    except OSError as error:
        report_once("history", f"the history is not kept: {folder}: {error.strerror}")
        config.HistoryAccessor.hist_file = _IN_MEMORY
    else:
        config.HistoryAccessor.hist_file = str(folder / FILE)
