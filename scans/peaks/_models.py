"""The curves that peaks and edges are compared with: parameters are background, height, centre, s.

Each gives values, shape (n,), and derivatives by the four parameters, shape (n, 4).
"""

import math
from dataclasses import dataclass

import numpy as np

from scans.peaks._curve import Array
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
    g = np.exp(-(z**2) / 2)
    return p[0] + p[1] * g, np.stack([np.ones_like(t), g, p[1] * g * z / p[3],
                                      p[1] * g * z**2 / p[3]], axis=1)  # fmt: skip


def _lorentz(t: Array, p: Array) -> tuple[Array, Array]:
    """background + height / (1 + z²), z = (t - centre) / s."""
    z = (t - p[2]) / p[3]
    g = 1 / (1 + z**2)
    slope = 2 * p[1] * z * g**2 / p[3]
    return p[0] + p[1] * g, np.stack([np.ones_like(t), g, slope, slope * z], axis=1)


def _erf(t: Array, p: Array) -> tuple[Array, Array]:
    """background + height (1 + erf(z/√2)) / 2, z = (t - centre) / s: a Gaussian's integral."""
    z = (t - p[2]) / p[3]
    g = (1 + np.array([math.erf(value) for value in (z / math.sqrt(2)).tolist()])) / 2
    slope = -p[1] * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / p[3]
    return p[0] + p[1] * g, np.stack([np.ones_like(t), g, slope, slope * z], axis=1)


GAUSS = Kind("Gaussian", "a Gaussian", _gauss, 2 * math.sqrt(2 * math.log(2)))
LORENTZ = Kind("Lorentzian", "a Lorentzian", _lorentz, 2.0)
ERF = Kind("error function", "an error function", _erf, 2 * 1.2815515655446004)
