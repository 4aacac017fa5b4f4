"""What a scientist runs; every command that is exported here is at the prompt."""

from scans import alignment
from scans.alignment import *  # noqa: F403 - its `__all__`
from scans.continuous import fscan
from scans.counting import ct, loopscan, sct, timescan
from scans.lineup import lineup
from scans.mesh import a3mesh, amesh, anmesh, d3mesh, dmesh
from scans.points import lookupscan, pointscan
from scans.step import (
    a2scan,
    a3scan,
    a4scan,
    a5scan,
    anscan,
    ascan,
    d2scan,
    d3scan,
    d4scan,
    d5scan,
    dnscan,
    dscan,
)

__all__ = [
    "a2scan",
    "a3mesh",
    "a3scan",
    "a4scan",
    "a5scan",
    "amesh",
    "anmesh",
    "anscan",
    "ascan",
    "ct",
    "d2scan",
    "d3mesh",
    "d3scan",
    "d4scan",
    "d5scan",
    "dmesh",
    "dnscan",
    "dscan",
    "fscan",
    "lineup",
    "lookupscan",
    "loopscan",
    "pointscan",
    "sct",
    "timescan",
]
__all__ += alignment.__all__
