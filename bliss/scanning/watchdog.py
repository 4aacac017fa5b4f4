"""The hook that watches a scan's data and may end it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import gevent
from gevent.event import Event

from bliss.common.ending import Step
from bliss.data.node import DataNode
from bliss.scanning.channel import AcquisitionChannel


class WatchdogCallback:
    """Watches a running scan; attach it with `Scan.set_watchdog_callback` before `run()`.

    Override what you need.  In each method `StopIteration` ends the scan well (`stopped`); any
    other exception ends it as failed and comes out of `run()`.

    Args:
        watchdog_timeout: Seconds without data after which `on_timeout` is called.
    """

    def __init__(self, watchdog_timeout: float = 1.0) -> None:
        self.watchdog_timeout = watchdog_timeout

    def on_scan_new(self, scan: Any, scan_info: dict[str, Any]) -> None:
        """Called before the first point, on the greenlet that runs the scan."""

    def on_scan_data(
        self,
        data_events: dict[AcquisitionChannel, int],
        nodes: Mapping[AcquisitionChannel, DataNode],
        scan_info: dict[str, Any],
    ) -> None:
        """Called when points have been published, on a greenlet of its own.

        Args:
            data_events: How many new points each channel has.
            nodes: The data node of each channel, to read the points from.
            scan_info: What is known of the scan.
        """

    def on_timeout(self) -> None:
        """Called when no data came for `watchdog_timeout`, on the greenlet of `on_scan_data`."""

    def on_scan_end(self, scan_info: dict[str, Any]) -> None:
        """Called when all is cleaned up, on the greenlet that runs the scan."""


class Watcher:
    """Calls a `WatchdogCallback` on a greenlet of its own while a scan acquires.

    Args:
        callback: What to call.
        nodes: The data node of each channel.
        scan_info: What is known of the scan.
        on_end: Called once with what the callback raised.
    """

    def __init__(
        self,
        callback: WatchdogCallback,
        nodes: Mapping[AcquisitionChannel, DataNode],
        scan_info: dict[str, Any],
        on_end: Callable[[BaseException], None],
    ) -> None:
        self._callback = callback
        self._nodes = nodes
        self._scan_info = scan_info
        self._on_end = on_end
        self._news: dict[AcquisitionChannel, int] = {}
        self._has_news = Event()
        self._closing = False
        self._greenlet = gevent.spawn(self._run)

    def published(self, counts: Mapping[AcquisitionChannel, int]) -> None:
        """So many points of each channel are in the data server."""
        for channel, count in counts.items():
            self._news[channel] = self._news.get(channel, 0) + count
        self._has_news.set()

    def close(self) -> None:
        """Tell of the last points, then end."""
        self._closing = True
        self._has_news.set()
        self._greenlet.join()

    def _run(self) -> None:
        try:
            while not self._closing or self._news:
                if self._has_news.wait(self._callback.watchdog_timeout):
                    self._has_news.clear()
                    news, self._news = self._news, {}
                    if news:
                        self._callback.on_scan_data(news, self._nodes, self._scan_info)
                else:
                    self._callback.on_timeout()
        except BaseException as error:  # noqa: BLE001 - it goes to the scan, whose end it is
            self._on_end(error)


class Watch:
    """The watchdog of one scan, from the scan's beginning to its end.

    Args:
        callback: What to call.
        on_enough: Called with the reason when it has seen enough.
        on_error: Called with any other exception, while the scan runs.
    """

    def __init__(
        self,
        callback: WatchdogCallback,
        on_enough: Callable[[str], object],
        on_error: Callable[[BaseException], object],
    ) -> None:
        self._callback = callback
        self._on_enough = on_enough
        self._on_error = on_error
        self._watcher: Watcher | None = None
        self._late_error: BaseException | None = None  #: not raised in the scan before its end

    def announce(self, scan: Any, scan_info: dict[str, Any]) -> None:
        """Tell of the scan."""
        try:
            self._callback.on_scan_new(scan, scan_info)
        except StopIteration as error:
            self._end(error)

    def begin(
        self, nodes: Mapping[AcquisitionChannel, DataNode], scan_info: dict[str, Any]
    ) -> None:
        """Watch from now on; to be called where nothing interrupts it."""
        self._watcher = Watcher(self._callback, nodes, scan_info, self._end)

    def published(self, counts: Mapping[AcquisitionChannel, int]) -> None:
        """So many points of each channel are in the data server."""
        if self._watcher:
            self._watcher.published(counts)

    def raised(self, error: BaseException) -> None:
        """The scan has been told of this error of the watchdog."""
        if error is self._late_error:
            self._late_error = None

    def end_phases(self) -> Iterator[list[Step]]:
        """Telling of the last points."""
        if self._watcher:
            yield [Step("ending the watchdog", partial(self._close, self._watcher))]

    def tell_of_end(self, scan_info: dict[str, Any]) -> None:
        """Tell that all is cleaned up."""
        with contextlib.suppress(StopIteration):  # the scan has ended
            self._callback.on_scan_end(scan_info)

    def _close(self, watcher: Watcher) -> None:
        watcher.close()
        if self._late_error:
            raise self._late_error

    def _end(self, error: BaseException) -> None:
        if isinstance(error, StopIteration):
            self._on_enough(str(error) or f"{type(self._callback).__name__} had seen enough")
        else:
            self._late_error = error
            self._on_error(error)
