"""Slits: gap and offset of two blades.

    gap = upper + lower        offset = (upper - lower) / 2

Each blade opens upwards in its own coordinate, as blades of slits do.
"""

from hardware.calculated_axes import CalculatedAxisController, Positions


class SlitsController(CalculatedAxisController):
    """Gap and offset of two blades.

    In the configuration: `real: {upper: $s1u, lower: $s1d}`, and under `axes` one entry with
    `role: gap` and one with `role: offset`.
    """

    def from_real(self, real: Positions) -> Positions:
        """Gap and offset of the blades."""
        upper, lower = real["upper"], real["lower"]
        return {"gap": upper + lower, "offset": (upper - lower) / 2}

    def to_real(self, calculated: Positions) -> Positions:
        """The blades for a gap and an offset."""
        half, offset = calculated["gap"] / 2, calculated["offset"]
        return {"upper": half + offset, "lower": half - offset}
