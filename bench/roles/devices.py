"""Devices that emit what the benchmark needs, for real scans."""

import gevent
import numpy as np

from bliss.common import clock
from bliss.scanning.chain import AcquisitionMaster, AcquisitionSlave
from bliss.scanning.channel import AcquisitionChannel

_RING = 4  #: images that are emitted in turn, so that one is not in the cache all the time


class StampSlave(AcquisitionSlave):
    """Emits the instant at which it emits, on CLOCK_MONOTONIC, which all processes share.

    Args:
        counters: On how many channels; the last one is `stamp`.
        spectrum: Values of type uint32 that it emits beside, on one channel more; 0 for none.
    """

    def __init__(self, counters: int = 1, spectrum: int = 0) -> None:
        super().__init__("stamps")
        names = [*(f"counter{number}" for number in range(1, counters)), "stamp"]
        self._stamps = [AcquisitionChannel(f"stamps:{name}", unit="s") for name in names]
        self.channels = list(self._stamps)
        self._spectrum: AcquisitionChannel | None = None
        if spectrum:
            random = np.random.default_rng(1)
            self._spectra = [random.integers(0, 1 << 32, spectrum, "<u4") for _ in range(_RING)]
            self._spectrum = AcquisitionChannel("stamps:mca", dtype="<u4", shape=(spectrum,))
            self.channels.insert(0, self._spectrum)
        self._next = 0

    def wait_ready(self) -> None:
        """Emit now."""
        if self._spectrum:
            self._spectrum.emit(self._spectra[self._next % _RING])
            self._next += 1
        now = clock.now()
        for stamp in self._stamps:
            stamp.emit(now)


class IndexSlave(AcquisitionSlave):
    """Emits the index of each point, one emit a point."""

    def __init__(self) -> None:
        super().__init__("indices")
        self._next = 0
        self._index = AcquisitionChannel("indices:index")
        self.channels = [self._index]

    def wait_ready(self) -> None:
        """Emit the next index."""
        self._index.emit(self._next)
        self._next += 1


class ImageMaster(AcquisitionMaster):
    """Emits images as fast as it can."""

    def __init__(self, shape: tuple[int, int]) -> None:
        super().__init__("camera")
        random = np.random.default_rng(1)
        self._images = [random.integers(0, 1 << 16, shape, "<u2") for _ in range(_RING)]
        self._next = 0
        self._image = AcquisitionChannel("camera:image", dtype="<u2", shape=shape)
        self.channels = [self._image]

    def trigger(self) -> None:
        """Emit the next image."""
        self._image.emit(self._images[self._next % _RING])
        self._next += 1

    def wait_ready(self) -> None:
        """Let other greenlets run, as waiting for a camera would."""
        gevent.sleep(0)
