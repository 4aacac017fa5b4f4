"""What the prompt has for counters: lists of them and of their groups, and ways to make more."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from IPython.core.getipython import get_ipython

from bliss.common.errors import ArgumentError
from bliss.common.protocols import Counter, counters_of, is_counter, is_counter_container, optional
from bliss.config.settings import SimpleSetting
from bliss.scanning.default_chain import DEFAULT_CHAIN
from bliss.scanning.session import current_session
from bliss_shell.columns import Column, Row, lines_of
from bliss_shell.screen import width_of
from hardware.calculated_counters import calc_counter, expression_counter
from hardware.measurement_group import ACTIVE_MG, MeasurementGroup
from hardware.soft_counter import SoftCounter

_COUNTER_COLUMNS = [Column(each) for each in ("counter", "shape", "unit", "controller", "alias")]
_GROUP_COLUMNS = [Column(each) for each in ("group", "", "state", "enabled")]


def namespace(devices: Mapping[str, Any]) -> dict[str, Any]:
    """What a session's prompt has for counters; makes its last measurement group the active one."""
    groups = [device for device in devices.values() if isinstance(device, MeasurementGroup)]
    session = current_session()
    ACTIVE_MG.restore(
        groups,
        SimpleSetting(f"{session.name}:active_measurement_group", beacon=session.beacon),
    )
    lists = CounterLists(devices)
    return {
        "lscnt": lists.lscnt,
        "lsmg": lists.lsmg,
        "ACTIVE_MG": ACTIVE_MG,
        "DEFAULT_CHAIN": DEFAULT_CHAIN,
        "MeasurementGroup": MeasurementGroup,
        "SoftCounter": SoftCounter,
        "calc_counter": calc_counter,
        "expression_counter": expression_counter,
    }


class CounterLists:
    """The commands that list counters and measurement groups.

    Args:
        devices: Of the session, by name; what was made at the prompt is found by itself.
        out: Where they are shown, standard output by default.
    """

    def __init__(self, devices: Mapping[str, Any], out: TextIO | None = None) -> None:
        self._devices = devices
        self._out = out

    def lscnt(self, device: Any = None) -> None:
        """List all counters, or those of a device or measurement group.

            lscnt()
            lscnt(mca1)

        Raises:
            ArgumentError: If it has no counters.
        """
        if device is None:
            found = list(_counters(self._objects()))
        elif is_counter_container(device):
            found = counters_of(device)
        else:
            raise ArgumentError(
                f"lscnt: {device!r:.60} has no counters; expected a detector or a measurement group"
            )
        self._show(_COUNTER_COLUMNS, [_row(counter) for counter in found])

    def lsmg(self) -> None:
        """List the measurement groups; an asterisk marks the active one.

        lsmg()
        """
        groups = [each for each in self._objects() if isinstance(each, MeasurementGroup)]
        self._show(_GROUP_COLUMNS, [_group_row(group) for group in dict.fromkeys(groups)])

    def _objects(self) -> list[Any]:
        """All objects of the session, then what was made at the prompt."""
        shell = get_ipython()
        typed = shell.user_ns if shell else {}
        made = (value for name, value in list(typed.items()) if not name.startswith("_"))
        return [*self._devices.values(), *made]

    def _show(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        out = self._out or sys.stdout
        print(*lines_of(columns, rows, width_of(out)), sep="\n", file=out)


def _counters(objects: Iterable[Any]) -> Iterator[Counter]:
    """The counters among some objects and in their detectors, each once; groups have no others."""
    seen: set[tuple[int, str]] = set()
    for each in objects:
        for counter in _counters_in(each):
            key = (id(counter.controller), counter.name)
            if key not in seen:
                seen.add(key)
                yield counter


def _counters_in(value: Any) -> Iterable[Counter]:
    if isinstance(value, type | MeasurementGroup) or value is ACTIVE_MG:
        return ()
    if is_counter_container(value):
        return counters_of(value)
    # of what a user made only that is asked which says that it has a controller
    has_controller = hasattr(type(value), "controller") or "controller" in getattr(
        value, "__dict__", ()
    )
    return (value,) if has_controller and is_counter(value) else ()


def _row(counter: Counter) -> tuple[str, ...]:
    shape = " x ".join(map(str, counter.shape)) or "0D"
    alias = optional(counter, "alias") or ""
    return (counter.name, shape, counter.unit or "", counter.controller.name, alias)


def _group_row(group: MeasurementGroup) -> tuple[str, ...]:
    mark = "*" if ACTIVE_MG.group is group else ""
    enabled = group.enabled
    counts = f"{len(enabled)} of {len(group.available)}: {', '.join(enabled)}"
    return (group.name, mark, group.active_state_name, counts)
