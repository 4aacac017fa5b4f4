"""Writes down what is typed, every scan, and what libraries warn of; a line of JSON each.

    {"time": 1760000000.25, "kind": "command", "session": "demo_session", "text": "ct(1, diode1)",
     "outcome": "ok", "seconds": 1.02}
    {"time": 1760000003.5, "kind": "command", "session": "demo_session", "text": "mv(robz, 50)",
     "outcome": "error", "error": "robz: 50.0 mm is beyond …", "seconds": 0.001}
    {"time": 1760000001.0, "kind": "scan", "session": "demo_session", "name": "3_ct",
     "title": "ct 1", "outcome": "complete", "reason": "", "began": 1760000000.3}
    {"time": 1760000005.0, "kind": "message", "session": "demo_session", "logger": "py.warnings",
     "level": "WARNING", "text": "…"}

`outcome` of a command is `ok`, `error` or `interrupted`.  The file is below `~/.local/state`, or
`XDG_STATE_HOME`; when it is large another one is begun, and some old ones are kept.
"""

import json
import logging
import time
from typing import Any

from bliss.scanning.scan import Scan
from bliss.scanning.session import ScanListener
from bliss_shell.move_file import MoveFile
from bliss_shell.report import report_once
from bliss_shell.state_folder import session_folder

_LONGEST = 4000  #: characters that are kept of a text


class SessionLog(ScanListener):
    """The log of a session.

    Args:
        session: Its name.
        file: Where to; by default in the session's folder.
    """

    def __init__(self, session: str, file: MoveFile | None = None) -> None:
        self._session = session
        self.file = file or MoveFile(
            session_folder(session) / "log.jsonl",
            lambda sentence: report_once("log", sentence),
            what="commands",
        )

    def on_command(
        self, text: str, seconds: float, error: str | None, *, interrupted: bool
    ) -> None:
        """A command has ended.

        Args:
            text: As it was typed.
            seconds: That it took.
            error: What was said of it, if it failed.
            interrupted: Whether it was ended by Ctrl-C.
        """
        outcome = "interrupted" if interrupted else "error" if error else "ok"
        about = {"error": error} if error and not interrupted else {}
        self._write(
            "command", text=text.strip(), outcome=outcome, **about, seconds=round(seconds, 3)
        )

    def on_scan_end(self, scan: Scan) -> None:
        """A scan has ended."""
        info = scan.scan_info
        self._write(
            "scan",
            name=scan.name,
            title=info["title"],
            outcome=scan.outcome.value if scan.outcome else None,
            reason=scan.reason,
            began=info.get("start_timestamp"),
        )

    def on_message(self, record: logging.LogRecord) -> None:
        """A library has something to say."""
        self._write("message", logger=record.name, level=record.levelname, text=record.getMessage())

    def close(self) -> None:
        """Write no more."""
        self.file.close()

    def _write(self, kind: str, **fields: Any) -> None:
        line = {"time": round(time.time(), 6), "kind": kind, "session": self._session}
        kept = {k: v[:_LONGEST] if isinstance(v, str) else v for k, v in fields.items()}
        self.file.write(json.dumps(line | kept, default=str).encode() + b"\n")
