"""Places that have a name: a filter wheel's filters, a detector in and out of the beam.

filters.move("copper")
filters.position          # "copper", or "unknown" in between
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from bliss.common.errors import ArgumentError, ConfigError
from bliss.common.protocols import is_axis
from hardware.axis import Axis
from hardware.configuration import DeviceConfig, checked
from hardware.group import Group

UNKNOWN = "unknown"  #: the position where no name fits


class TargetConfig(DeviceConfig):
    """Where an axis has to be."""

    axis: Any  #: `$robx`
    position: float  #: user position
    tolerance: float = Field(default=0.001, gt=0)  #: unit; how far from it still counts


class PlaceConfig(DeviceConfig):
    """One entry of `positions`."""

    label: str = Field(min_length=1)
    description: str = ""
    target: list[TargetConfig] = Field(min_length=1)


class NamedPositionsConfig(DeviceConfig):
    """Named positions in the configuration."""

    positions: list[PlaceConfig] = Field(min_length=1)


class NamedPositions:
    """Moves axes, all at once, to places that have a name.

    Args:
        name: What the user types, `"filters"`.
        config: `positions`, a list of entries with `label`, `description` and `target`, a list of
            `axis: $robx`, `position` and `tolerance`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.name = name
        self._places: dict[str, PlaceConfig] = {}
        for place in checked(NamedPositionsConfig, name, config).positions:
            if place.label in self._places:
                raise ConfigError(f"{name}: there are two positions of the label {place.label!r}")
            for target in place.target:
                if not is_axis(target.axis):
                    raise ConfigError(
                        f"{name}: {place.label}: {target.axis!r:.60} is not an axis; expected one, "
                        "as in axis: $robx"
                    )
            self._places[place.label] = place

    @property
    def devices(self) -> dict[str, object]:
        """Itself."""
        return {self.name: self}

    @property
    def labels(self) -> list[str]:
        """The names of the places, in the order of the configuration."""
        return list(self._places)

    @property
    def position(self) -> str:
        """The name of the place where the axes are now, read from them; `"unknown"` in between."""
        for label, place in self._places.items():
            if all(abs(t.axis.position - t.position) <= t.tolerance for t in place.target):
                return label
        return UNKNOWN

    @property
    def axes(self) -> list[Axis]:
        """All axes that it moves."""
        return list(dict.fromkeys(t.axis for p in self._places.values() for t in p.target))

    def move(self, label: str, wait: bool = True) -> None:
        """Go to a place.

        Args:
            label: Its name.
            wait: Return at the end of the move, not at its start.

        Raises:
            ArgumentError: If there is no place of that name.
            LimitError: If an axis cannot go there; nothing has moved.
            DeviceError: If an axis moves already, cannot be moved, or failed on its way.
        """
        place = self._places.get(label)
        if place is None:
            raise ArgumentError(
                f"{self.name}: no position {label!r}; expected one of {', '.join(self._places)}"
            )
        targets = {target.axis: target.position for target in place.target}
        Group(*targets).move(targets, wait=wait)

    def stop(self) -> None:
        """Stop its axes."""
        Group(*self.axes).stop()

    def __info__(self) -> str:
        """What a user wants to see, read from the hardware now."""
        here = self.position
        rows = [(" * " if label == here else "   ") + _row(p) for label, p in self._places.items()]
        return "\n".join([f"{self.name}: at {here}", *rows])

    def __repr__(self) -> str:
        return f"<NamedPositions {self.name}: {', '.join(self._places)}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        nested = len(printer.stack) > 1  # in a list, say
        printer.text(repr(self) if nested else self.__info__())


def _row(place: PlaceConfig) -> str:
    where: Sequence[str] = [f"{t.axis.name} {t.axis.amount(t.position)}" for t in place.target]
    what = f"  {place.description}" if place.description else ""
    return f"{place.label:12} {', '.join(where)}{what}"
