"""What is found: a number that knows how sure it is."""


class Place(float):
    """A position or a width, in the unit of the positions.

    >>> place = Place(1.25, error=0.02, width=2.0)
    >>> place, place.error, place.share
    (1.25, 0.02, 0.01)
    """

    error: float  #: standard error, in the same unit
    share: float  #: the same as a part of the width of the peak

    def __new__(cls, value: float, *, error: float, width: float) -> "Place":
        """Make one; `width` is that of the peak."""
        place = super().__new__(cls, value)
        place.error, place.share = error, error / width
        return place
