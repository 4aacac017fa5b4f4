"""Where in a call the cursor stands, in Python and in SPEC's way of typing; text in, words out."""

import re
from collections.abc import Container
from dataclasses import dataclass

from bliss_shell.python_text import brackets_open, pieces

_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*$")
_SPEC = re.compile(r"^\s*(?:[A-Za-z_][\w, ]*=\s*)?([A-Za-z_]\w*)[ \t]+(.*)$", re.S)
_KEYWORD = re.compile(r"^([A-Za-z_]\w*)\s*=(?!=)\s*(.*)$", re.S)


@dataclass(frozen=True, slots=True)
class Place:
    """An argument that is being typed."""

    command: str
    arguments: tuple[str, ...]  #: those before, but for keywords
    keywords: frozenset[str]  #: that are given before
    keyword: str  #: whose value it is; empty if it is none
    prefix: str  #: what is there of it


def place_of(text: str, commands: Container[str], *, spec: bool = True) -> Place | None:
    """Where the end of `text` stands; None if that is in no call of a command.

    Args:
        text: What is typed up to the cursor.
        commands: Names of what may be called.
        spec: Whether SPEC's way of typing is understood.
    """
    try:
        opened = brackets_open(text)
    except ValueError:  # in a string, or a comment
        return None
    if opened:
        return _in_call(text, opened[-1], commands)
    statement = list(pieces(text, ";"))[-1]
    found = _SPEC.match(statement) if spec and "\n" not in text.strip() else None
    if not found or found[1] not in commands or re.match(r"[=.\[]|[-+*/<>!]=?\s", found[2]):
        return None
    words = list(pieces(found[2], " \t,"))
    return _place(found[1], [word for word in words[:-1] if word], words[-1])


def _in_call(text: str, bracket: int, commands: Container[str]) -> Place | None:
    found = _NAME.search(text[:bracket])
    if text[bracket] != "(" or not found or found[1] not in commands:
        return None
    if re.search(r"\b(def|class)\s+$", text[: found.start(1)]):
        return None
    *before, last = pieces(text[bracket + 1 :], ",")
    return _place(found[1], [each.strip() for each in before], last.lstrip())


def _place(command: str, before: list[str], last: str) -> Place:
    named = [found[1] for each in before if (found := _KEYWORD.match(each))]
    others = tuple(each for each in before if not _KEYWORD.match(each))
    found = _KEYWORD.match(last)
    keyword, prefix = (found[1], found[2]) if found else ("", last)
    return Place(command, others, frozenset(named), keyword, prefix)
