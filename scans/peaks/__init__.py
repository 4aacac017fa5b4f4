"""Where the peak, dip or edge in measured points is; arrays in, a position out.

All of them take points in any order, even or not, with positions repeated, and leave out what is
not a finite number.  A dip is treated as a peak of the signal turned upside down.  Of several peaks
the highest is meant.

Where a form describes the points to within their noise, its numbers are taken: a Gaussian, a
Lorentzian, a triangle, a Gaussian with two halves of different widths, a slit with sharp, straight
or rounded flanks, the sum of two Gaussians; of an edge, an error function.  Where several do, the
mean by Akaike's weights is taken, and how they differ counts into its error.

Where none does, the background is the median of what is more than 0.75 widths outside of the
half-height crossings, or the lowest value where the data ends before; half height is halfway
between it and the top; crossings and tops are those of least-squares lines and parabolas (Savitzky
and Golay, Anal. Chem. 36 (1964) 1627, for points at any distance) over just as many points as the
noise asks for, which is two and three where there is none.

What cannot be told to 1 % of the width is refused with `NoPeakError`, with one exception: noise,
or a flank that falls between two points, may cost more.  How much more is `within`, a part of the
width: what is not sure to it by two standard errors is refused; 0.1 by default, and with 0.01 there
is no exception.  What is found is a number with two attributes, `error` and `share`: its standard
error, and that as a part of the width.

`com_of_mesh peak_of_mesh trough_of_mesh` are for points over several axes; `fit_gauss fit_lorentz
fit_erf` give all that a fit finds, or refuse it.

>>> import numpy as np
>>> x = np.linspace(-5, 5, 101)
>>> y = 20 + 100 * np.exp(-((x - 0.3) ** 2) / 2)
>>> round(cen(x, y), 3), round(fwhm(x, y), 3)
(0.3, 2.355)
>>> cen(x, y + np.random.default_rng(1).normal(0, 3, 101)).share < 0.01
True
"""

from scans.peaks._curves import cen, com, fwhm, peak, trough
from scans.peaks._fits import Fit, fit_erf, fit_gauss, fit_lorentz
from scans.peaks._grid import Grid
from scans.peaks._meshes import com as com_of_mesh
from scans.peaks._meshes import peak as peak_of_mesh
from scans.peaks._meshes import trough as trough_of_mesh
from scans.peaks._place import Place

__all__ = [
    "Fit",
    "Grid",
    "Place",
    "cen",
    "com",
    "com_of_mesh",
    "fit_erf",
    "fit_gauss",
    "fit_lorentz",
    "fwhm",
    "peak",
    "peak_of_mesh",
    "trough",
    "trough_of_mesh",
]
