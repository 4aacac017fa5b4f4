"""The session, with the scans whose dead time is measured."""

import itertools
from typing import Any

import numpy as np

import scans
from bench.roles.session import SessionRole
from bliss.common.errors import ScanError
from hardware.motion import Profile

_COUNT_TIME = 0.001  #: s
_INTERVALS = 49  #: of each axis of the mesh
_STEP = 0.02  #: mm, as in the document's ascan


class ScansRole(SessionRole):
    """Scans of several kinds, timed."""

    def ascan_dead_time(self) -> float:
        """Seconds a point of the document's `ascan` beyond motion and counting."""
        run = self.ascan()
        return (run["wall"] - run["needed"]) / 501

    def mesh_dead_time(self) -> float:
        """Seconds a point of an `amesh` of 50 x 50 points beyond motion and counting."""
        fast, slow = self._devices["robx"], self._devices["roby"]
        way = _STEP * _INTERVALS
        for axis in (fast, slow):
            axis.move(0.0)
        line = (0.0, way, _INTERVALS)
        taken = self._timed(
            lambda: scans.amesh(fast, *line, slow, *line, _COUNT_TIME, self._counter)
        )["wall"]
        points = (_INTERVALS + 1) ** 2
        row = _motion(fast, np.linspace(0, way, _INTERVALS + 1))
        back = max(_motion(fast, [way, 0.0]), _motion(slow, [0.0, _STEP]))
        motion = (_INTERVALS + 1) * row + _INTERVALS * back
        return (taken - motion - points * _COUNT_TIME) / points

    def continuous(self, rate: float, seconds: float) -> float:
        """Points a second that a continuous scan takes; 0 if it cannot keep up.

        Args:
            rate: Points a second that are asked for.
            seconds: How long it goes on.
        """
        axis, points = self._devices["robx"], int(rate * seconds)
        try:
            scan = scans.fscan(axis, -10.0, 10.0, points, 1 / rate, self._counter)
        except ScanError:
            return 0.0
        began = scan.get_data()["elapsed_time"]
        return float((points - 1) / (began[-1] - began[0]))


def _motion(axis: Any, positions: Any) -> float:
    """Seconds that an axis needs from each position to the next."""
    return sum(
        Profile.between(
            start, target, velocity=axis.velocity, acceleration=axis.acceleration
        ).duration
        for start, target in itertools.pairwise(positions)
    )
