"""What can be the limits of an axis."""

import math
from collections.abc import Callable, Sequence

from bliss.common.errors import SettingError
from hardware._numbers import number


def checked_limits(
    owner: str, limits: Sequence[float | None], amount: Callable[[float], str]
) -> tuple[float, float]:
    """Lowest and highest position; infinite where there is no limit.

    Args:
        owner: Whose they are.
        limits: A pair, with None for no limit.
        amount: Gives a position with its unit, for messages.

    Raises:
        SettingError: If they are anything else.
    """
    try:
        low, high = limits
    except (TypeError, ValueError):
        raise SettingError(
            f"{owner}: {limits!r} are no limits; expected a pair, (lowest, highest)"
        ) from None
    low = -math.inf if low in (None, -math.inf) else number(owner, "low limit", low)
    high = math.inf if high in (None, math.inf) else number(owner, "high limit", high)
    if low > high:
        raise SettingError(
            f"{owner}: the low limit ({amount(low)}) is above the high limit ({amount(high)})"
        )
    return low, high
