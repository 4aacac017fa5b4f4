"""The command: runs the parts, prints the figures, and ends with 1 if a trial failed."""

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.campaign import (
    cuts,
    echo,
    endings,
    faults,
    interrupts,
    kills,
    lines,
    many_scans,
    moves,
    neighbour,
    positions,
    settings_kills,
    slow_consumer,
    stopped_followers,
    stops,
)
from tests.campaign.report import Part, Report

#: what can be run, and how many trials that are
PARTS: Mapping[str, tuple[Callable[[Part], None], int]] = {
    "interrupts": (interrupts.singles, 200),
    "bursts": (interrupts.bursts, 100),
    "faults": (faults.run, 100),
    "kills": (kills.run, 50),
    "endings": (endings.run, 63),
    "data_kills": (kills.data_servers, 20),
    "settings_kills": (settings_kills.run, 20),
    "lines": (lines.run, 2000),
    "echo": (echo.run, 500),
    "cuts": (cuts.run, 50),
    "stops": (stops.run, 20),
    "slow_consumer": (slow_consumer.run, 1),
    "neighbour": (neighbour.run, 20),
    "moves": (moves.run, 102),
    "positions": (positions.run, 100),
    "many_scans": (many_scans.run, 500),
    "stopped_followers": (stopped_followers.run, 8),
}


def main() -> int:
    """Run what was asked for."""
    options = _parser().parse_args()
    # what connections that are cut say of it would hide the figures
    logging.basicConfig(level=logging.WARNING if options.verbose else logging.ERROR)
    report = Report()
    for name in options.parts or PARTS:
        run, usual = PARTS[name]
        count = options.count or usual
        numbers = range(count) if options.number is None else [options.number]
        with tempfile.TemporaryDirectory() as folder:
            part = Part(name, options.seed, numbers, Path(folder), options.verbose)
            report.run(part, run)
    report.print_figures()
    return 1 if report.has_failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign")
    # argparse looks for the empty list among the choices, too
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="how many trials of each part")
    parser.add_argument("--number", type=int, help="run this one trial only")
    parser.add_argument("--verbose", action="store_true", help="a line for each trial")
    return parser


if __name__ == "__main__":
    sys.exit(main())
