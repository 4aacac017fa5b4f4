"""Add a session to a configuration, or take one out: text in, text out.

Whole lines are put in or taken out, so everything else stays as it is, comments too.
"""

import re
from collections.abc import Sequence

from bliss.common.errors import ConfigError, UnknownSessionError
from bliss.config.static import parse_configuration

_SECTION = re.compile(r"sessions\s*:\s*(\[\s*\])?\s*(#.*)?$")
_ITEM = re.compile(r"(\s*)- ")


def with_session(text: str, file: str, entry: str) -> str:
    """The configuration with one more session, the last one.

    Args:
        text: The configuration as it is.
        file: Where it comes from, for messages.
        entry: The session, as a YAML list of one; may have comments.

    Raises:
        ConfigError: If the result would not be a configuration; the message says why.
    """
    lines = text.splitlines()
    if not any(_is_key(line) and line.startswith("sessions") for line in lines):
        lines += ["", "sessions:"]
    begin, end = _section(lines, file)
    items = _items(lines, begin, end)
    indent = _ITEM.match(lines[items[0]])[1] if items else "  "  # type: ignore[index]
    lines[begin] = re.sub(r"\[\s*\]", "", lines[begin]).rstrip()
    where = _end_of_item(lines, items[-1], end) if items else begin + 1
    new = [f"{indent}{line}" if line else "" for line in entry.splitlines()]
    return _checked([*lines[:where], "", *new, *lines[where:]], file)


def without_session(text: str, file: str, name: str) -> str:
    """The configuration without a session.

    The comment right above the session goes with it, and those that are indented as its fields.

    Raises:
        UnknownSessionError: If there is no such session.
        ConfigError: If others include it, or the text is laid out in a way that is not understood.
    """
    known = parse_configuration(text, file).session_names
    if name not in known:
        raise UnknownSessionError(
            f"no session {name!r} in {file}; configured sessions: {', '.join(known) or 'none'}"
        )
    lines = text.splitlines()
    begin, end = _section(lines, file)
    items = _items(lines, begin, end)
    if len(items) != len(known):
        raise _not_understood(file)
    item = items[known.index(name)]
    first, behind = _start_of_item(lines, item), _end_of_item(lines, item, end)
    while behind < end and not lines[behind].strip() and not lines[first - 1].strip():
        behind += 1  # one empty line is enough where the session was
    if behind == len(lines) and not lines[first - 1].strip():
        first -= 1
    kept = [*lines[:first], *lines[behind:]]
    if len(items) == 1:
        kept[begin] = kept[begin].replace(":", ": []", 1)
    return _checked(kept, file)


def _section(lines: Sequence[str], file: str) -> tuple[int, int]:
    """Where `sessions:` stands, and where the next key or the end is."""
    begins = [number for number, line in enumerate(lines) if _SECTION.match(line)]
    if len(begins) != 1:
        raise _not_understood(file)
    later = (n for n in range(begins[0] + 1, len(lines)) if _is_key(lines[n]))
    return begins[0], next(later, len(lines))


def _is_key(line: str) -> bool:
    return bool(line) and line[0] not in " \t#-"


def _items(lines: Sequence[str], begin: int, end: int) -> list[int]:
    """The lines on which the sessions begin."""
    found = [(n, m[1]) for n in range(begin + 1, end) if (m := _ITEM.match(lines[n]))]
    return [number for number, indent in found if indent == found[0][1]]


def _start_of_item(lines: Sequence[str], item: int) -> int:
    while lines[item - 1].lstrip().startswith("#"):
        item -= 1
    return item


def _end_of_item(lines: Sequence[str], item: int, end: int) -> int:
    """The line behind the last one that is indented deeper than the dash of the item."""
    dash = len(lines[item]) - len(lines[item].lstrip())
    last = number = item
    while number + 1 < end:
        number += 1
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= dash:
            break
        last = number if line.strip() else last
    return last + 1


def _checked(lines: Sequence[str], file: str) -> str:
    changed = "\n".join(lines) + "\n"
    parse_configuration(changed, file)
    return changed


def _not_understood(file: str) -> ConfigError:
    return ConfigError(
        f"{file}: this needs `sessions:` on a line of its own and each session below it, on a line "
        "that begins with `- `; edit the file by hand"
    )
