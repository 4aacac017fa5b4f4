"""What an axis does, in the words of the field.

>>> state = AxisState("READY", "LIMNEG")
>>> "LIMNEG" in state, "MOVING" in state
(True, False)
>>> print(state)
READY LIMNEG
>>> AxisState("READY") == "READY"
True
"""

from collections.abc import Iterator

#: The states that every axis knows, and what they mean.
MEANINGS = {
    "READY": "stands still and can be moved",
    "MOVING": "is on its way",
    "FAULT": "stands still because something failed",
    "LIMPOS": "is on its positive limit switch",
    "LIMNEG": "is on its negative limit switch",
    "HOME": "is on its home switch",
    "OFF": "has no power; on() switches it on",
    "DISABLED": "is not to be used; enable() allows it",
}


class AxisState:
    """One or more states that hold at once; equal to the text that it prints.

    Args:
        states: Names, each perhaps with what it means here: `("FAULT", "following error")`.  A
            controller may have states of its own: `("PARKED", "in its garage")`.
    """

    __slots__ = ("_meanings", "_text")

    def __init__(self, *states: str | tuple[str, str]) -> None:
        pairs = (s if isinstance(s, tuple) else (s, MEANINGS.get(s, "")) for s in states)
        self._meanings = dict(pairs)
        self._text = " ".join(sorted(self._meanings, key=_order))

    def __contains__(self, name: object) -> bool:
        return name in self._meanings

    def __iter__(self) -> Iterator[str]:
        return iter(self._text.split())

    def meaning(self, name: str) -> str:
        """What one of its states means: `"stands still and can be moved"`."""
        return self._meanings[name]

    def with_(self, *states: str | tuple[str, str], without: str = "") -> "AxisState":
        """The same with more states, and without one."""
        kept = [(n, m) for n, m in self._meanings.items() if n != without]
        return AxisState(*kept, *states)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        said = (f"{n} ({m})" if m != MEANINGS.get(n) else n for n, m in self._meanings.items())
        return f"<{', '.join(said)}>"

    def __eq__(self, other: object) -> bool:
        return self._text == str(other) if isinstance(other, AxisState | str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)


_ORDER = list(MEANINGS)


def _order(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in MEANINGS else len(_ORDER), name)


READY = AxisState("READY")
MOVING = AxisState("MOVING")
