"""The curves that peaks and edges are compared with: parameters are background, height, centre, s.

Each gives values, shape (n,), and derivatives by the four parameters, shape (n, 4).
"""

import math
from dataclasses import dataclass

import numpy as np

from scans.peaks._curve import Array, Curve
from scans.peaks._least_squares import Model


@dataclass(frozen=True)
class Kind:
    """One of them."""

    name: str  #: `"Gaussian"`
    a_name: str  #: `"a Gaussian"`
    curve: Model
    width: float  #: half-height width of a peak, or distance from 10 % to 90 % of an edge, in s


def _gauss(t: Array, p: Array) -> tuple[Array, Array]:
    """background + height exp(-z²/2), z = (t - centre) / s."""
    z = (t - p[2]) / p[3]
    g = np.exp(z * z * -0.5)
    slope = p[1] / p[3] * g * z
    return p[0] + p[1] * g, np.array([np.ones(len(t)), g, slope, slope * z]).T


def _lorentz(t: Array, p: Array) -> tuple[Array, Array]:
    """background + height / (1 + z²), z = (t - centre) / s."""
    z = (t - p[2]) / p[3]
    g = 1 / (1 + z**2)
    slope = 2 * p[1] * z * g**2 / p[3]
    return p[0] + p[1] * g, np.array([np.ones(len(t)), g, slope, slope * z]).T


def erf(z: Array) -> Array:
    """erf(z/√2): from -1 to 1, as the integral of a Gaussian of width 1 goes."""
    return np.array([math.erf(value) for value in (z / math.sqrt(2)).tolist()])


def _erf(t: Array, p: Array) -> tuple[Array, Array]:
    """background + height (1 + erf(z/√2)) / 2, z = (t - centre) / s: a Gaussian's integral."""
    z = (t - p[2]) / p[3]
    g = (1 + erf(z)) / 2
    slope = -p[1] * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / p[3]
    return p[0] + p[1] * g, np.array([np.ones(len(t)), g, slope, slope * z]).T


GAUSS = Kind("Gaussian", "a Gaussian", _gauss, 2 * math.sqrt(2 * math.log(2)))
LORENTZ = Kind("Lorentzian", "a Lorentzian", _lorentz, 2.0)
ERF = Kind("error function", "an error function", _erf, 2 * 1.2815515655446004)


def starts(curve: Curve, kind: Kind) -> list[list[float]]:
    """Parameters to begin a fit with, up and down."""
    return _edge_starts(curve) if kind is ERF else _peak_starts(curve, kind)


def _peak_starts(curve: Curve, kind: Kind) -> list[list[float]]:
    found = []
    for smooth, background, height in ((curve.smooth, 0.0, 1.0), (1 - curve.smooth, 1.0, -1.0)):
        above = curve.t[smooth > (smooth.max() + smooth.min()) / 2]
        width = max(above[-1] - above[0], float(np.diff(curve.t).max()))
        centre = float(curve.t[int(np.argmax(smooth))])
        found.append([background, height, centre, width / kind.width])
    return found


def _edge_starts(curve: Curve) -> list[list[float]]:
    half = curve.smooth > 0.5
    changes = np.flatnonzero(half[1:] != half[:-1])
    at = float(curve.t[changes[len(changes) // 2]]) if len(changes) else 0.5
    return [[0.0, 1.0, at, 0.05], [1.0, -1.0, at, 0.05], [0.0, 1.0, at, 0.3], [1.0, -1.0, at, 0.3]]
