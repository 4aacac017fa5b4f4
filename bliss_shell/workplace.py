"""What a session's user works with: names, what watches over them, and who is told of what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bliss.common.interrupts import Interrupts
from bliss_shell.command_names import USER, CommandNames
from bliss_shell.protection import Protection
from bliss_shell.session_log import SessionLog
from bliss_shell.typed_line import TypedLine
from bliss_shell.typing_helper import TypingHelper


@dataclass
class Workplace:
    """All that the prompt needs of an open session.

    Args:
        name: Of the session.
        interrupts: Gets every Ctrl-C of a command.
        typed: Is told what is typed.
        log: Is told what has run.
    """

    name: str
    interrupts: Interrupts
    typed: TypedLine
    log: SessionLog
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": USER})
    activities: Callable[[], list[str]] = list  #: what goes on, in words
    commands: CommandNames = field(init=False)
    protection: Protection = field(init=False)
    helper: TypingHelper = field(init=False)

    def __post_init__(self) -> None:
        self.commands = CommandNames(self.namespace)
        self.protection = Protection(self.namespace)
        self.helper = TypingHelper(self.commands, self.namespace)
        self.provide(
            {
                "protect": self.protection.protect,
                "unprotect": self.protection.unprotect,
                "typing_helper": self.helper.typing_helper,
            }
        )

    def provide(self, names: Mapping[str, Any]) -> None:
        """Have devices and commands at the prompt, whose names are protected."""
        self.namespace.update(names)
        self.protection.keep(names)
        self.commands.make_own(names)

    def withdraw(self, names: Mapping[str, Any]) -> None:
        """Take devices away, but for a name that stands for something else by now."""
        self.protection.forget(names)
        for name, value in names.items():
            if self.namespace.get(name) is value:
                del self.namespace[name]
