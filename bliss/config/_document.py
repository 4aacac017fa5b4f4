"""YAML as plain data that remembers on which line each value stood; knows nothing of sessions."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bliss.common.errors import ConfigError

Location = tuple[str | int, ...]  #: `("controllers", 0, "axes", 1, "velocity")`


@dataclass(frozen=True)
class Document:
    """A file's content, in `dict`, `list`, `str`, `int`, `float`, `bool` and None only."""

    file: str
    data: Any
    lines: dict[Location, int]  #: 1-based

    def line(self, at: Sequence[str | int]) -> int:
        """Line of the value at a location, or of the nearest one around it that exists."""
        for end in range(len(at), 0, -1):
            if tuple(at[:end]) in self.lines:
                return self.lines[tuple(at[:end])]
        return 1

    def error(self, at: Sequence[str | int], message: str) -> ConfigError:
        """`sessions.yml:12: controllers[0].class: message`, to be raised."""
        place = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in at)
        prefix = f"{place.lstrip('.')}: " if place else ""
        return ConfigError(f"{_short(self.file)}:{self.line(at)}: {prefix}{message}")


def parse_document(text: str, file: str) -> Document:
    """Parse YAML.

    Raises:
        ConfigError: If `text` is not YAML, or holds something else than plain data.
    """
    document = Document(file, None, {})
    try:
        content = YAML(typ="rt", pure=True).load(text)
        data = _plain(content, (), document)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = " ".join(str(error.problem or error.context).split())
        raise ConfigError(f"{_short(file)}:{line}: expected YAML; {problem}") from None
    except (YAMLError, RecursionError) as error:
        raise ConfigError(f"{_short(file)}: expected YAML; {error}") from None
    return Document(file, {} if data is None else data, document.lines)


def _plain(value: Any, at: Location, document: Document) -> Any:
    """`value` without ruamel's own types; the line of everything in it is noted."""
    if isinstance(value, CommentedMap):
        return {key: _child(value, key, at, document) for key in value}
    if isinstance(value, CommentedSeq):
        return [_child(value, index, at, document) for index in range(len(value))]
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    raise document.error(
        at, f"expected text, a number, true, false, a list or a map, got {type(value).__name__}"
        f" {str(value)!r:.60} (put text that looks like something else in quotes)"
    )  # fmt: skip


def _child(parent: Any, key: Any, at: Location, document: Document) -> Any:
    if isinstance(parent, CommentedMap) and not isinstance(key, str):
        raise document.error(at, f"expected text as a key, got {key!r}")
    location = (*at, key)
    position = parent.lc.data.get(key) if parent.lc.data else None
    if position is not None:  # None: the key was merged in with `<<`
        document.lines[location] = position[0] + 1
    return _plain(parent[key], location, document)


def _short(file: str) -> str:
    """The path as it is shortest to read from where we are; unambiguous all the same."""
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative
