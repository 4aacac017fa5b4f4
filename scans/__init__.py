"""What a scientist runs: `ascan`, `dscan`, `loopscan`, `timescan`, `ct`."""

from scans.counting import ct, loopscan, timescan
from scans.step import ascan, dscan

__all__ = ["ascan", "ct", "dscan", "loopscan", "timescan"]
