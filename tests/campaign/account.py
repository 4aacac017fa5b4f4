"""Where an axis may say that it is, after what was done to it and what was cut short; pure."""

from dataclasses import dataclass, field

import numpy as np

STEPS = 1000.0  #: steps of the axis for a mm


def _same(a: object, b: object) -> bool:
    return bool(np.allclose(np.asarray(a, float), np.asarray(b, float), rtol=0, atol=1e-9))


@dataclass(frozen=True)
class Scale:
    """How the user counts: position = sign * place / STEPS + zero."""

    sign: int
    zero: float

    def position(self, place: float) -> float:
        """The position at a place of the mechanics, in steps."""
        return self.sign * place / STEPS + self.zero

    def said_to_be(self, position: float, place: float) -> "Scale":
        """The scale after `position = ...` there."""
        return Scale(self.sign, position - self.sign * place / STEPS)

    def turned(self, place: float) -> "Scale":
        """The scale after a change of the sign there."""
        return Scale(-self.sign, self.position(place) + self.sign * place / STEPS)


@dataclass
class Account:
    """What was confirmed of an axis, and what is pending."""

    scales: list[Scale] = field(default_factory=lambda: [Scale(1, 0.0)])  #: that it may have
    pending: list[Scale] = field(default_factory=list)  #: that it may have besides
    settings: dict[str, list[object]] = field(default_factory=dict)

    def about_to(self, what: str, value: float, place: float) -> None:
        """Something is about to be done; from now on it may have happened."""
        if what == "position":
            self.pending = [scale.said_to_be(value, place) for scale in self.scales]
        elif what == "sign":
            self.pending = [scale.turned(place) for scale in self.scales]
        elif what in self.settings:
            self.settings[what].append(value)

    def confirmed(self, what: str) -> None:
        """It was said that it is done: only that is true then."""
        if what in ("position", "sign"):
            self.scales, self.pending = self.pending, []
        elif what in self.settings:
            self.settings[what] = self.settings[what][-1:]

    def check(self, place: float, position: float, settings: dict[str, object]) -> None:
        """What the axis says has to be one of what may be; nothing else may be then.

        Raises:
            AssertionError: If it says something else.
        """
        known = self.scales + self.pending
        fits = [s for s in known if abs(s.position(place) - position) <= 1.001 / STEPS]
        possible = [scale.position(place) for scale in known]
        assert fits, f"it says {position}; expected one of {possible}"
        self.scales, self.pending = fits, []
        for name, value in settings.items():
            values = self.settings.setdefault(name, [value])
            assert any(_same(value, each) for each in values), (
                f"its {name} is {value}; expected one of {values}"
            )
            self.settings[name] = [value]
