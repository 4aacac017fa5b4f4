"""A session that counts with many counters, and with detectors."""

import scans
from bench.roles.session import SessionRole
from hardware.simulated_counters import SimulatedCounterController


class CountingRole(SessionRole):
    """Runs scans that only count."""

    def many(self, npoints: int, counters: int) -> dict[str, float]:
        """Seconds that a `loopscan` with no time to count takes, with so many SINGLE counters."""
        entries = [
            {"name": f"ct{index}", "shape": "constant", "peak": 1, "mode": "SINGLE"}
            for index in range(counters)
        ]
        controller = SimulatedCounterController("many", {"counters": entries})
        return self._timed(lambda: scans.loopscan(npoints, 0, controller))

    def detector(self, name: str, npoints: int, count_time: float) -> dict[str, float]:
        """Seconds that a `loopscan` takes with a detector of the demo."""
        detector = self._devices[name]
        return self._timed(lambda: scans.loopscan(npoints, count_time, detector))

    def readout(self, name: str) -> float:
        """Seconds a point that a detector of the demo itself needs beyond its counting time."""
        return float(self._devices[name].gate.dead_time)
