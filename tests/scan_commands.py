"""The commands that make a scan, among all that `scans` exports."""

import inspect

import scans

NAMES = [
    name
    for name in scans.__all__
    if "scan_info" in inspect.signature(getattr(scans, name)).parameters
]
