"""How a command looks whose bare name was typed, and which needs arguments."""

from types import FunctionType, MethodType
from typing import Any

from IPython.core.formatters import DisplayFormatter

from bliss_shell.command_names import CommandNames
from bliss_shell.usage import introduction


def show_commands(formatter: DisplayFormatter, commands: CommandNames) -> None:
    """Show the session's commands by how they are called; other functions as IPython does."""
    plain = formatter.formatters["text/plain"]
    for kind in (FunctionType, MethodType):
        plain.for_type(kind, _shown_with(plain.lookup_by_type(kind), commands))


def _shown_with(otherwise: Any, commands: CommandNames) -> Any:
    def show(value: Any, printer: Any, cycle: bool) -> None:
        name = commands.own_name(value)
        if name is None:
            otherwise(value, printer, cycle)
        else:
            printer.text(introduction(name, value))

    return show
