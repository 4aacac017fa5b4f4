"""Reads scans with PyMca's own reader, and prints what it read as JSON.

It runs in an environment that has PyMca: `python pymca_client.py SESSION [NUMBER …]`.  It prints
one line, then one more for each line that it gets, as for a scientist who looks again.
"""

import json
import sys
import time

from PyMca5.PyMcaIO.BlissSpecFile import BlissSpecFile, isBlissSpecFile

CACHE = 1.0  #: seconds for which PyMca does not read the same scan again


def read_session(file, numbers):
    return {
        "scans": file.list().split(","),
        "read": {number: read_scan(file.select(f"{number}.1")) for number in numbers},
    }


def read_scan(scan):
    return {
        "number": scan.number(),
        "command": scan.command(),
        "date": scan.date(),
        "header": scan.header(""),
        "motors": dict(zip(scan.allmotors(), scan.allmotorpos(), strict=True)),
        "lines": scan.lines(),
        "counters": dict(zip(scan.alllabels(), scan.data().tolist(), strict=True)),
        "spectra": [scan.mca(number).tolist() for number in range(1, scan.nbmca() + 1)],
    }


def main():
    session, *numbers = sys.argv[1:]
    assert isBlissSpecFile(session)
    file = BlissSpecFile(session)
    print(json.dumps(read_session(file, numbers)), flush=True)
    for _ in sys.stdin:
        time.sleep(CACHE)
        is_updated = file.isUpdated()
        print(json.dumps({"is_updated": is_updated, **read_session(file, numbers)}), flush=True)


if __name__ == "__main__":
    main()
