"""A peak with another one beside it, or on its flank: the sum of two Gaussians.

Where the second begins to shift the first one's flank and top, neither of them alone describes the
points, and what is near the top or a crossing has more noise than all points together.
"""

import numpy as np

from scans.peaks._curve import Array
from scans.peaks._models import GAUSS
from scans.peaks._neighbours import ALIKE

_STEPS = 4001  #: places where the sum is looked at
_NARROW = 0.3  #: of the first peak's width
_REACH = 3.0  #: widths of the first peak from its centre, likewise


def pair(t: Array, p: Array) -> tuple[Array, Array]:
    """b + h₁ exp(-z₁²/2) + h₂ exp(-z₂²/2), z = (t - c) / s, p = b, h₁, c₁, s₁, h₂, c₂, s₂.

    Returns:
        Values, shape (n,), and derivatives by the parameters, shape (n, 7).
    """
    first, by_first = GAUSS.curve(t, p[:4])
    second, by_second = GAUSS.curve(t, np.concatenate([[0.0], p[4:]]))
    return first + second, np.hstack([by_first, by_second[:, 1:]])


def start_of_pair(t: Array, u: Array, one: Array, sides: tuple[float, float]) -> Array:
    """Parameters to begin with: one as narrow as its narrower side, another where most is left.

    Args:
        t: Positions, shape (n,).
        u: Values, shape (n,).
        one: Background, height and top of one peak.
        sides: Distances of the half-height crossings from its top.
    """
    first = np.array([*one, 2 * min(sides) / GAUSS.width])
    left = u - GAUSS.curve(t, first)[0]
    at = int(np.argmax(left))
    return np.array([*first, left[at], t[at], first[3]])


def places_of_pair(p: Array) -> Array | None:
    """Where the sum has its top, its half heights, and the mass of the first peak alone.

    None if it does not come down to half its height on both sides, if the first peak is not the
    higher one, or if the second is so narrow that it may be noise.
    """
    if not 0 < p[4] < ALIKE * p[1] or abs(p[6]) < _NARROW * abs(p[3]):
        return None
    reach = _REACH * GAUSS.width * abs(p[3])
    t = np.linspace(p[2] - reach, p[2] + reach, _STEPS)
    u = pair(t, p)[0] - p[0]
    top = int(np.argmax(u))
    below = np.flatnonzero(u < u[top] / 2)
    before, after = below[below < top], below[below > top]
    if not len(before) or not len(after):
        return None
    step, (low, high, next_) = t[1] - t[0], u[top - 1 : top + 2]
    vertex = t[top] + step * (low - next_) / (low - 2 * high + next_) / 2
    crossings = [
        t[i] + (u[top] / 2 - u[i]) / (u[j] - u[i]) * (t[j] - t[i])
        for i, j in ((before[-1], before[-1] + 1), (after[0], after[0] - 1))
    ]
    return np.array([vertex, *crossings, p[2]])
