"""Names of devices and commands are not overwritten by accident."""

import ast
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from IPython.core.error import InputRejected

from bliss.common.errors import BlissError
from bliss_shell.bound_names import bound_names

_NAMED = 5  #: names in a message


class ProtectedNameError(BlissError, InputRejected):
    """Something would overwrite a device or a command."""


class Protection:
    """Watches over names at the prompt.

    What is typed is looked at before it runs; what overwrites a name all the same, `import *` or
    a function, is found out afterwards, and taken back.

    Args:
        namespace: What can be typed.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._kept: dict[str, Any] = {}

    def keep(self, names: Mapping[str, Any]) -> None:
        """Protect these names, with what they stand for; the shell's own are left out."""
        self._kept |= {name: value for name, value in names.items() if name[0] != "_"}

    def forget(self, names: Mapping[str, Any]) -> None:
        """Protect these names no longer."""
        for name in names:
            self._kept.pop(name, None)

    def visit(self, tree: ast.AST) -> ast.AST:
        """Look at what is about to run, as an AST transformation of IPython's.

        Raises:
            ProtectedNameError: If it binds or deletes a protected name; nothing of it has run.
        """
        self.check(tree)
        return tree

    def check(self, tree: ast.AST, file: str = "") -> None:
        """Look at what is about to run.

        Args:
            tree: A module.
            file: Where it comes from; empty if it was typed.

        Raises:
            ProtectedNameError: If it binds or deletes a protected name.
        """
        for name, line in bound_names(tree):
            if name in self._kept:
                where = f"{file}:{line}: " if file else ""
                raise ProtectedNameError(
                    f"{where}{name} would be overwritten: {_what(self._kept[name])}; use another "
                    f'name, or type unprotect("{name}") first'
                )

    def restore(self) -> str:
        """Give names back what they stand for; says which had lost it, or nothing."""
        names = self._namespace
        lost = [name for name, value in self._kept.items() if names.get(name, self) is not value]
        if not lost:
            return ""
        names.update({name: self._kept[name] for name in lost})
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        are = "was overwritten, and stands" if len(lost) == 1 else "were overwritten, and stand"
        return (
            f"{', '.join(lost[:_NAMED])}{more} {are} for what the session has again; "
            f'to overwrite it, type unprotect("{lost[0]}") first'
        )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Restore at the end of a block, and say so."""
        try:
            yield
        finally:
            said = self.restore()
            if said:
                print(said, file=sys.stderr)

    def unprotect(self, *names: str) -> None:
        """Allow names of devices or commands to be overwritten.

            unprotect("robz")

        Args:
            names: In quotes, as `"robz"`.

        Raises:
            ProtectedNameError: If one is not protected.
        """
        for name in names:
            if name not in self._kept:
                raise ProtectedNameError(
                    f"unprotect: {name!r:.60} is not a protected name; expected the name of a "
                    'device or a command in quotes, as in unprotect("robz")'
                )
        for name in names:
            del self._kept[name]

    def protect(self, *names: str) -> None:
        """Have names keep what they stand for now.

            protect("robz", "my_scan")

        Args:
            names: In quotes.

        Raises:
            ProtectedNameError: If one stands for nothing.
        """
        for name in names:
            if name not in self._namespace:
                raise ProtectedNameError(f"protect: there is no {name!r:.60}; expected a name")
        self.keep({name: self._namespace[name] for name in names})


def _what(value: Any) -> str:
    """What a name stands for, in words; the object itself is not asked."""
    module = getattr(value, "__module__", "") if callable(value) else ""
    if module and hasattr(value, "__name__"):
        return "it is a command"
    return f"it is this session's {type(value).__name__}"
