"""The words of a request to the simulated motor controller, taken apart."""

import math

from bliss.common.errors import DeviceError


def expect(words: list[str], *what: str) -> list[str]:
    """The words, if there are as many as there should be.

    Raises:
        DeviceError: If not; says what they should be.
    """
    if len(words) != len(what):
        raise DeviceError(f"expected {' and '.join(what)}, got {' '.join(words)[:40]!r}")
    return words


def number(word: str) -> float:
    """A finite number.

    Raises:
        DeviceError: If it is none.
    """
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DeviceError(f"{word[:20]!r} is no number")
    return value


def above_zero(value: float) -> float:
    """A number above 0.

    Raises:
        DeviceError: If it is not.
    """
    if value <= 0:
        raise DeviceError(f"{value} is not above 0")
    return value
