"""What a command wants as an argument, from how its signature names it; reads no hardware."""

import inspect
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from bliss.common.protocols import is_axis


class Kind(Enum):
    """What an argument is."""

    AXIS = "axis"
    COUNTER = "counter"
    NUMBER = "number"
    CHOICE = "choice"
    ANY = "anything"


_BY_NAME = (
    (Kind.AXIS, re.compile(r"(slow_|fast_)?(motor|axis|axes)")),
    (Kind.COUNTER, re.compile(r"counter")),
    (Kind.NUMBER, re.compile(r"(dial_)?(start|stop|position|distance|interval|npoint|count_time)")),
)
_BY_ANNOTATION = (
    (Kind.AXIS, re.compile(r"\bAxis\b")),
    (Kind.COUNTER, re.compile(r"\bCounter\b")),
    (Kind.NUMBER, re.compile(r"\b(float|int)\b")),
)


def parameter_at(signature: inspect.Signature, index: int) -> tuple[inspect.Parameter | None, int]:
    """Which parameter takes the argument at `index`, and at which place, if it takes several."""
    for place, parameter in enumerate(signature.parameters.values()):
        if parameter.kind is parameter.VAR_POSITIONAL:
            return parameter, index - place
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            break
        if place == index:
            return parameter, 0
    return None, 0


def kind_of(parameter: inspect.Parameter, place: int = 0) -> Kind:
    """What a parameter wants; `*axes_and_positions` wants an axis, a position, an axis and so on.

    Args:
        parameter: Of a command.
        place: Among the arguments that it takes.
    """
    parts = parameter.name.split("_and_")
    if len(parts) > 1:
        return _by_name(parts[place % len(parts)])
    if choices_of(parameter):
        return Kind.CHOICE
    shown = _shown(parameter.annotation)
    for kind, pattern in _BY_ANNOTATION:
        if pattern.search(shown):
            return kind
    return _by_name(parameter.name)


def choices_of(parameter: inspect.Parameter) -> list[str]:
    """What can be given, as it is typed, if that is one of a few: `["True", "False"]`."""
    annotation = parameter.annotation
    if annotation in (bool, "bool"):
        return ["True", "False"]
    if get_origin(annotation) is Literal:
        return [repr(each) for each in get_args(annotation)]
    return []


def is_of(kind: Kind, value: Any) -> bool:
    """Whether a device is of that kind; looks at its class, and at nothing that is computed."""
    if kind is Kind.AXIS:
        return not isinstance(value, type) and is_axis(value)
    if kind is Kind.COUNTER:
        return not isinstance(value, type) and not is_axis(value) and _counts(value)
    return False


def names_of(kind: Kind, namespace: Mapping[str, Any]) -> list[str]:
    """The names of all devices of that kind."""
    everything = list(namespace.items())
    return [name for name, each in everything if name[0] != "_" and is_of(kind, each)]


def _counts(value: Any) -> bool:
    """Whether it is a counter, or brings several."""
    if _has(value, "counters"):
        return True
    return all(_has(value, each) for each in ("name", "unit", "dtype", "shape", "controller"))


def _has(value: Any, name: str) -> bool:
    try:
        inspect.getattr_static(value, name)
    except AttributeError:
        return False
    return True


def _by_name(name: str) -> Kind:
    return next((kind for kind, pattern in _BY_NAME if pattern.match(name)), Kind.ANY)


def _shown(annotation: Any) -> str:
    if annotation is inspect.Parameter.empty or annotation is Any:
        return ""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
