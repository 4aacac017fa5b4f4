"""The line below the prompt, as pairs of style and text; knows nothing of a terminal."""

import inspect
from collections.abc import Sequence

from prompt_toolkit.formatted_text import OneStyleAndTextTuple

from bliss_shell.call_place import Place
from bliss_shell.completion import parameter_of
from bliss_shell.usage import parameters_in_words

Fragments = list[OneStyleAndTextTuple]

_HERE = "bold underline"  #: the argument that is being typed
_MORE = "…"


def signature_line(place: Place, signature: inspect.Signature, width: int) -> Fragments:
    """How the command is called that is being typed, and which argument is at hand.

    Where the line is too short for all of them, the arguments that are done with go first.
    """
    parameter, _ = parameter_of(place, signature)
    words = parameters_in_words(signature)
    here = list(signature.parameters).index(parameter.name) if parameter else -1
    first = 0
    while first < here and _length(place.command, words[first : here + 1]) > width:
        first += 1
    shown = ([_MORE] if first else []) + words[first:]
    styles = ["" for _ in shown]
    if here >= 0:
        styles[here - first + bool(first)] = _HERE
    line: Fragments = [("", f" {place.command}(")]
    for number, (style, word) in enumerate(zip(styles, shown, strict=True)):
        line += [("", ", ")] if number else []
        line.append((style, word))
    return cut([*line, ("", ")")], width)


def status_line(session: str, activities: Sequence[str], width: int) -> Fragments:
    """Which session it is, and what goes on: scans in the background, axes that move."""
    return cut([("", "  ".join([f" {session}", *activities]))], width)


def cut(line: Fragments, width: int) -> Fragments:
    """As much of a line as there is room for."""
    kept: Fragments = []
    for style, text, *_ in line:
        if len(text) >= width:
            return [*kept, (style, text[: max(0, width - 1)] + _MORE)] if width else kept
        kept.append((style, text))
        width -= len(text)
    return kept


def _length(command: str, words: list[str]) -> int:
    return len(command) + 5 + sum(len(word) + 2 for word in words)
