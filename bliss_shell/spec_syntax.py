"""SPEC's way of typing, `umv robx 1`, as Python, `umv(robx, 1)`; text in, text out.

What is Python is never touched.  The exceptions could only be mistakes in Python, as their first
word is a command: `ct -1` takes a number from a function, `wa` alone does nothing.
"""

import ast
import inspect
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Union, get_args, get_origin

from bliss_shell.python_text import brackets_open, pieces

_TARGET = r"(?P<target>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*\s*=\s*)?"
_LINE = re.compile(rf"^(?P<space>\s*){_TARGET}(?P<name>[A-Za-z_]\w*)(?P<rest>.*?)(?P<tail>\s*)$")
_SIGNED = re.compile(r"^[ \t]+(?:[-+]\S|\*[^\s*])")  # an argument, not an operation
_KEYWORD = re.compile(r"^[A-Za-z_]\w*=(?!=)")
_ESCAPES = "%!?/,;"  #: IPython's own, as the first character


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be known of a command.

    Args:
        signature: What it takes.
        runs_alone: Whether its bare name runs it; only if it needs no arguments.
    """

    signature: inspect.Signature
    runs_alone: bool = False


def as_python(text: str, commands: Mapping[str, Command], known: Container[str]) -> str:
    """`text` as Python if it is SPEC's way of typing, else `text` itself.

    Several commands may stand in the line, `umv robx 1; ct 1`, and one may give its result away,
    `s = ascan robz -5 5 10 .1 diode1`.

    Args:
        text: What was typed.
        commands: What can be called in this way.
        known: All names that mean something; other words stay strings where a command wants one.
    """
    if "\n" in text.strip() or not text.strip() or text.lstrip()[0] in _ESCAPES:
        return text
    try:
        code, comment = _without_comment(text)
        if code.rstrip().endswith("?"):
            return text
        statements = list(pieces(code, ";"))
        changed = [_statement(each, commands, known) for each in statements]
    except ValueError:
        return text
    if changed == statements:
        return text
    line = ";".join(changed)
    return line + comment if _parses(line) else text


def _statement(text: str, commands: Mapping[str, Command], known: Container[str]) -> str:
    found = _LINE.match(text)
    command = commands.get(found["name"]) if found else None
    if not found or not command:
        return text
    target = found["target"] or ""
    if not found["rest"]:
        runs = command.runs_alone and not target and _needs_nothing(command.signature)
        return f"{found['space']}{found['name']}(){found['tail']}" if runs else text
    if not found["rest"][0].isspace():
        return text
    if _parses(text.strip()) and not _SIGNED.match(found["rest"]):
        return text
    arguments = _arguments(found["rest"], command.signature, known)
    call = f"{found['name']}({', '.join(arguments)})"
    return f"{found['space']}{target}{call}{found['tail']}"


def _arguments(text: str, signature: inspect.Signature, known: Container[str]) -> list[str]:
    """The arguments of a call; a ValueError if `text` is something else."""
    words = [word for word in pieces(_glued(text), " \t,") if word]
    named = [word for word in words if _KEYWORD.match(word)]
    others = [word for word in words if not _KEYWORD.match(word)]
    takers = _takers(signature)
    return [
        *(_argument(word, taker, known) for word, taker in zip(others, takers, strict=False)),
        *(_named_argument(word, signature, known) for word in named),
    ]


def _takers(signature: inspect.Signature) -> Iterator[inspect.Parameter | None]:
    """The parameter that takes the first argument, the second, and so on for ever."""
    last = None
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            last = parameter
            break
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            yield parameter
    while True:
        yield last


def _named_argument(word: str, signature: inspect.Signature, known: Container[str]) -> str:
    name, _, value = word.partition("=")
    return f"{name}={_argument(value, signature.parameters.get(name), known)}"


def _argument(word: str, taker: inspect.Parameter | None, known: Container[str]) -> str:
    if taker and _wants_text(taker) and _is_bare_text(word, known):
        return repr(word)
    if not _is_one_argument(word):
        raise ValueError(word)
    return word


def _wants_text(taker: inspect.Parameter) -> bool:
    annotation = taker.annotation
    if isinstance(annotation, str):
        return "str" in [part.strip() for part in annotation.split("|")]
    return annotation is str or (
        get_origin(annotation) in (Union, UnionType) and str in get_args(annotation)
    )


def _is_bare_text(word: str, known: Container[str]) -> bool:
    """Whether `word` is a word or a pattern, `align` or `sim*`, rather than an expression."""
    if word.isidentifier():
        return word not in known and word not in ("None", "True", "False")
    return bool(re.fullmatch(r"[\w.*?/~\[\]-]*[A-Za-z*?/~][\w.*?/~\[\]-]*", word)) and not (
        _is_one_argument(word) and word.partition(".")[0].partition("[")[0] in known
    )


def _is_one_argument(word: str) -> bool:
    try:
        call = ast.parse(f"_({word}\n)", mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return isinstance(call, ast.Call) and len(call.args) + len(call.keywords) == 1


def _needs_nothing(signature: inspect.Signature) -> bool:
    """Whether it can be called as it is; `*axes_and_positions` come in pairs, and not none."""
    return not any(
        "_and_" in each.name
        if each.kind is each.VAR_POSITIONAL
        else each.default is each.empty and each.kind is not each.VAR_KEYWORD
        for each in signature.parameters.values()
    )


def _glued(text: str) -> str:
    """`save = False` as `save=False`, outside strings and brackets."""
    glued = ""
    for piece in pieces(text, "="):
        is_keyword = re.search(r"[A-Za-z_]\w*\s*$", glued)
        glued = f"{glued.rstrip()}={piece.lstrip()}" if is_keyword else f"{glued}={piece}"
    return glued[1:]


def _without_comment(text: str) -> tuple[str, str]:
    """The code and the comment; a ValueError if the code leaves a string or a bracket open."""
    for index in [*(match.start() for match in re.finditer("#", text)), len(text)]:
        if _is_closed(text[:index]):
            return text[:index], text[index:]
    raise ValueError(text)


def _is_closed(text: str) -> bool:
    try:
        return not brackets_open(text)
    except ValueError:
        return False


def _parses(text: str) -> bool:
    try:
        ast.parse(text.strip())
    except (SyntaxError, ValueError):
        return False
    return True
