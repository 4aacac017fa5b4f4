"""The forms that a peak may have, and where each has its top, its half heights and its mass.

A form with more parameters is closer to any points; which of them the points call for is in
`_refine`.  Parameters begin with background, height above it, and centre.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scans.peaks._curve import Array
from scans.peaks._least_squares import Model
from scans.peaks._models import GAUSS, LORENTZ, erf
from scans.peaks._pair import pair, places_of_pair, start_of_pair
from scans.peaks._shape import Peak

_SHARP = 0.1  #: of the width, that a flank of a slit is wide at first
_HALVINGS = 50  #: each halves the interval that a half height is in


@dataclass(frozen=True)
class Form:
    """One of them."""

    model: Model
    #: Parameters to begin with, of a peak and the points around it.
    starts: Callable[[Peak, Array, Array], Sequence[Sequence[float]]]
    #: Top, half-height crossings before and after it, centre of mass; None if it has none such.
    places: Callable[[Array], Array | None]


def _base(peak: Peak) -> list[float]:
    return [peak.background, peak.height, peak.centre]


def _even(half: Callable[[Array], float]) -> Callable[[Array], Array]:
    """The places of a form that is the same on both sides of its centre."""

    def places(p: Array) -> Array:
        reach = abs(half(p))
        return np.array([p[2], p[2] - reach, p[2] + reach, p[2]])

    return places


def _lopsided(t: Array, p: Array) -> tuple[Array, Array]:
    """Two halves of Gaussians with a common top: b + h exp(-z²/2), z = (t - c) / s₁ or s₂."""
    is_before = t < p[2]
    values, slopes = GAUSS.curve(t, np.array([*p[:3], 1.0]))
    for half, s in ((is_before, p[3]), (~is_before, p[4])):
        values[half], slopes[half] = GAUSS.curve(t[half], np.array([*p[:3], s]))
    by_s = slopes[:, 3]
    return values, np.column_stack([slopes[:, :3], by_s * is_before, by_s * ~is_before])


def _places_of_lopsided(p: Array) -> Array:
    before, after = abs(p[3]), abs(p[4])
    half = GAUSS.width / 2
    # the mass of half a Gaussian is s √(π/2), its distance from the top s √(2/π)
    mass = p[2] + math.sqrt(2 / math.pi) * (after - before)
    return np.array([p[2], p[2] - half * before, p[2] + half * after, mass])


def _triangle(t: Array, p: Array) -> tuple[Array, Array]:
    """b + h max(0, 1 - |t - c| / w): what a slit sees of a slit as wide as itself."""
    away = np.abs(t - p[2])
    part = np.clip(1 - away / abs(p[3]), 0, None)
    slope = p[1] / p[3] * (part > 0)
    return p[0] + p[1] * part, np.column_stack(
        [np.ones_like(t), part, abs(slope) * np.sign(p[1] * (t - p[2])), slope * away / abs(p[3])]
    )


def _trapezium(t: Array, p: Array) -> tuple[Array, Array]:
    """b + h from 0 to 1 over a flank, w between the middles of the flanks, e the width of each."""
    flank = abs(p[4]) + 1e-12
    away = np.abs(t - p[2])
    z = (p[3] / 2 - away) / flank
    slope = p[1] / flank * (np.abs(z) < 0.5)
    part = np.clip(z + 0.5, 0, 1)
    by_flank = -math.copysign(1, p[4]) * slope * z
    return p[0] + p[1] * part, np.column_stack(
        [np.ones_like(t), part, slope * np.sign(t - p[2]), slope / 2, by_flank]
    )


def _half_of_trapezium(p: Array) -> float:
    flank = abs(p[4])
    # wider than that, it has no plateau
    return float(p[3] / 2) if flank <= p[3] else float(p[3] + flank) / 4


def _slit(t: Array, p: Array) -> tuple[Array, Array]:
    """A slit of width w seen by a Gaussian of width s: b + h (erf z₁ - erf z₂) / 2."""
    s = abs(p[4]) + 1e-12
    before, after = (t - p[2] + p[3] / 2) / s, (t - p[2] - p[3] / 2) / s
    part = (erf(before) - erf(after)) / 2
    slopes = [np.exp(-(z**2) / 2) * p[1] / math.sqrt(2 * math.pi) / s for z in (before, after)]
    by_s = slopes[1] * after - slopes[0] * before
    return p[0] + p[1] * part, np.stack(
        [
            np.ones_like(t),
            part,
            slopes[1] - slopes[0],
            (slopes[0] + slopes[1]) / 2,
            math.copysign(1, p[4]) * by_s,
        ],
        axis=1,
    )


def _half_of_slit(p: Array) -> float:
    """Where a slit has half of what it has in its middle: between 0 and where it ends."""
    s = float(abs(p[4])) + 1e-12
    w = float(abs(p[3]))

    def at(x: float) -> float:
        scale = s * math.sqrt(2)
        return math.erf((x + w / 2) / scale) - math.erf((x - w / 2) / scale)

    low, high, wanted = 0.0, w + 10 * s, at(0.0) / 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) > wanted else (low, middle)
    return (low + high) / 2


FORMS = (
    Form(
        GAUSS.curve,
        lambda peak, _t, _u: [[*_base(peak), peak.width / GAUSS.width]],
        _even(lambda p: float(p[3]) * GAUSS.width / 2),
    ),
    Form(
        LORENTZ.curve,
        lambda peak, _t, _u: [[*_base(peak), peak.width / LORENTZ.width]],
        _even(lambda p: float(p[3]) * LORENTZ.width / 2),
    ),
    Form(
        _triangle,
        lambda peak, _t, _u: [[*_base(peak), peak.width]],
        _even(lambda p: float(p[3]) / 2),
    ),
    Form(
        _lopsided,
        lambda peak, _t, _u: [
            [
                *(peak.background, peak.height, peak.top.t),
                2 * max(peak.top.t - peak.left.t, peak.width / 10) / GAUSS.width,
                2 * max(peak.right.t - peak.top.t, peak.width / 10) / GAUSS.width,
            ]
        ],
        _places_of_lopsided,
    ),
    Form(
        _trapezium,
        lambda peak, _t, _u: [
            [*_base(peak), peak.width, _SHARP * peak.width],
            [*_base(peak), peak.width, peak.width / 2],
        ],
        _even(_half_of_trapezium),
    ),
    Form(
        _slit,
        lambda peak, _t, _u: [[*_base(peak), peak.width, _SHARP * peak.width]],
        _even(_half_of_slit),
    ),
)

#: Two peaks, of which the higher one is meant; it needs all points.
PAIR = Form(
    pair,
    lambda peak, t, u: [
        start_of_pair(
            t,
            u,
            np.array([peak.background, peak.height, peak.top.t]),
            (peak.top.t - peak.left.t, peak.right.t - peak.top.t),
        ).tolist()
    ],
    places_of_pair,
)
