"""The configuration file `sessions.yml`: text in, plain data out; errors say file and line.

    controllers:                      # what is there
      - name: simulated_motors
        class: hardware.simulated_axes.SimulatedAxisController
        axes:                         # any list of entries with a name: the objects it brings
          - {name: robz, velocity: 1000}
    sessions:                         # who uses what
      - name: demo_session
        setup-file: setup.py          # or a dotted module
        config-objects: [robz]        # default: all
        exclude-objects: [roby]       # but not these
        include-sessions: [base]      # their setup files and objects, too

Every field of a controller except `name` and `class` is its own business, but a text that begins
with `$` refers to another object by name.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bliss.common.errors import ConfigError, UnknownSessionError
from bliss.config._document import Document, Location, parse_document
from bliss.config._models import ControllerEntry, SessionEntry, SessionsFile, in_words, python_name

REFERENCE = "$"  #: first letter of a text that names another configured object


@dataclass(frozen=True)
class Controller:
    """A controller, the objects that it brings and those that it refers to."""

    name: str
    class_path: str
    config: Mapping[str, Any]
    items: tuple[str, ...]
    references: frozenset[str]

    @property
    def objects(self) -> tuple[str, ...]:
        """Names that it contributes to a session: of its items, or its own if it has none."""
        return self.items or (self.name,)

    def as_plain(self) -> dict[str, Any]:
        """What Beacon sends: `name`, `class` and `config`."""
        return {"name": self.name, "class": self.class_path, "config": dict(self.config)}


@dataclass(frozen=True)
class Configuration:
    """A configuration file that was read and found right."""

    file: str  #: absolute path
    controllers: tuple[Controller, ...]  #: those that are referred to come first
    sessions: Mapping[str, SessionEntry] = field(default_factory=dict)

    @property
    def session_names(self) -> list[str]:
        """Names of the sessions, in the order of the file: `["demo_session"]`."""
        return list(self.sessions)

    def session(self, name: str) -> dict[str, Any]:
        """What a session consists of; see `bliss.beacon.Beacon.session_config`.

        Raises:
            UnknownSessionError: If there is no session of that name.
        """
        entry = self.sessions.get(name)
        if entry is None:
            known = ", ".join(self.sessions) or "none"
            raise UnknownSessionError(
                f"no session {name!r} in {self.file}; configured sessions: {known}"
            )
        objects = self._objects_of(entry)
        return {
            "name": entry.name,
            "setups": list(dict.fromkeys(self._setups_of(entry))),
            "objects": objects,
            "controllers": [each.as_plain() for each in self._needed_for(set(objects))],
            "file": self.file,
        }

    def _objects_of(self, entry: SessionEntry) -> list[str]:
        """Names of the session's objects, those of the sessions that it includes first."""
        excluded = {name for text in entry.exclude_objects for name in self._meant_by(text)}
        included = [each for name in entry.include_sessions for each in self._objects_in(name)]
        if entry.config_objects is None:
            own = [name for each in self.controllers for name in each.objects]
        else:
            own = [name for text in entry.config_objects for name in self._meant_by(text)]
        return [name for name in dict.fromkeys([*included, *own]) if name not in excluded]

    def _objects_in(self, session: str) -> list[str]:
        return self._objects_of(self.sessions[session])

    def _meant_by(self, name: str) -> tuple[str, ...]:
        """The objects that a name stands for; a controller's stands for all that it brings."""
        return next((each.objects for each in self.controllers if each.name == name), (name,))

    def _needed_for(self, names: set[str]) -> list[Controller]:
        """The controllers that bring `names`, and those that these refer to, in building order."""
        needed: list[Controller] = []
        for each in reversed(self.controllers):
            if names & {each.name, *each.items}:
                needed.append(each)
                names |= each.references
        return needed[::-1]

    def _setups_of(self, entry: SessionEntry) -> Iterator[str]:
        """The setup files of the sessions that it includes, then its own."""
        for name in entry.include_sessions:
            yield from self._setups_of(self.sessions[name])
        if entry.setup_file is not None and not entry.setup_file.endswith(".py"):
            yield entry.setup_file
        elif entry.setup_file is not None:
            folder = os.path.dirname(self.file)
            yield os.path.normpath(os.path.join(folder, os.path.expanduser(entry.setup_file)))


def read_configuration(path: str | Path) -> Configuration:
    """Read a configuration file.

    Raises:
        ConfigError: If it cannot be read, or is wrong; says file, line and what was expected.
    """
    file = os.path.abspath(path)
    try:
        text = Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: expected UTF-8 text, byte {error.start} is not") from error
    return parse_configuration(text, file)


def parse_configuration(text: str, file: str) -> Configuration:
    """The configuration that `text` holds; `file` is where it comes from.

    Raises:
        ConfigError: If it is wrong; says file, line and what was expected.
    """
    document = parse_document(text, file)
    entries = _validated(document)
    controllers = [_controller(entry, document, i) for i, entry in enumerate(entries.controllers)]
    owners = _owners(controllers, document)
    _check_sessions(entries.sessions, owners, document)
    return Configuration(
        file=file,
        controllers=tuple(_in_building_order(controllers, owners, document)),
        sessions={entry.name: entry for entry in entries.sessions},
    )


def _validated(document: Document) -> SessionsFile:
    try:
        return SessionsFile.model_validate(document.data)
    except ValidationError as error:
        found = sorted(error.errors(), key=lambda each: document.line(each["loc"]))
        more = f" ({len(found) - 1} more errors further down)" if len(found) > 1 else ""
        raise document.error(found[0]["loc"], in_words(found[0]) + more) from None


def _controller(entry: ControllerEntry, document: Document, index: int) -> Controller:
    config = entry.model_extra or {}
    items = tuple(name for name, _ in _items(config, ("controllers", index)))
    for name, location in _items(config, ("controllers", index)):
        try:
            python_name(name)
        except ValueError as error:
            raise document.error((*location, "name"), f"{error}, got {name!r}") from None
    references = frozenset(name for name, _ in _references(config, ()))
    return Controller(entry.name, entry.class_path, config, items, references)


def _items(config: Mapping[str, Any], at: Location) -> Iterator[tuple[str, Location]]:
    """Name and place of each entry with a name, in any list directly below a controller."""
    for key, value in config.items():
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict) and "name" in item:
                yield str(item["name"]), (*at, key, index)


def _references(value: Any, at: Location) -> Iterator[tuple[str, Location]]:
    """Name and place of each `$name` in `value`."""
    if isinstance(value, str) and value.startswith(REFERENCE):
        yield value.removeprefix(REFERENCE), at
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _references(each, (*at, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _references(each, (*at, index))


def _owners(controllers: list[Controller], document: Document) -> dict[str, int]:
    """Which controller, by its index, brings each name; a name may stand for one thing only."""
    places: dict[str, Location] = {}
    for index, each in enumerate(controllers):
        at: Location = ("controllers", index)
        for name, location in ((each.name, at), *_items(each.config, at)):
            _check_new(name, (*location, "name"), places, document)
    return {name: int(location[1]) for name, location in places.items()}


def _check_sessions(
    sessions: list[SessionEntry], owners: Mapping[str, int], document: Document
) -> None:
    places: dict[str, Location] = {}
    for index, entry in enumerate(sessions):
        at: Location = ("sessions", index)
        _check_new(entry.name, (*at, "name"), places, document)
        lists = {
            "config-objects": entry.config_objects or (),
            "exclude-objects": entry.exclude_objects,
        }
        for key, names in lists.items():
            for number, name in enumerate(names):
                if name not in owners:
                    raise document.error(
                        (*at, key, number),
                        f"expected an object configured under controllers, got {name!r}",
                    )
    _check_includes({entry.name: entry for entry in sessions}, places, document)


def _check_includes(
    sessions: Mapping[str, SessionEntry], places: Mapping[str, Location], document: Document
) -> None:
    """Sessions that are included are there, and none includes itself."""
    for first in sessions.values():
        seen, waiting = {first.name}, [first]
        while waiting:
            entry = waiting.pop()
            for number, name in enumerate(entry.include_sessions):
                at = (*places[entry.name][:2], "include-sessions", number)
                if name not in sessions:
                    raise document.error(at, f"expected the name of a session, got {name!r}")
                if name == first.name:
                    raise document.error(at, f"{name} would include itself")
                if name not in seen:
                    seen.add(name)
                    waiting.append(sessions[name])


def _check_new(name: str, at: Location, places: dict[str, Location], document: Document) -> None:
    if name in places:
        raise document.error(
            at, f"{name!r} is already the name of something else, in line"
            f" {document.line(places[name])}; expected a name of its own"
        )  # fmt: skip
    places[name] = at


def _in_building_order(
    controllers: list[Controller], owners: Mapping[str, int], document: Document
) -> list[Controller]:
    """Controllers such that each comes after those that it refers to."""
    order: list[int] = []

    def visit(index: int, path: tuple[int, ...]) -> None:
        if index in order:
            return
        for name, at in _references(controllers[index].config, ("controllers", index)):
            if name not in owners:
                raise document.error(
                    at, f"expected {REFERENCE} and the name of a configured object, got ${name}"
                )
            if owners[name] in (*path, index):
                raise document.error(
                    at, f"${name} belongs to a controller that itself needs"
                    f" {controllers[index].name} to be made first"
                )  # fmt: skip
            visit(owners[name], (*path, index))
        order.append(index)

    for index in range(len(controllers)):
        visit(index, ())
    return [controllers[index] for index in order]
