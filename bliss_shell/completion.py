"""What Tab offers for an argument of a command: devices of the right kind, and keywords.

Nothing is read of a device but its name and its class, so no hardware is asked.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bliss_shell.argument_kinds import Kind, choices_of, kind_of, names_of, parameter_at
from bliss_shell.call_place import Place


@dataclass(frozen=True, slots=True)
class Offer:
    """What can stand at a place.

    Args:
        words: To choose from, each with what it is: `[("robx", "axis"), ("save=", "keyword")]`.
        is_all: Whether nothing else makes sense there.
    """

    words: list[tuple[str, str]]
    is_all: bool


def offer(place: Place, signature: inspect.Signature, namespace: Mapping[str, Any]) -> Offer:
    """What can stand at `place`, as an argument of a command with this signature."""
    parameter, number = parameter_of(place, signature)
    kind = kind_of(parameter, number) if parameter else Kind.ANY
    words = [(word, kind.value) for word in _values(place, parameter, kind, namespace)]
    if not place.keyword and (place.prefix or _may_be_left_out(parameter)):
        words += [(f"{name}=", "keyword") for name in _keywords(place, signature)]
    words = [(word, what) for word, what in words if word.startswith(place.prefix)]
    wants_number = kind is Kind.NUMBER and not place.prefix
    is_device = any(what in (Kind.AXIS.value, Kind.COUNTER.value) for _, what in words)
    return Offer(words, wants_number or is_device or (kind is Kind.CHOICE and bool(words)))


def parameter_of(
    place: Place, signature: inspect.Signature
) -> tuple[inspect.Parameter | None, int]:
    """The parameter that is typed, and the how manieth of its arguments."""
    if place.keyword:
        return signature.parameters.get(place.keyword), 0
    return parameter_at(signature, len(place.arguments))


def _values(
    place: Place, parameter: inspect.Parameter | None, kind: Kind, namespace: Mapping[str, Any]
) -> list[str]:
    if parameter is not None and kind is Kind.CHOICE:
        return choices_of(parameter)
    return [name for name in names_of(kind, namespace) if name not in place.arguments]


def _keywords(place: Place, signature: inspect.Signature) -> list[str]:
    """What can be given by its name, and is not given."""
    taken = list(signature.parameters)[: len(place.arguments)]
    return [
        each.name
        for each in signature.parameters.values()
        if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
        and each.name not in place.keywords
        and (each.kind is each.KEYWORD_ONLY or each.name not in taken)
        and each.default is not each.empty
    ]


def _may_be_left_out(parameter: inspect.Parameter | None) -> bool:
    if parameter is None or parameter.kind is parameter.VAR_POSITIONAL:
        return True
    return parameter.default is not parameter.empty
