"""Where a session keeps what is its user's: history and log."""

import os
from collections.abc import Mapping
from pathlib import Path


def session_folder(session: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of a session, below `XDG_STATE_HOME` or `~/.local/state`; it need not exist."""
    base = environment.get("XDG_STATE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state"
    return root / "bliss-shell" / session
