"""Bluesky with its simulated devices; nobody subscribes, so its documents go nowhere."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from bluesky import RunEngine
from bluesky.plans import count, scan
from ophyd.sim import det, motor  # type: ignore[import-untyped]


class BlueskyRole(AbstractContextManager["BlueskyRole"]):
    """A run engine."""

    def __init__(self) -> None:
        self._engine = RunEngine({}, context_managers=[])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def count(self, npoints: int) -> float:
        """Seconds that a count of so many points takes from call to return."""
        return self._timed(lambda: count([det], num=npoints))

    def scan(self, npoints: int) -> float:
        """Seconds that a scan of so many points takes from call to return."""
        return self._timed(lambda: scan([det], motor, -1, 1, npoints))

    def _timed(self, plan: Callable[[], Any]) -> float:
        began = time.perf_counter()
        self._engine(plan())
        return time.perf_counter() - began
