"""What a simulated motor controller knows while it is switched off, in a small file."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class KeptFile:
    """The file; written as a whole, so that it is never half of one state and half of another.

    Args:
        path: Where it is; None: nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._written = ""

    def read(self) -> dict[str, Any]:
        """What was kept; nothing if there is no such file, or it cannot be read."""
        if self._path is None:
            return {}
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(self._path.read_text(encoding="ascii"))
            if isinstance(kept, dict):
                return kept
        return {}

    def write(self, kept: Mapping[str, Any]) -> None:
        """Keep this from now on; a folder that is gone keeps nothing."""
        text = json.dumps(kept, indent=1)
        if self._path is None or text == self._written:
            return
        new = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            new.write_text(text, encoding="ascii")
            os.replace(new, self._path)
            self._written = text
