"""Which names at the prompt are commands."""

import inspect
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType
from typing import Any

from bliss_shell.complaints import OURS
from bliss_shell.spec_syntax import Command

USER = "__main__"  #: the module that the user's own code belongs to


class CommandNames(Mapping[str, Command]):
    """The functions among the names at a prompt, as they are now.

    A function of the user's own is called in SPEC's way too, but its bare name does not run it,
    unless it is `own`.

    Args:
        namespace: What can be typed.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._own: dict[str, Any] = {}

    def make_own(self, names: Mapping[str, Any], module: str = USER) -> None:
        """Have functions run by their bare names, while these mean the same.

        Args:
            names: The session's commands, and what its setup file and scripts define; what these
                import from elsewhere is left out.
            module: That they belong to, if they are the user's.
        """
        roots = (*OURS, module)
        self._own |= {
            name: each
            for name, each in names.items()
            if _is_function(each) and each.__module__.partition(".")[0] in roots
        }

    def own_name(self, function: Any) -> str | None:
        """What one of the session's commands is called; None if it is none."""
        return next((name for name, each in self._own.items() if each is function), None)

    def __getitem__(self, name: str) -> Command:
        value = self._namespace[name]
        if not _is_function(value):
            raise KeyError(name)
        try:
            signature = inspect.signature(value)
        except (TypeError, ValueError):
            raise KeyError(name) from None
        return Command(signature, runs_alone=self._own.get(name) is value)

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in list(self._namespace.items()) if _is_function(value))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _is_function(value: Any) -> bool:
    return isinstance(value, FunctionType | MethodType)
