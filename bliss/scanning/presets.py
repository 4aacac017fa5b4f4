"""What a user wants done around a scan: open the shutter before, close it after."""

from typing import Any


class ScanPreset:
    """Called around a scan, on the greenlet that runs it; attach with `Scan.add_preset`.

    An exception in `prepare` or `start` ends the scan as failed.  `stop` is called whatever
    happened, once `prepare` was.
    """

    def prepare(self, scan: Any) -> None:
        """Called before the devices are prepared."""

    def start(self, scan: Any) -> None:
        """Called when all is prepared, before the first point."""

    def stop(self, scan: Any) -> None:
        """Called when every device has stopped."""
