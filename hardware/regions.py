"""Regions of interest, kept from session to session."""

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from typing import Any

from bliss.common.errors import SettingError


class Regions(Mapping[str, tuple[int, ...]]):
    """Regions of interest by name: `mca1.rois.set("cu", 700, 800)`, `mca1.rois["cu"]`.

    Args:
        owner: Name of the detector.
        fields: What the numbers of a region are, in words: `("start", "stop")`.
        problem: Says what is wrong with the numbers of a region; empty if nothing.
        stored: Where they are kept.
        taken: Names that no region may have.
    """

    def __init__(
        self,
        owner: str,
        fields: tuple[str, ...],
        problem: Callable[..., str],
        stored: MutableMapping[str, Any],
        taken: Collection[str] = (),
    ) -> None:
        self._owner = owner
        self._fields = fields
        self._problem = problem
        self._stored = stored
        self._taken = taken

    def set(self, name: str, *numbers: Any) -> None:
        """Add a region, or change it; from the next scan on.

        Raises:
            SettingError: If the name cannot be a counter's, or the numbers are no region.
        """
        if not isinstance(name, str) or not name.isidentifier():
            raise SettingError(
                f"{self._owner}: {name!r:.40} is no name of a region; expected one such as cu"
            )
        if name in self._taken:
            raise SettingError(f"{self._owner}: {name!r} is the name of another of its counters")
        if len(numbers) == 1 and isinstance(numbers[0], list | tuple):
            numbers = tuple(numbers[0])
        are_whole = all(_is_whole(number) for number in numbers)
        if len(numbers) != len(self._fields) or not are_whole:
            wrong = f"expected whole numbers: {', '.join(self._fields)}"
        else:
            wrong = self._problem(*numbers)
        if wrong:
            raise SettingError(f"{self._owner}: region {name} is {numbers!r:.60}; {wrong}")
        self._stored[name] = [int(number) for number in numbers]

    def remove(self, name: str) -> None:
        """Forget a region.

        Raises:
            SettingError: If there is none of that name.
        """
        if name not in self._stored:
            raise SettingError(
                f"{self._owner}: no region {name!r:.40}; there are {', '.join(self) or 'none'}"
            )
        del self._stored[name]

    def clear(self) -> None:
        """Forget all regions."""
        for name in list(self):
            del self._stored[name]

    def get_rois(self) -> dict[str, tuple[int, ...]]:
        """All regions, read at once."""
        return {name: tuple(numbers) for name, numbers in sorted(self._stored.items())}

    def __getitem__(self, name: str) -> tuple[int, ...]:
        return tuple(self._stored[name])

    def __setitem__(self, name: str, numbers: Any) -> None:
        self.set(name, *numbers)

    def __delitem__(self, name: str) -> None:
        self.remove(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.get_rois())

    def __len__(self) -> int:
        return len(self._stored)

    def __repr__(self) -> str:
        return f"<regions of {self._owner}>"

    def __info__(self) -> str:
        """What a user wants to see."""
        rows = [
            f"  {name:12}" + "".join(f"{number:>10}" for number in numbers)
            for name, numbers in self.get_rois().items()
        ]
        head = f"  {'name':12}" + "".join(f"{each:>10}" for each in self._fields)
        return "\n".join([f"{self._owner}: {len(rows)} regions", *([head, *rows] if rows else [])])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        printer.text(repr(self) if len(printer.stack) > 1 else self.__info__())


def _is_whole(number: Any) -> bool:
    if isinstance(number, bool):
        return False
    try:
        return bool(int(number) == number)
    except (TypeError, ValueError, OverflowError):
        return False
