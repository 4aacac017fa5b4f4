"""Faults put into the devices, the preset and the watchdog of a scan."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

import gevent
import redis

from bliss.common.errors import DeviceError
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.scan import Scan, ScanPreset, WatchdogCallback


class UnprintableError(Exception):
    """An error that fails when it is shown."""

    def __str__(self) -> str:
        raise RuntimeError("cannot be shown")


KINDS: Sequence[Callable[[], BaseException]] = (
    lambda: RuntimeError("the device broke"),
    RuntimeError,
    lambda: DeviceError("roby: no motor power"),
    DeviceError,
    lambda: OSError(5, "Input/output error"),
    ConnectionResetError,
    TimeoutError,
    lambda: ValueError("two\nlines, ünreadable \x00"),
    lambda: KeyError("x"),
    ZeroDivisionError,
    AssertionError,
    StopIteration,
    lambda: StopIteration("seen enough"),
    StopAsyncIteration,
    GeneratorExit,
    SystemExit,
    lambda: SystemExit(3),
    gevent.GreenletExit,
    KeyboardInterrupt,
    lambda: gevent.Timeout(1),
    asyncio.CancelledError,
    MemoryError,
    lambda: RecursionError("too deep"),
    BaseException,
    lambda: Exception(""),
    lambda: ExceptionGroup("several", [OSError("one"), ValueError("two")]),
    lambda: redis.ConnectionError("not of the data server"),
    UnprintableError,
)


class Fault:
    """A method that raises, once or from then on.

    Args:
        owner: Whose method.
        name: Of the method.
        error: What it raises.
        call: At which call.
        for_ever: Also at every call after it.
    """

    def __init__(
        self, owner: Any, name: str, error: BaseException, *, call: int, for_ever: bool
    ) -> None:
        self._owner = owner
        self._name = name
        self.error = error
        self._call = call
        self._for_ever = for_ever
        self._calls = 0
        self.raised = False
        self._original = getattr(owner, name)
        setattr(owner, name, self._run)

    def _run(self, *args: Any, **options: Any) -> Any:
        self._calls += 1
        if self._calls == self._call or (self._for_ever and self._calls > self._call):
            self.raised = True
            raise self.error
        return self._original(*args, **options)

    def remove(self) -> None:
        """Make the method whole again."""
        delattr(self._owner, self._name)

    @property
    def ends_well(self) -> bool:
        """Whether it is the watchdog's way to say that it has seen enough."""
        return isinstance(self.error, StopIteration) and isinstance(self._owner, WatchdogCallback)

    @property
    def is_after_end(self) -> bool:
        """Whether the END had been published when it was raised."""
        return self._name == "on_scan_end"

    def in_words(self) -> str:
        """What it does."""
        owner = getattr(self._owner, "name", type(self._owner).__name__)
        times = f"from call {self._call} on" if self._for_ever else f"at call {self._call}"
        happened = "" if self.raised else ", not reached"
        kind = type(self.error).__name__
        return f"{owner}.{self._name} raises {kind}{self.error.args} {times}{happened}"


def draw(
    dice: random.Random, scan: Scan, watchdog: WatchdogCallback, preset: ScanPreset
) -> list[Fault]:
    """One fault in the scan, sometimes a second one in its end."""
    groups = _places(scan, watchdog, preset)
    owner, name, most = dice.choice(dice.choice(groups))
    places = [(owner, name, most)]
    if dice.random() < 0.3:
        again = dice.choice(_end_places(scan, watchdog, preset))
        if (again[0], again[1]) != (owner, name):
            places.append(again)
    return [_fault(dice, *place) for place in places]


def _fault(dice: random.Random, owner: Any, name: str, most: int) -> Fault:
    error = dice.choice(KINDS)()
    # who cannot see or stop an axis at all cannot promise that it stands still
    may_last = name not in ("state", "stop")
    for_ever = dice.random() < 0.25 and may_last
    return Fault(owner, name, error, call=dice.randint(1, most), for_ever=for_ever)


_Place = tuple[Any, str, int]  #: whose, which, at which call at most


def _places(scan: Scan, watchdog: WatchdogCallback, preset: ScanPreset) -> list[list[_Place]]:
    """What can fail, by kind."""
    points = scan.chain.npoints
    devices = scan.chain.devices
    groups: list[list[_Place]] = [
        [(device, name, 1) for device in devices for name in ("prepare", "start", "stop")],
        [(device, name, points) for device in devices for name in ("trigger", "wait_ready")],
        [(slave._controller, "read_all", 3 * points) for slave in devices[-2:]],
        [(watchdog, name, 1) for name in ("on_scan_new", "on_scan_end")],
        [(watchdog, name, points) for name in ("on_scan_data", "on_timeout")],
        [(preset, name, 1) for name in ("prepare", "start", "stop")],
    ]
    for axis in _axes(scan):
        controller = axis.controller
        once_a_point = ("start_one", "motion_end", "read_position")
        groups += [
            [(controller, name, points) for name in once_a_point],
            [(controller, "state", 3 * points), (controller, "stop", 1)],
            [(axis, "start_move", points), (axis, "wait_move", points), (axis, "stop", 1)],
        ]
    return groups


def _end_places(scan: Scan, watchdog: WatchdogCallback, preset: ScanPreset) -> list[_Place]:
    """What can fail while a scan ends."""
    places: list[_Place] = [(device, "stop", 1) for device in scan.chain.devices]
    places += [(preset, "stop", 1), (watchdog, "on_scan_end", 1)]
    for axis in _axes(scan):
        places += [(axis.controller, "stop", 1)]
    return places


def _axes(scan: Scan) -> list[Any]:
    top = scan.chain.top
    return list(top.axes) if isinstance(top, StepMaster) else []
