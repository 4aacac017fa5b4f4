"""`python -m bench [ROW ... | clients] [--json]`."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from bench import table
from bench.beacon import running_beacon
from bench.results import Result
from bench.rows import CLIENTS, ROWS

_ALL = {**ROWS, **CLIENTS}


def main() -> int:
    """Take the measurements that were asked for; 0 if all that was promised holds."""
    options = _options()
    load = os.getloadavg()[0]
    report: dict[str, Sequence[Result] | str] = {}
    for row in _chosen(options.rows):
        print(f"measuring {row} ...", file=sys.stderr)
        with running_beacon() as environment:
            report[row] = _measured(row, environment)
    if options.json:
        print(table.as_json(report, load))
    else:
        table.show(report, load)
    return 0 if all(_holds(outcome) for outcome in report.values()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"Measure what this project promises; rows: {', '.join(ROWS)}; those of "
        f"`clients`, what following and reading cost: {', '.join(CLIENTS)}",
    )
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help="default: all but those of `clients`"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(_ALL) - {"clients"}:
        known = ", ".join((*_ALL, "clients"))
        parser.error(f"no row {', '.join(sorted(unknown))}; expected some of: {known}")
    return options


def _chosen(names: Sequence[str]) -> list[str]:
    """The rows that were asked for, each once."""
    groups = [CLIENTS if name == "clients" else [name] for name in names]
    return list(dict.fromkeys(row for group in groups or [ROWS] for row in group))


def _measured(row: str, environment: Mapping[str, str]) -> Sequence[Result] | str:
    try:
        return _ALL[row](environment)
    except Exception as error:  # noqa: BLE001 - told in the report; the other rows go on
        return f"{type(error).__name__}: {error}"


def _holds(outcome: Sequence[Result] | str) -> bool:
    return not isinstance(outcome, str) and all(result.holds for result in outcome)


if __name__ == "__main__":
    sys.exit(main())
