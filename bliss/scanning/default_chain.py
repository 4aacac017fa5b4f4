"""From counters to the slaves that read them."""

from collections.abc import Sequence

from bliss.common.errors import ScanError
from bliss.common.protocols import Counter, is_sampling_controller, is_sampling_counter
from bliss.scanning._default_presets import DefaultPresets
from bliss.scanning.acquisition.counters import SamplingSlave
from bliss.scanning.acquisition.timer import TimerMaster


class DefaultChain(DefaultPresets):
    """How the standard commands count."""


DEFAULT_CHAIN = DefaultChain()


def counting(
    count_time: float,
    counters: Sequence[Counter],
    npoints: int = 0,  # noqa: ARG001 - some devices have to know
) -> TimerMaster:
    """A timer with a slave for each controller that the counters belong to.

    Raises:
        ScanError: If a controller is of no kind that can be read in a scan.
    """
    timer = TimerMaster(count_time)
    for controller, group in _by_controller(counters):
        if not is_sampling_controller(controller):
            raise ScanError(
                f"{group[0].name}: its controller {controller!r:.60} cannot be read in a scan: "
                "expected one with a method read_all(counters)"
            )
        sampling = [counter for counter in group if is_sampling_counter(counter)]
        timer.slaves.append(SamplingSlave(controller, sampling, count_time))
    return timer


def _by_controller(counters: Sequence[Counter]) -> list[tuple[object, list[Counter]]]:
    groups: list[tuple[object, list[Counter]]] = []
    for counter in counters:
        for controller, group in groups:
            if controller is counter.controller:
                group.append(counter)
                break
        else:
            groups.append((counter.controller, [counter]))
    return groups
