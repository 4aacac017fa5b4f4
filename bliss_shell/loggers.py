"""The commands for loggers: which there are, and how much they tell."""

import logging
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from hardware.move_listener import MoveListener

COMMANDS = ("lslog", "lsdebug", "debugon", "debugoff")

_MOVES = "hardware.moves"  #: above the loggers of axes that tell of their moves


class Loggers:
    """The commands; loggers are those of Python's `logging`."""

    def __init__(self) -> None:
        self._told: dict[Any, ToldMoves] = {}  #: by axis; the others are not slowed down

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
            pattern_or_device: Of their names, with `*` and `?`; or a device, for its moves, what
                is said on its connection, and the loggers of its classes.
        """
        if isinstance(getattr(pattern_or_device, "listeners", None), list):
            self._tell_moves(pattern_or_device)
        self._set(pattern_or_device, logging.DEBUG)

    def debugoff(self, pattern_or_device: str | Any = "*") -> None:
        """Have loggers tell no more than by default.

        debugoff("hardware*")
        """
        self._set(pattern_or_device, logging.NOTSET)
        for axis, listener in list(self._told.items()):
            if not listener.log.level:
                axis.listeners.remove(self._told.pop(axis))

    def _tell_moves(self, axis: Any) -> None:
        if axis not in self._told:
            self._told[axis] = ToldMoves(logging.getLogger(f"{_MOVES}.{axis.name}"))
            axis.listeners.append(self._told[axis])

    def _set(self, wanted: Any, level: int) -> None:
        names = [wanted] if isinstance(wanted, str) else [*_modules(wanted), *_own(wanted)]
        found = [each for each in _all() if any(fnmatchcase(each.name, n) for n in names)]
        if not found:
            print(f"no logger is named {', '.join(names)}; lslog('*') lists all")
        changed = [each for each in found if level or each.level == logging.DEBUG]
        for each in changed:
            each.setLevel(level)
        shown = ", ".join(each.name for each in changed) or "nothing to change"
        if found:
            print(f"{'DEBUG' if level else 'as by default'}: {shown}")


class ToldMoves(MoveListener):
    """Tells of the moves of an axis.

    Args:
        log: To whom.
    """

    def __init__(self, log: logging.Logger) -> None:
        self.log = log

    def on_move_start(self, axis: Any, start: float, target: float | None) -> None:
        """Say from where to where."""
        to = "on" if target is None else f"to {axis.amount(target)}"
        self.log.debug("from %s %s", axis.amount(start), to)

    def on_move_end(self, axis: Any, reached: float, problem: Exception | None) -> None:
        """Say where it is, and what went wrong."""
        why = f": {problem}" if problem else ""
        self.log.debug("at %s%s", axis.amount(reached), why)


def _all() -> Iterator[logging.Logger]:
    known = logging.Logger.manager.loggerDict
    return (logging.getLogger(n) for n in sorted(known) if isinstance(known[n], logging.Logger))


def _is_meant(name: str, pattern: str | None) -> bool:
    ours = ("bliss", "hardware", "scans")
    return fnmatchcase(name, pattern) if pattern else name.startswith(ours)


def _modules(device: Any) -> list[str]:
    classes = [*type(device).__mro__, *type(getattr(device, "controller", None)).__mro__]
    return list(dict.fromkeys(each.__module__ for each in classes if each.__module__ != "builtins"))


def _own(device: Any) -> list[str]:
    """Patterns of the loggers that a device and its controller have of their own."""
    names = [getattr(each, "name", None) for each in (device, getattr(device, "controller", None))]
    return [f"hardware.*.{name}" for name in names if name]


def _show(loggers: list[logging.Logger]) -> None:
    width = max((len(each.name) for each in loggers), default=0)
    for each in loggers:
        level = logging.getLevelName(each.getEffectiveLevel())
        print(f"{each.name:{width}}  {level}")
    if not loggers:
        print("none")
