"""Whether an axis is where it was last seen; pure.

Hardware keeps its position while no session looks at it.  One that says something else was moved by
other means, or lost its position.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.driven_axis import DrivenAxis

ANYWHERE = math.inf  #: where a motion without a target goes


def is_explained(
    dial: float, seen: float, going_to: float | None, *, margin: float, beyond: float = 0.0
) -> bool:
    """Whether an axis that was last seen at `seen` can be at `dial` without help.

    Args:
        dial: Where it is.
        seen: Where it was.
        going_to: Where it was on its way to; None: it was at rest.
        margin: How far apart two positions may be and count as the same.
        beyond: How far beyond both ends of its way it may have been, for backlash.
    """
    if going_to is None:
        return abs(dial - seen) <= margin
    if math.isinf(going_to):
        return True
    margin += abs(beyond)
    return min(seen, going_to) - margin <= dial <= max(seen, going_to) + margin


def complaint(axis: "DrivenAxis", dial: float) -> str | None:
    """What to tell the user about where an axis is, a sentence; None: it is where it should be."""
    seen, going_to = axis.settings["seen"], axis.settings["going_to"]
    margin = max(axis.resolution, axis.tolerance or 0.0) * (1 + 1e-9)
    if seen is None or is_explained(dial, seen, going_to, margin=margin, beyond=axis.backlash):
        return None
    seen, position = round(seen, 9), round(axis.dial_to_user(seen), 9)
    way = "" if going_to is None else f" on its way to {axis.amount(round(going_to, 9))}"
    return (
        f"{axis.name}: is at dial position {axis.amount(dial)}, but was last seen at "
        f"{axis.amount(seen)}{way}: it was moved by other means, or lost its position; if it still "
        f"stands where it was, type {axis.name}.dial = {seen} and then "
        f"{axis.name}.position = {position}, else look where it is and type "
        f"{axis.name}.position = ..."
    )
