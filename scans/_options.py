"""What every scan command takes after its counters, and how it is shown.

A command is written as `def ascan(motor, ..., *counters, **options: Unpack[Options])`.  The
decorator `command` puts the options into its signature, so that help, TAB and messages show them,
and explains them in its docstring.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypedDict, TypeVar

from bliss.common import values
from bliss.common.errors import ArgumentError, ConfigError
from bliss.data import keys
from scans import _arguments as check

Command = TypeVar("Command", bound=Callable[..., Any])


class Options(TypedDict, total=False):
    """What can be given by name to every scan command."""

    name: str | None
    title: str | None
    save: bool
    run: bool
    sleep_time: float
    scan_info: Mapping[str, Any] | None
    check: bool


_EXPLAINED = """
Options:
    name: Of the scan's data node; the command by default.
    title: What table and file show; the command as it was typed by default.
    save: Whether a writer is to store it.
    run: False gives the scan back before it runs, to hook it; `s.run()` then runs it.
    sleep_time: Seconds between two points.
    scan_info: More metadata for the scan.
    check: True only looks whether it could run, says how long it would take, and gives it back.

Raises:
    ArgumentError: If an argument is not what is needed.
    LimitError: If a position is outside the limits of an axis; nothing has moved.
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options of one call, checked."""

    name: str | None = None
    title: str | None = None
    save: bool = True
    run: bool = True
    sleep_time: float = 0.0
    scan_info: Mapping[str, Any] | None = None
    check: bool = False


def command(*, save: bool = True) -> Callable[[Command], Command]:
    """Show the options in a command's signature and docstring.

    Args:
        save: What is done when the command does not say.
    """
    defaults = {each.name: each.default for each in fields(Chosen)} | {"save": save}

    def show(function: Command) -> Command:
        signature = inspect.signature(function)
        *typed, _ = signature.parameters.values()
        options = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
            )
            for (name, default), kind in zip(
                defaults.items(), Options.__annotations__.values(), strict=True
            )
        ]
        shown = signature.replace(parameters=[*typed, *options])
        function.__signature__ = shown  # type: ignore[attr-defined]
        function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n{_EXPLAINED}"
        return function

    return show


def chosen(command: str, options: Mapping[str, Any], *, save: bool = True) -> Chosen:
    """The options of a call.

    Raises:
        ArgumentError: If there is no such option, or its value is not what is needed.
    """
    known = [each.name for each in fields(Chosen)]
    for name in options:
        if name not in known:
            raise ArgumentError(
                f"{command}: unexpected keyword argument {name!r}; expected some of "
                f"{', '.join(known)}"
            )
    given = Chosen(**({"save": save} | dict(options)))
    for name in ("save", "run", "check"):
        _is(command, name, getattr(given, name), bool, "True or False")
    for name in ("name", "title"):
        _is(command, name, getattr(given, name), str | None, "a text")
    check.number(command, "sleep_time", given.sleep_time, least=0)
    _check_name(command, given.name)
    _check_info(command, given.scan_info)
    return given


def _is(command: str, what: str, value: Any, kind: Any, expected: str) -> None:
    if not isinstance(value, kind):
        raise ArgumentError(f"{command}: {what} is {check.shown(value)}: expected {expected}")


def _check_name(command: str, name: str | None) -> None:
    try:
        keys.join("", name or "scan")
    except ConfigError as problem:
        raise ArgumentError(f"{command}: {' '.join(str(problem).split())}") from None


def _check_info(command: str, info: Mapping[str, Any] | None) -> None:
    if info is None:
        return
    _is(command, "scan_info", info, Mapping, "a dict")
    for key, value in info.items():
        _is(command, "a key of scan_info", key, str, "a text")
        try:
            values.pack(value)
        except TypeError as problem:
            told = " ".join(str(problem).split())
            raise ArgumentError(f"{command}: scan_info[{key!r}]: {told}") from None
