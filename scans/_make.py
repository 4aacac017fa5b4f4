"""From a chain to a scan that runs, or waits to be hooked."""

from typing import Any

from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.scan import Scan


def make(
    chain: AcquisitionChain,
    command: str,
    arguments: tuple[Any, ...],
    *,
    count_time: float,
    name: str | None,
    title: str | None,
    save: bool,
    scan_info: dict[str, Any] | None,
) -> Scan:
    """The scan of a command; it does not run yet."""
    return Scan(
        chain,
        name=name or command,
        title=title or " ".join([command, *(_shown(argument) for argument in arguments)]),
        save=save,
        scan_info={"type": command, "count_time": count_time, **(scan_info or {})},
    )


def _shown(argument: Any) -> str:
    return f"{argument:g}" if isinstance(argument, float) else str(argument)


def finish(scan: Scan, *, run: bool) -> Scan:
    """Run it, if it is to run at once."""
    if run:
        scan.run()
    return scan
