"""The report as a person reads it, and as a program does."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.results import Result, Target

_WIDTH = 140  #: characters, where the output is no terminal

Report = Mapping[str, Sequence[Result] | str]
"""Row to its results, or to the reason why there are none."""


def show(report: Report, load: float) -> None:
    """Print a table.

    Args:
        report: What came out.
        load: Average number of busy processes before the first row: what else the machine did.
    """
    table = Table(
        box=box.SIMPLE_HEAD,
        caption=f"medians; {os.cpu_count()} cores, load average before: {load:.1f}",
    )
    for heading in ("row", "what", "ours", "compared with", "ratio", "target", "holds"):
        table.add_column(heading, justify="left" if heading in ("row", "what") else "right")
    for row, outcome in report.items():
        if isinstance(outcome, str):
            table.add_row(row, f"[red]failed: {outcome}", "", "", "", "", "[red]no")
        else:
            for result in outcome:
                table.add_row(row, *_cells(result))
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table)


def as_json(report: Report, load: float) -> str:
    """The same as JSON: `{"load": 0.4, "rows": {"ascan": [{"ours": …}], …}}`."""
    rows: dict[str, Any] = {
        row: {"failed": outcome}
        if isinstance(outcome, str)
        else [result.as_dict() for result in outcome]
        for row, outcome in report.items()
    }
    return json.dumps({"cores": os.cpu_count(), "load": load, "rows": rows}, indent=2)


def _cells(result: Result) -> list[str]:
    theirs = ""
    if result.theirs is not None:
        theirs = f"{_amount(result.theirs, result.unit)} {result.compared_with}"
    return [
        result.what,
        _amount(result.ours, result.unit),
        theirs,
        "" if result.ratio is None else f"{result.ratio:.3g}",
        *(_promise(result, result.target) if result.target else ("", "")),
    ]


def _promise(result: Result, target: Target) -> tuple[str, str]:
    most = _amount(target.value, "(ratio)" if target.of_ratio else result.unit)
    sign = "≥" if target.at_least else "≤"
    return f"{sign} {most}", "[green]yes" if result.holds else "[red]no"


def _amount(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {unit}"
