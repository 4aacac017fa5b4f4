"""From counters to the timer and the devices below it: the part that all scans share.

DEFAULT_CHAIN.set_settings([
    {"device": camera1, "acquisition_settings": {"exposure": 0.01}},
    {"device": camera2, "acquisition_settings": {"trigger_mode": "HARDWARE"}, "master": card1},
])
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bliss.common.errors import ScanError
from bliss.common.protocols import Counter, is_calculating_controller
from bliss.scanning._default_presets import DefaultPresets
from bliss.scanning.acquisition.kinds import Request, acquisition_object
from bliss.scanning.acquisition.timer import TimerMaster
from bliss.scanning.chain import AcquisitionChain, AcquisitionMaster, AcquisitionObject

_FIELDS = ("device", "acquisition_settings", "master")


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """What a scan shall do differently with a device."""

    device: Any
    acquisition_settings: Mapping[str, Any] = field(default_factory=dict)
    master: Any = None  #: the device that triggers it, instead of the timer


class DefaultChain(DefaultPresets):
    """How counters take part in a scan: each device below the timer, unless told otherwise."""

    def __init__(self) -> None:
        self._settings: list[DeviceSettings] = []

    def set_settings(self, settings: Iterable[Mapping[str, Any]]) -> None:
        """Have devices take part differently, from the next scan on; forgets earlier settings.

        Args:
            settings: For each device a mapping with `device`, and what is to differ:
                `acquisition_settings`, more arguments of what makes it ready, or another
                `count_time`; `master`, the device that triggers it by wire.

        Raises:
            ScanError: If something else is in it; the settings stay as they were.
        """
        self._settings = [_checked(entry) for entry in settings]

    @property
    def settings(self) -> list[dict[str, Any]]:
        """As they were given to `set_settings`."""
        return [{name: getattr(each, name) for name in _FIELDS} for each in self._settings]

    def get(
        self,
        scan_pars: Mapping[str, Any],
        counters: Sequence[Counter],
        top_master: AcquisitionMaster | None = None,
    ) -> AcquisitionChain:
        """A chain that counts, with the default presets.

        Args:
            scan_pars: `count_time` in seconds, and `npoints`.
            counters: What to count.
            top_master: What triggers the timer, such as axes that step.

        Raises:
            ScanError: If a counter cannot be read in a scan.
        """
        npoints = int(scan_pars.get("npoints", 1))
        timer = self.timer(float(scan_pars.get("count_time", 1.0)), counters, npoints)
        if top_master is not None:
            top_master.slaves.append(timer)
        chain = AcquisitionChain(top_master or timer, npoints)
        self.apply_presets(chain)
        return chain

    def timer(self, count_time: float, counters: Sequence[Counter], npoints: int) -> TimerMaster:
        """A timer with all that has to be triggered for these counters.

        Raises:
            ScanError: If a counter cannot be read in a scan.
        """
        return _Tree(self, count_time, npoints).grown(counters)

    def of(self, controller: object) -> DeviceSettings:
        """The settings of a device; empty ones if it has none."""
        for settings in self._settings:
            if settings.device is controller:
                return settings
        return DeviceSettings(controller)


#: How the scans of this process count; a process runs one session.
DEFAULT_CHAIN = DefaultChain()


def counting(count_time: float, counters: Sequence[Counter], npoints: int = 0) -> TimerMaster:
    """A timer with all that has to be triggered for these counters, by the default chain.

    Raises:
        ScanError: If a controller is of no kind that can be read in a scan.
    """
    return DEFAULT_CHAIN.timer(count_time, counters, npoints)


def _checked(entry: Mapping[str, Any]) -> DeviceSettings:
    if not isinstance(entry, Mapping) or "device" not in entry or set(entry) - set(_FIELDS):
        raise ScanError(
            f"chain settings {entry!r:.60}: expected a mapping with device, and "
            "acquisition_settings or master"
        )
    settings = entry.get("acquisition_settings") or {}
    if not isinstance(settings, Mapping):
        raise ScanError(f"acquisition_settings {settings!r:.60}: expected a mapping")
    count_time = settings.get("count_time", 0.0)
    if not isinstance(count_time, int | float) or not 0 <= count_time < math.inf:
        raise ScanError(f"count_time {count_time!r:.40} in acquisition_settings: expected seconds")
    return DeviceSettings(_controller(entry["device"]), settings, _controller(entry.get("master")))


def _controller(device: Any) -> Any:
    """A device, or that of a counter."""
    return getattr(device, "controller", device)


class _Tree:
    """A timer and what is below it, while it is put together."""

    def __init__(self, chain: DefaultChain, count_time: float, npoints: int) -> None:
        self._chain = chain
        self._count_time = count_time
        self._npoints = npoints
        self._made: dict[int, AcquisitionObject] = {}  #: by the id of the controller
        self._wanted: dict[int, list[Counter]] = {}

    def grown(self, counters: Sequence[Counter]) -> TimerMaster:
        timer = TimerMaster(self._count_time)
        groups = _by_controller(_with_inputs(counters))
        self._wanted = {id(controller): group for controller, group in groups}
        for controller, _ in groups:
            self._add(controller, timer, ())
        return timer

    def _add(self, controller: Any, timer: TimerMaster, waiting: tuple[int, ...]) -> None:
        """Make the device's part and put it below its master, which is made first."""
        if id(controller) in self._made:
            return
        if id(controller) in waiting:
            raise ScanError(f"{controller.name}: would trigger itself, by the chain settings")
        settings = self._chain.of(controller)
        above: AcquisitionObject = timer
        if settings.master is not None:
            self._add(settings.master, timer, (*waiting, id(controller)))
            above = self._made[id(settings.master)]
        if not isinstance(above, AcquisitionMaster):
            raise ScanError(
                f"{controller.name}: its master {above.name} cannot trigger other devices"
            )
        made = self._part_of(controller, settings.acquisition_settings)
        self._made[id(controller)] = made
        above.slaves.append(made)

    def _part_of(self, controller: Any, settings: Mapping[str, Any]) -> AcquisitionObject:
        own = dict(settings)
        channels = {c.name: c for made in self._made.values() for c in made.channels}
        return acquisition_object(
            Request(
                controller,
                self._wanted.get(id(controller), []),
                own.pop("count_time", self._count_time),
                self._npoints,
                own,
                channels,
            )
        )


def _with_inputs(counters: Sequence[Counter]) -> list[Counter]:
    """Those counters, and before each all that it is calculated from."""
    found: dict[tuple[int, str], Counter] = {}
    for counter in counters:
        for each in _inputs_first(counter, ()):
            found.setdefault((id(each.controller), each.name), each)
    return list(found.values())


def _inputs_first(counter: Counter, above: tuple[object, ...]) -> Iterator[Counter]:
    controller = counter.controller
    if is_calculating_controller(controller):
        if any(controller is each for each in above):
            raise ScanError(f"{counter.name}: is calculated from itself")
        for each in controller.inputs.values():
            yield from _inputs_first(each, (*above, controller))
    yield counter


def _by_controller(counters: Sequence[Counter]) -> list[tuple[Any, list[Counter]]]:
    """The counters of each controller; since inputs come first, so do the controllers of them."""
    groups: dict[int, tuple[Any, list[Counter]]] = {}
    for counter in counters:
        controller = counter.controller
        groups.setdefault(id(controller), (controller, []))[1].append(counter)
    return list(groups.values())
