"""`python -m bench [ROW ...] [--json]`."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from bench import table
from bench.beacon import running_beacon
from bench.results import Result
from bench.rows import ROWS


def main() -> int:
    """Take the measurements that were asked for; 0 if all that was promised holds."""
    options = _options()
    load = os.getloadavg()[0]
    report: dict[str, Sequence[Result] | str] = {}
    with running_beacon() as environment:
        for row in options.rows or ROWS:
            print(f"measuring {row} ...", file=sys.stderr)
            report[row] = _measured(row, environment)
    if options.json:
        print(table.as_json(report, load))
    else:
        table.show(report, load)
    return 0 if all(_holds(outcome) for outcome in report.values()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure what this project promises; rows: " + ", ".join(ROWS),
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="default: all")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"no row {', '.join(sorted(unknown))}; expected some of: {', '.join(ROWS)}")
    return options


def _measured(row: str, environment: Mapping[str, str]) -> Sequence[Result] | str:
    try:
        return ROWS[row](environment)
    except Exception as error:  # noqa: BLE001 - told in the report; the other rows go on
        return f"{type(error).__name__}: {error}"


def _holds(outcome: Sequence[Result] | str) -> bool:
    return not isinstance(outcome, str) and all(result.holds for result in outcome)


if __name__ == "__main__":
    sys.exit(main())
