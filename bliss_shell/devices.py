"""From the configuration to the objects a session works with, and again when that changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

from bliss.common.errors import ConfigError
from bliss.common.interrupts import Interrupts, interrupted_by
from bliss_shell.closing import Step

Entry = Mapping[str, Any]
"""Of a controller: `name`, `class` and `config`, as `Beacon.session_config` gives it."""

Made = tuple[Entry, Any]
"""A controller, with what it was made from."""


@dataclass(frozen=True)
class Change:
    """What a configuration has changed: names of objects, and what is missing, in words."""

    new: list[str]
    changed: list[str]  #: made again
    gone: list[str]
    kept: list[str]
    problems: list[str] = field(default_factory=list)


class Devices:
    """The objects of a session.

    A controller that cannot be built costs the session its objects and those that refer to them,
    and no others.

    Args:
        interrupts: Who gets a Ctrl-C: it ends the making of one of them, and no more.
    """

    def __init__(self, interrupts: Interrupts | None = None) -> None:
        self._interrupts = interrupts or Interrupts()
        self.objects: dict[str, Any] = {}  #: of the session, by name
        self._everything: dict[str, Any] = {}  #: these, and those that they refer to
        self._made: dict[str, Made] = {}  #: by name, in building order

    def outdated(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The objects that are let go when this becomes the configuration, by name."""
        current = self._current(config)
        return {
            name: each
            for controller, (_, made) in self._made.items()
            if controller not in current
            for name, each in made.devices.items()
        }

    def load(self, config: Mapping[str, Any]) -> Change:
        """Make what is new or has changed, let go of what is gone, and keep the rest.

        A controller that cannot be made again stays as it was.

        Args:
            config: Of the session, as `Beacon.session_config` gives it.
        """
        before, known, current, problems = self.objects, self._made, self._current(config), []
        self._made, self._everything = {}, {}
        for entry in config["controllers"]:
            name = entry["name"]
            problem = self._try_to_add(entry, known[name] if name in current else None)
            if problem:
                problems.append(f"{problem}{'; it stays as it was' if name in known else ''}")
                if name in known:
                    self._add(entry, known[name])
        for name in reversed(known):
            if self._made.get(name) is not known[name]:
                _leave(known[name][1])
        wanted = config["objects"]
        missing = [name for name in wanted if name not in self._everything]
        if missing:
            problems.append(f"the session goes on without {', '.join(missing)}")
        self.objects = {n: self._everything[n] for n in wanted if n in self._everything}
        return _compared(before, self.objects, problems)

    def closing(self) -> list[Step]:
        """How to let go of all of them, what was made last first."""
        steps: list[Step] = [(n, partial(_leave, each)) for n, (_, each) in self._made.items()]
        self._made = {}
        return steps[::-1]

    def _current(self, config: Mapping[str, Any]) -> list[str]:
        """The controllers that stay as they are."""
        current: list[str] = []
        objects: set[str] = set()
        for entry in config["controllers"]:
            made = self._made.get(entry["name"])
            if made and made[0] == entry and objects.issuperset(_references(entry["config"])):
                current.append(entry["name"])
                objects |= {entry["name"], *made[1].devices}
        return current

    def _try_to_add(self, entry: Entry, known: Made | None) -> str:
        """Have a controller, or say why not."""
        with self._interrupts.shielded():
            error = self._interrupts.attempt(partial(self._add, entry, known))
        if isinstance(error, KeyboardInterrupt):
            return f"controller {entry['name']!r}: {interrupted_by(error)} while it was made"
        if isinstance(error, ConfigError):
            return str(error)
        if error:
            raise error
        return ""

    def _add(self, entry: Entry, known: Made | None) -> None:
        """Have a controller: the one that is known, or one that is made now."""
        made = known or (entry, _build(entry, self._everything))
        self._made[entry["name"]] = made
        self._everything |= {entry["name"]: made[1], **made[1].devices}


def _leave(controller: Any) -> None:
    if hasattr(controller, "leave"):
        controller.leave()


def build_devices(config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A session's objects by name, and what is missing, in words.

    Args:
        config: Of the session, as `Beacon.session_config` gives it.
    """
    devices = Devices()
    change = devices.load(config)
    return devices.objects, change.problems


def _compared(before: Mapping[str, Any], after: Mapping[str, Any], problems: list[str]) -> Change:
    both = [name for name in after if name in before]
    return Change(
        new=[name for name in after if name not in before],
        changed=[name for name in both if after[name] is not before[name]],
        gone=[name for name in before if name not in after],
        kept=[name for name in both if after[name] is before[name]],
        problems=problems,
    )


def _references(value: Any) -> Iterator[str]:
    """The objects that a configuration refers to."""
    if isinstance(value, str) and value.startswith("$"):
        yield value[1:]
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _references(each)


def _build(entry: Mapping[str, Any], others: Mapping[str, Any]) -> Any:
    name, path = entry["name"], entry["class"]
    kind = _class_of(name, path)
    try:
        goes_without = getattr(kind, "goes_without_missing", False)
        return kind(name, _resolved(entry["config"], others, goes_without=goes_without))
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            f"controller {name!r}: {path} refused its configuration "
            f"({type(error).__name__}: {error})"
        ) from error


def _class_of(name: str, path: str) -> Any:
    module, _, kind = path.rpartition(".")
    try:
        return getattr(import_module(module), kind)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"controller {name!r}: no class {path!r}: {error}; expected the dotted path of a class "
            "that can be imported, as in hardware.simulated_axes.SimulatedAxisController"
        ) from error


def _resolved(value: Any, others: Mapping[str, Any], *, goes_without: bool) -> Any:
    """`value` with every "$name" in it replaced by that object.

    Where a controller goes without what could not be made, lists are without it.
    """
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in others:
            raise ConfigError(f"{value} could not be made, and is needed here")
        return others[value[1:]]
    if isinstance(value, list):
        kept = [item for item in value if not (goes_without and _is_missing(item, others))]
        return [_resolved(item, others, goes_without=goes_without) for item in kept]
    if isinstance(value, dict):
        return {
            key: _resolved(item, others, goes_without=goes_without) for key, item in value.items()
        }
    return value


def _is_missing(item: Any, others: Mapping[str, Any]) -> bool:
    return isinstance(item, str) and item.startswith("$") and item[1:] not in others
