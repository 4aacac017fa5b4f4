"""SPEC's way of typing at the prompt, and its switch."""

import builtins
from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from bliss_shell.command_names import CommandNames
from bliss_shell.spec_syntax import as_python


class TypingHelper:
    """Turns SPEC's way of typing into calls, while it is on.

    Args:
        commands: What can be called.
        namespace: What can be typed.
    """

    def __init__(self, commands: CommandNames, namespace: Mapping[str, Any]) -> None:
        self.is_on = True
        self._commands = commands
        self._known = ChainMap(dict(vars(builtins)), namespace)  # type: ignore[arg-type]

    def transform(self, lines: list[str]) -> list[str]:
        """An input transformation of IPython's: lines in, lines out."""
        text = "".join(lines)
        changed = self.as_python(text)
        return lines if changed == text else changed.splitlines(keepends=True)

    def as_python(self, text: str) -> str:
        """What runs for `text`."""
        return as_python(text, self._commands, self._known) if self.is_on else text

    def typing_helper(self, on: bool | None = None) -> None:
        """Whether `umv robx 1` is understood as `umv(robx, 1)`; shows it, or sets it.

            typing_helper(False)

        Args:
            on: True or False; without it, it is only shown.
        """
        if on is not None:
            self.is_on = bool(on)
        print(f"the typing helper is {'on' if self.is_on else 'off'}")
