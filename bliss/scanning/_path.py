"""The way of several axes from point to point; pure.

>>> list(Path(([0.0, 1.0], [5.0, 6.0])))
[(0.0, 5.0), (1.0, 6.0)]
>>> list(Path(([0.0, 1.0], [5.0, 6.0]), is_mesh=True))
[(0.0, 5.0), (1.0, 5.0), (0.0, 6.0), (1.0, 6.0)]
>>> list(Path(([0.0, 1.0], [5.0, 6.0]), is_mesh=True, backnforth=True))
[(0.0, 5.0), (1.0, 5.0), (1.0, 6.0), (0.0, 6.0)]
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Path:
    """Positions of several axes, from the first point to the last."""

    positions: tuple[Sequence[float], ...]  #: of each axis; of a mesh the fastest axis first
    is_mesh: bool = False  #: all positions of an axis at each of the next one, not all together
    backnforth: bool = False  #: in a mesh, every second row backwards

    @property
    def npoints(self) -> int:
        """How many points."""
        lengths = [len(positions) for positions in self.positions]
        return math.prod(lengths) if self.is_mesh else lengths[0]

    @property
    def last(self) -> tuple[float, ...]:
        """Position of each axis at the last point."""
        *_, last = self
        return last

    def shifted(self, by: Sequence[float]) -> "Path":
        """The same way from somewhere else."""
        moved = [
            [position + offset for position in positions]
            for positions, offset in zip(self.positions, by, strict=True)
        ]
        return replace(self, positions=tuple(moved))

    def __iter__(self) -> Iterator[tuple[float, ...]]:
        """The position of each axis, point by point."""
        return self._rows() if self.is_mesh else zip(*self.positions, strict=True)

    def _rows(self) -> Iterator[tuple[float, ...]]:
        for point in range(self.npoints):
            passes = point
            where = []
            for positions in self.positions:
                passes, index = divmod(passes, len(positions))
                is_backwards = self.backnforth and passes % 2
                where.append(positions[-1 - index if is_backwards else index])
            yield tuple(where)
