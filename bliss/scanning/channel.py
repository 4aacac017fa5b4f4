"""What a device in a scan emits its points to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from bliss.common.errors import ScanError
from bliss.data.encoding import STRING, Points, PointType
from bliss.scanning._batches import batches, size_of

if TYPE_CHECKING:
    from bliss.scanning.publisher import Publisher


Listener = Callable[[Points], object]

_NUMBER = 32  #: bytes that a number takes while it waits


class AcquisitionChannel:
    """One value per point of a scan, on its way to the data server.

    Args:
        name: Full name, device and value: `"axis:robz"`.
        dtype: numpy's name of the type, `"<f8"`, or `"str"`.
        shape: Of one point; -1 where the length of spectra varies.
        unit: Of the values.
        alias: What tables and plots show instead of the name.
    """

    def __init__(
        self,
        name: str,
        *,
        dtype: str = "<f8",
        shape: tuple[int, ...] = (),
        unit: str | None = None,
        alias: str | None = None,
    ) -> None:
        self.name = name
        self.unit = unit
        self.alias = alias
        self.kind = PointType(dtype, tuple(shape))
        self._is_number = not shape and dtype != STRING
        self._waiting: list[Any] = []
        self._publisher: Publisher | None = None
        self._listeners: list[Listener] = []

    def __repr__(self) -> str:
        return f"<channel {self.name}>"

    @property
    def short_name(self) -> str:
        """The last part of the name, `"robz"`."""
        return self.name.rpartition(":")[2]

    @property
    def has_points(self) -> bool:
        """Whether points wait to be taken."""
        return bool(self._waiting)

    def connect(self, publisher: "Publisher") -> None:
        """Send to this publisher from now on."""
        self._publisher = publisher

    def add_listener(self, listener: Listener) -> None:
        """Have `listener` called with all that is emitted, as a sequence of points."""
        self._listeners.append(listener)

    def emit(self, points: Any) -> None:
        """Publish one point, or an array of several.

        Returns at once, except when so much waits to be sent that the scan has to wait too.  An
        array is not copied: it belongs to the channel from then on.

        Args:
            points: One point of the channel's shape, or several, shape (n, *shape).
        """
        publisher = self._publisher
        if publisher is None:
            raise ScanError(f"{self.name}: nothing can be emitted, as no scan with it is running")
        if self._is_number and type(points) in (float, int):
            self._waiting.append(points)
            publisher.wake(self, _NUMBER)
            if self._listeners:
                self._tell([points])
        else:
            block = self._checked(points)
            self._waiting.append(block)
            publisher.wake(self, size_of(block))
            self._tell(block)

    def _tell(self, block: Points) -> None:
        for listener in self._listeners:
            listener(block)

    def _checked(self, points: Any) -> Points:
        """Several points, of the channel's type and shape."""
        try:
            if self.kind.dtype == STRING:
                return [points] if isinstance(points, str) else [str(text) for text in points]
            if self.kind.varies:
                return [points] if np.ndim(points[0]) == 0 else list(points)
            array = np.asarray(points, self.kind.dtype)
            rank = len(self.kind.shape)
            if (
                array.ndim in (rank, rank + 1)
                and array.shape[array.ndim - rank :] == self.kind.shape
            ):
                return array.reshape(-1, *self.kind.shape)
            problem = f"shape {array.shape}"
        except (TypeError, ValueError, IndexError) as error:
            problem = str(error)
        raise ScanError(
            f"{self.name}: cannot emit {points!r:.60} ({problem}): expected points of "
            f"type {self.kind.dtype} and shape {self.kind.shape}"
        )

    def take(self) -> list[Points]:
        """All that was emitted since the last call, as blocks to be sent."""
        waiting, self._waiting = self._waiting, []
        if not self._is_number:
            return list(batches(waiting))
        try:
            block = np.array(waiting, self.kind.dtype).reshape(-1)
        except ValueError:  # numbers and arrays were emitted in turn
            block = np.concatenate([np.ravel(p) for p in waiting]).astype(self.kind.dtype)
        return list(batches([block]))
