"""Where the peak of a mesh is; arrays in, positions out.

A dip is treated as a peak of the signal turned upside down: whichever takes up less of the mesh is
meant.  The background is level: the median of the lowest points, those below a fifth of the height.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks._curve import Array
from scans.peaks._grid import Grid

_LOW = 0.2  #: of the height, below which a point may be background
_CUT = 0.1  #: of the height; a peak cut off higher than that has its centre of mass elsewhere
_TOP = 0.7  #: of the height, above which points are taken for the paraboloid
_ALIKE = 0.9  #: of the height; a second peak higher than that may be the one that is meant
_SIGMAS = 3.0  #: of the background's noise, that belongs to a peak
_NOISE_ALONE = 1.2  #: of von Neumann's ratio, which is 2 for noise and near 0 for a surface
_LEAST = 3  #: different positions of each axis

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Index = tuple[int, ...]


@dataclass(frozen=True)
class _Surface:
    """A mesh with its peak upwards, from about 0, the background, to 1."""

    grid: Grid
    u: Array
    noise: float  #: standard deviation of the background


def com(positions: Any, values: Any) -> Array:
    """Centre of mass of the peak or dip above its background b: Σ x (y - b) ΔA / Σ (y - b) ΔA.

    ΔA is the area that belongs to a point.  The sum is over the points that are connected with the
    highest one and stand out of the noise.

    Args:
        positions: Of the axes, shape (n, d), in their units.
        values: Shape (n,).

    Returns:
        A position for each axis, shape (d,).

    Raises:
        ValueError: If there is not one value a row of positions.
        NoPeakError: If there is no peak, another one is as high, or it is cut off by the border.
    """
    surface = _surface(Grid.of(positions, values))
    top = _highest(surface.u)
    _check_one(surface, top)
    part = _connected(surface.u > max(_CUT / 2, _SIGMAS * surface.noise), top)
    if np.any(part & _border(surface.u) & (surface.u > _CUT)):
        raise NoPeakError(
            "the peak is cut off by the border of the mesh; scan further, or use peak()"
        )
    weights = np.where(part, surface.u, 0.0)
    for k, axis in enumerate(surface.grid.axes):
        steps = np.gradient(axis)
        weights = weights * steps.reshape([-1 if k == i else 1 for i in range(weights.ndim)])
    others = [tuple(i for i in range(weights.ndim) if i != k) for k in range(weights.ndim)]
    return np.array(
        [
            np.average(axis, weights=weights.sum(axis=rest))
            for axis, rest in zip(surface.grid.axes, others, strict=True)
        ]
    )


def peak(positions: Any, values: Any) -> Array:
    """Position of the maximum: the vertex of the least-squares paraboloid around the highest point.

    Over the connected points above 70 % of the height where they are enough; otherwise the vertex
    of the parabola through the highest point and its neighbours along each axis.

    Args:
        positions: Of the axes, shape (n, d), in their units.
        values: Shape (n,).

    Returns:
        A position for each axis, shape (d,).

    Raises:
        ValueError: If there is not one value a row of positions.
        NoPeakError: If the highest point is at the border of the mesh, or another is as high.
    """
    grid = Grid.of(positions, values)
    return _vertex(_scaled(grid, grid.values))


def trough(positions: Any, values: Any) -> Array:
    """Position of the minimum; otherwise as `peak`."""
    grid = Grid.of(positions, values)
    return _vertex(_scaled(grid, -grid.values))


def _surface(grid: Grid) -> _Surface:
    """The mesh the way up that has less of it above half height."""
    low, high = np.nanmin(grid.values), np.nanmax(grid.values)
    above = np.count_nonzero(grid.values > (low + high) / 2)
    is_dip = above > np.count_nonzero(np.isfinite(grid.values)) / 2
    return _scaled(grid, -grid.values if is_dip else grid.values)


def _scaled(grid: Grid, y: Array) -> _Surface:
    few = [len(axis) for axis in grid.axes if len(axis) < _LEAST]
    if few:
        raise NoPeakError(
            f"an axis has {few[0]} different position{'s'[: few[0] != 1]}: at least {_LEAST} are "
            "needed of each to find a peak"
        )
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        raise NoPeakError(f"the signal is flat: {abs(low):g} everywhere")
    u = (y - low) / (high - low)
    steps = np.concatenate([np.diff(u, axis=k).ravel() for k in range(u.ndim)])
    steps = steps[np.isfinite(steps)]
    if not len(steps) or np.mean(steps**2) > _NOISE_ALONE * np.nanvar(u):
        raise NoPeakError("nothing but noise: neighbours have nothing to do with each other")
    lowest = u[u < _LOW]
    background = float(np.median(lowest))
    noise = 1.4826 * float(np.median(np.abs(lowest - background))) / (1 - background)
    return _Surface(grid, (u - background) / (1 - background), noise)


def _highest(u: Array) -> Index:
    return tuple(int(i) for i in np.unravel_index(np.nanargmax(u), u.shape))


def _border(u: Array) -> Mask:
    """Which points have no neighbour on one side: those at an end, and those beside a gap."""
    known = np.pad(np.isfinite(u), 1)
    inside = [slice(1, -1)] * u.ndim
    border = np.zeros(u.shape, bool)
    for k in range(u.ndim):
        for shift in (slice(0, -2), slice(2, None)):
            border |= ~known[(*inside[:k], shift, *inside[k + 1 :])]
    return border


def _connected(mask: Mask, start: Index) -> Mask:
    """The part of a mask that hangs together with a point, along the axes."""
    part = np.zeros(mask.shape, bool)
    part[start] = True
    count = 0
    while count != (count := int(np.count_nonzero(part))):
        for k in range(mask.ndim):
            for way in (1, -1):
                moved = np.roll(part, way, axis=k)
                np.moveaxis(moved, k, 0)[0 if way > 0 else -1] = False
                part |= moved & mask
    return part


def _vertex(surface: _Surface) -> Array:
    u, top = surface.u, _highest(surface.u)
    if _border(u)[top]:
        raise NoPeakError(
            "the signal is as high at the border of the mesh "
            f"({_place(surface.grid, top)}) as anywhere; scan further"
        )
    _check_one(surface, top)
    paraboloid = _paraboloid(surface, _connected(u > _TOP, top))
    return _parabolas(surface, top) if paraboloid is None else paraboloid


def _check_one(surface: _Surface, top: Index) -> None:
    part = _connected(surface.u > 0.5, top)
    rest = np.where(part, np.nan, surface.u)
    if np.count_nonzero(part) > np.count_nonzero(np.isfinite(rest)):
        raise NoPeakError(
            f"the signal is about as high on most of the mesh as at {_place(surface.grid, top)}; "
            "scan further"
        )
    if np.nanmax(rest) > _ALIKE:
        raise NoPeakError(
            f"two peaks of about the same height, near {_place(surface.grid, top)} and "
            f"{_place(surface.grid, _highest(rest))}: scan only the one that is meant"
        )


def _place(grid: Grid, index: Index) -> str:
    return ", ".join(f"{axis[i]:.6g}" for axis, i in zip(grid.axes, index, strict=True))


def _paraboloid(surface: _Surface, part: Mask) -> Array | None:
    """The vertex of the least-squares paraboloid over some points; None if it is not among them."""
    places = np.argwhere(part)
    x = np.stack([axis[places[:, k]] for k, axis in enumerate(surface.grid.axes)], axis=1)
    d = x.shape[1]
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    if len(x) <= 1 + d + len(pairs) or min(np.ptp(places, axis=0)) < _LEAST - 1:
        return None
    middle, scale = x.mean(axis=0), np.ptp(x, axis=0)
    z = (x - middle) / scale
    columns = [np.ones(len(z)), *z.T, *(z[:, i] * z[:, j] for i, j in pairs)]
    found = np.linalg.lstsq(np.stack(columns, axis=1), surface.u[part], rcond=None)[0]
    matrix = np.zeros((d, d))
    for (i, j), value in zip(pairs, found[1 + d :], strict=True):
        matrix[i, j] += value
        matrix[j, i] += value
    if np.linalg.eigvalsh(matrix).max() >= 0:
        return None
    vertex = -np.linalg.solve(matrix, found[1 : 1 + d])
    if np.any(vertex < z.min(axis=0)) or np.any(vertex > z.max(axis=0)):
        return None
    return np.asarray(middle + vertex * scale)


def _parabolas(surface: _Surface, top: Index) -> Array:
    """The vertices of the parabolas through the highest point and its neighbours."""
    found = []
    for k, axis in enumerate(surface.grid.axes):
        line = np.moveaxis(surface.u, k, -1)[(*top[:k], *top[k + 1 :])]
        near = slice(top[k] - 1, top[k] + 2)
        a, b, _ = np.polyfit(axis[near] - axis[top[k]], line[near], 2)
        found.append(axis[top[k]] - (b / (2 * a) if a < 0 else 0.0))
    return np.array(found)
