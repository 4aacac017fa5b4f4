"""What counts as a number in what a user types."""

import sys
from typing import Any

from bliss.common.errors import SettingError


def number(owner: str, what: str, value: Any) -> float:
    """`value` as a finite float; neither a text nor a bool is one, whatever `float` says.

    Raises:
        SettingError: If it is anything else.
    """
    if getattr(value, "shape", None) == ():
        value = value.item()
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and -sys.float_info.max <= value <= sys.float_info.max:
        return float(value)
    raise SettingError(f"{owner}: {value!r} is no {what}; expected a finite number")


def above_zero(owner: str, what: str, value: Any) -> float:
    """`value` as a finite float above 0.

    Raises:
        SettingError: If it is anything else.
    """
    checked = number(owner, what, value)
    if checked <= 0:
        raise SettingError(f"{owner}: {value!r} is no {what}; expected a number above 0")
    return checked
