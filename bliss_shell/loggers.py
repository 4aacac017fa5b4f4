"""The commands for loggers: which there are, and how much they tell."""

import logging
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

COMMANDS = ("lslog", "lsdebug", "debugon", "debugoff")


class Loggers:
    """The commands; loggers are those of Python's `logging`."""

    def commands(self) -> dict[str, Any]:
        """What can be typed."""
        return {name: getattr(self, name) for name in COMMANDS}

    def lslog(self, pattern: str | None = None) -> None:
        """List loggers and their levels.

            lslog("bliss*")

        Args:
            pattern: Of their names, with `*` and `?`; by default, of our own packages.
        """
        _show([each for each in _all() if _is_meant(each.name, pattern)])

    def lsdebug(self) -> None:
        """List the loggers that tell everything."""
        _show([each for each in _all() if each.level == logging.DEBUG])

    def debugon(self, pattern_or_device: str | Any) -> None:
        """Have loggers tell everything, on the screen.

            debugon("hardware*")
            debugon(robz)

        Args:
            pattern_or_device: Of their names, with `*` and `?`; or a device, for the loggers of
                its classes.
        """
        self._set(pattern_or_device, logging.DEBUG)

    def debugoff(self, pattern_or_device: str | Any = "*") -> None:
        """Have loggers tell no more than by default.

        debugoff("hardware*")
        """
        self._set(pattern_or_device, logging.NOTSET)

    def _set(self, wanted: Any, level: int) -> None:
        names = [wanted] if isinstance(wanted, str) else _modules(wanted)
        found = [each for each in _all() if any(fnmatchcase(each.name, n) for n in names)]
        if not found:
            print(f"no logger is named {', '.join(names)}; lslog('*') lists all")
        for each in found:
            each.setLevel(level)
        changed = ", ".join(each.name for each in found)
        if changed:
            print(f"{'DEBUG' if level else 'as by default'}: {changed}")


def _all() -> Iterator[logging.Logger]:
    known = logging.Logger.manager.loggerDict
    return (logging.getLogger(n) for n in sorted(known) if isinstance(known[n], logging.Logger))


def _is_meant(name: str, pattern: str | None) -> bool:
    ours = ("bliss", "hardware", "scans")
    return fnmatchcase(name, pattern) if pattern else name.startswith(ours)


def _modules(device: Any) -> list[str]:
    classes = [*type(device).__mro__, *type(getattr(device, "controller", None)).__mro__]
    return list(dict.fromkeys(each.__module__ for each in classes if each.__module__ != "builtins"))


def _show(loggers: list[logging.Logger]) -> None:
    width = max((len(each.name) for each in loggers), default=0)
    for each in loggers:
        level = logging.getLevelName(each.getEffectiveLevel())
        print(f"{each.name:{width}}  {level}")
    if not loggers:
        print("none")
