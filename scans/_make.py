"""From a chain to a scan that runs, or waits to be hooked."""

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.default_chain import DEFAULT_CHAIN
from bliss.scanning.scan import Scan
from scans._options import Chosen


def make(
    chain: AcquisitionChain,
    command: str,
    arguments: Sequence[Any],
    chosen: Chosen,
    info: Mapping[str, Any],
    kind: type[Scan] = Scan,
) -> Scan:
    """The scan of a command; it has run, unless it is to wait.

    Args:
        chain: What it does.
        command: What was typed.
        arguments: What was typed behind it, without counters.
        chosen: The options.
        info: What its metadata says beside what every scan's does.
        kind: Of the scan.
    """
    DEFAULT_CHAIN.apply_presets(chain)
    scan = kind(
        chain,
        name=chosen.name or command,
        title=chosen.title or " ".join([command, *(_shown(argument) for argument in arguments)]),
        save=chosen.save,
        scan_info={"type": command, **info, **(chosen.scan_info or {})},
    )
    if chosen.check:
        scan.check()
    elif chosen.run:
        scan.run()
    return scan


def _shown(argument: Any) -> str:
    if isinstance(argument, list | tuple | range | np.ndarray):
        return reprlib.repr(list(argument))
    if isinstance(argument, float):
        return f"{argument:g}"
    return str(getattr(argument, "name", argument))
