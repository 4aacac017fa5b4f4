"""The acquisition chain: masters that trigger slaves, point by point."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from operator import methodcaller
from typing import Any

from bliss.common import clock
from bliss.common.ending import Step
from bliss.common.errors import ScanError
from bliss.common.protocols import Axis
from bliss.scanning._together import together
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.gate import Gate, Passage
from bliss.scanning.presets import ChainPreset, ChainPresets
from bliss.scanning.timing import Plan

_Call = Callable[["AcquisitionObject"], None]

Expected = tuple[float, float]
"""Seconds of motion and of counting."""


class AcquisitionObject:
    """A device's part in a scan.

    The methods are called on the greenlet that runs the scan: `check`, `prepare` and `start` once,
    then `trigger` and `wait_ready` for each point, `stop` at the end whatever happened.

    Args:
        name: Of the device; the data node has it too.
    """

    node_type = "slave"
    passage: Passage | None = None  #: knows what is to be said of the point in hand
    axes: Sequence[Axis] = ()  #: that it moves: no other scan may do so meanwhile

    def __init__(self, name: str) -> None:
        self.name = name
        self.channels: list[AcquisitionChannel] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def check(self) -> None:
        """Raise if the scan cannot run as asked: nobody knows of it yet, and nothing moves."""

    def describe(self) -> dict[str, Any]:
        """What it adds to the scan's metadata; asked for after `check`."""
        return {}

    def ask(self) -> None:
        """Raise if the device does not answer."""

    def add_flags(self) -> None:
        """Publish for each point what is to be said of it, if that is this device's business."""

    def expect_retakes(self) -> None:
        """Take it that there may be more points than planned, as some are taken again."""

    def prepare(self) -> None:
        """Make ready for the scan; nothing moves yet."""

    def start(self) -> None:
        """Begin; the first point follows."""

    def trigger(self) -> None:
        """Begin a point, without waiting for its end."""

    def trigger_again(self) -> None:
        """Begin the last point once more."""
        self.trigger()

    def expected(self, npoints: int) -> Expected:  # noqa: ARG002 - who has one needs it
        """How long so many points should keep it busy.

        Returns:
            Seconds of motion, and seconds of counting.
        """
        return 0.0, 0.0

    def look(self) -> None:
        """Raise if the device has failed; called now and then while a long point lasts."""

    def cut(self) -> None:
        """End a long point before its time, as it is of no use; it is emitted all the same."""

    def wait_ready(self) -> None:
        """Wait for the end of the point, and emit it."""

    def stop(self) -> None:
        """Stand still; called at any time, also twice."""

    def stop_steps(self) -> list[Step]:
        """Stopping it, as steps of an ending that run side by side."""
        return [Step(f"stopping {self.name}", self.stop, again=True)]

    def after_steps(self, *, in_time: bool) -> list[Step]:  # noqa: ARG002
        """What it does when every device has stopped, side by side too: returning an axis.

        Args:
            in_time: Whether nothing went wrong and nobody interrupted the scan.
        """
        return []


class AcquisitionSlave(AcquisitionObject):
    """A device that acquires when its master triggers it."""


class AcquisitionMaster(AcquisitionObject):
    """A device that triggers others."""

    node_type = "master"
    npoints = 0  #: that it takes when it is at the top; 0: as many as the scan wants
    is_continuous = False  #: whether its points follow each other without a stop: none can wait,
    #: but for the first, and none be taken again
    time_per_point: float | None = None  #: s, where it is the same for all; None if nobody knows

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.slaves: list[AcquisitionObject] = []

    def trigger_slaves(self) -> None:
        """Begin a point on all slaves."""
        each(self.slaves, _trigger)

    def wait_slaves(self) -> None:
        """Wait until all slaves have emitted the point."""
        each(self.slaves, _wait_ready)


@dataclass(frozen=True, slots=True)
class Top:
    """A master at the top of a chain, and how often it is triggered."""

    master: AcquisitionMaster
    npoints: int  #: 0: as long as the others, or until the scan is stopped
    sleep_time: float  #: s between two points

    @property
    def period(self) -> float | None:
        """Seconds from one point to the next, where somebody has asked for that."""
        each = self.master.time_per_point
        return each + self.sleep_time if self.sleep_time and each is not None else None


class AcquisitionChain:
    """Trees of masters and slaves, run point by point.

        chain = AcquisitionChain()
        chain.add(axis, timer)
        chain.add(timer, counters)

    Several masters at the top take their points each at its own pace, side by side.  The chain
    ends when all have taken theirs; one without a number of points goes on until then.

    Args:
        top: The first master at the top.
        npoints: How many points it takes; by default what it says itself.  0 goes on until the
            scan is stopped.
        sleep_time: Seconds between two points.
    """

    def __init__(
        self,
        top: AcquisitionMaster | None = None,
        npoints: int | None = None,
        *,
        sleep_time: float = 0.0,
    ) -> None:
        self.tops: list[Top] = []
        self.presets = ChainPresets(self)
        if top:
            self.add(top, npoints=npoints, sleep_time=sleep_time)

    def add(
        self,
        master: AcquisitionMaster,
        slave: AcquisitionObject | None = None,
        *,
        npoints: int | None = None,
        sleep_time: float = 0.0,
    ) -> None:
        """Have `master` trigger `slave`; a master that is below no other one is at the top.

        Args:
            master: Is put at the top unless it is in the chain already.
            slave: What it triggers, if anything new.
            npoints: Of a master at the top: how many points; by default what it says itself.
            sleep_time: Of a master at the top: seconds between two points.
        """
        if master not in self.devices:
            wanted = master.npoints if npoints is None else npoints
            self.tops.append(Top(master, wanted, sleep_time))
        if slave is not None:
            self.tops = [top for top in self.tops if top.master is not slave]
            master.slaves.append(slave)

    def add_preset(self, preset: ChainPreset, master: AcquisitionMaster | None = None) -> None:
        """Have `preset` called around the chain's work, and around the points of a master.

        Args:
            preset: What is called.
            master: At the top; the first one by default.
        """
        masters = [top.master for top in self.tops]
        if master is not None and master not in masters:
            raise ScanError(f"{master!r} is not at the top of the chain; there are {masters}")
        self.presets.add(preset, masters.index(master) if master else 0)

    @property
    def top(self) -> AcquisitionMaster:
        """The first master at the top."""
        return self._first.master

    @property
    def npoints(self) -> int:
        """How many points the first master at the top takes; 0 until the scan is stopped."""
        return self._first.npoints

    @property
    def _first(self) -> Top:
        if not self.tops:
            raise ScanError("the chain is empty; add a master with chain.add(master, slave)")
        return self.tops[0]

    def walk(self) -> Iterator[tuple[AcquisitionObject, tuple[str, ...]]]:
        """Every device in it, masters before their slaves, with the names from the top to it."""
        for top in self.tops:
            yield from walk_below(top.master)

    @property
    def devices(self) -> list[AcquisitionObject]:
        """Every device in it, masters before their slaves."""
        return [device for device, _ in self.walk()]

    @property
    def real_axes(self) -> list[Axis]:
        """The axes that it moves, and the real ones behind those that are calculated."""
        return list(_with_real([axis for device in self.devices for axis in device.axes]))

    def check(self) -> None:
        """Have every device look whether the scan can run as asked, its axes first."""
        for axis in self.real_axes:
            if check_ready := getattr(axis, "check_ready", None):
                check_ready()
        each(self.devices, _check)

    def describe(self) -> dict[str, Any]:
        """What the devices add to the scan's metadata; the first one counts."""
        info: dict[str, Any] = {}
        for device in reversed(self.devices):
            info |= device.describe()
        return info

    def prepare(self) -> None:
        """Prepare every device, slaves first: a master may begin to trigger in its `start`."""
        self.presets.prepare()
        each(reversed(self.devices), _prepare)

    def start(self) -> None:
        """Start every device, slaves first."""
        self.presets.start()
        each(reversed(self.devices), _start)

    def run(self, is_over: Callable[[], bool], gate: Gate | None = None) -> None:
        """Take points until all are taken or `is_over` says so after one of them.

        Args:
            is_over: Whether to end.
            gate: Passed before each point; one that is always open by default.
        """
        gate = gate or Gate(lambda: None, lambda _: None)
        passages = [
            Passage(gate, can_wait=not top.master.is_continuous, period=top.period)
            for top in self.tops
        ]
        if len(self.tops) == 1:
            self._take(0, passages[0], is_over)
        else:
            counted = [index for index, top in enumerate(self.tops) if top.npoints]
            together(
                {i: partial(self._take, i, passage) for i, passage in enumerate(passages)},
                counted,
                is_over,
            )

    def _take(self, index: int, passage: Passage, is_over: Callable[[], bool]) -> None:
        """The points of one master at the top, until all are taken or it is over."""
        top = self.tops[index]
        for device, _ in walk_below(top.master):
            device.passage = passage
        take = self._point(top.master, index)
        for point in range(top.npoints) if top.npoints else count():
            if top.sleep_time and point:
                clock.sleep(top.sleep_time)
            passage.begin(is_over)
            if is_over():
                break
            take(_trigger)
            while passage.is_to_repeat and passage.begin(is_over, again=True):
                take(_trigger_again)
            if is_over():
                break
        passage.end()

    def _point(self, master: AcquisitionMaster, index: int) -> Callable[[_Call], None]:
        """What takes one point of a master at the top."""
        devices = (master,)
        around = self.presets.around(index)

        def take(trigger: _Call) -> None:
            if around:
                around.begin(again=trigger is _trigger_again)
            each(devices, trigger)
            each(devices, _wait_ready)
            if around:
                around.end()

        return take

    @property
    def has_schedule(self) -> bool:
        """Whether a point can be late."""
        return any(top.master.is_continuous or top.period for top in self.tops)

    def expect_retakes(self) -> None:
        """Have devices make ready for points that are taken again."""
        for device in self.devices:
            device.expect_retakes()

    def add_flags(self) -> None:
        """Publish what is to be said of each point: it was suspended, taken again, late."""
        for device in self.devices:
            device.add_flags()

    def ask(self) -> None:
        """Have every device show that it answers; nothing moves or counts."""
        each(self.devices, _ask)

    def plan(self, taken: int = 0) -> Plan:
        """How long it should take, as far as its devices know.

        Args:
            taken: Points of what goes on until it is stopped, once it was.
        """
        plans = [_plan_of(top, top.npoints or taken) for top in self.tops]
        return max(plans, key=lambda plan: plan.motion + plan.counting)

    def stop_steps(self) -> list[Step]:
        """Stopping every device, as steps of an ending that run side by side."""
        return [step for device in self.devices for step in _steps(device, device.stop_steps)]

    def end_phases(self, *, in_time: bool) -> Iterator[list[Step]]:
        """Stopping everything, and what presets want done then, phase after phase.

        Args:
            in_time: Whether all points were taken; if not, devices stop before all else.
        """
        prepared = self.presets.prepared
        before = [_step(p, "telling", partial(p.before_stop, self)) for p in prepared]
        if in_time:
            yield before
            yield self.stop_steps()
        else:
            yield before + self.stop_steps()
        for point in self.presets.open_points:
            yield [_step(point, "stopping", point.stop)]
        for preset in prepared:
            yield [_step(preset, "stopping", partial(preset.stop, self))]

    def after_steps(self, *, in_time: bool) -> list[Step]:
        """What the devices do when all has stopped."""
        return [
            step
            for device in self.devices
            for step in _steps(device, partial(device.after_steps, in_time=in_time))
        ]


def _plan_of(top: Top, npoints: int) -> Plan:
    expected = [device.expected(npoints) for device, _ in walk_below(top.master)]
    motion, counting = (sum(each) for each in zip(*expected, strict=True))
    return Plan(npoints, motion, counting, top.sleep_time * max(0, npoints - 1))


def _with_real(axes: Iterable[Axis]) -> Iterator[Axis]:
    for axis in axes:
        yield axis
        yield from _with_real(getattr(axis, "real_axes", ()))


def _steps(device: AcquisitionObject, ask: Callable[[], list[Step]]) -> list[Step]:
    """What a device wants done; one that fails here costs the others nothing."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - raised by the step
        return [Step(f"asking {device.name} what to do", partial(_raise, error)),
                Step(f"stopping {device.name}", device.stop, again=True)]  # fmt: skip


def _raise(error: Exception) -> None:
    raise error


def _step(preset: object, doing: str, call: Callable[[], object]) -> Step:
    what = f"{doing} {type(preset).__name__}"
    return Step(f"{what} of the end" if doing == "telling" else what, call)


_check = methodcaller("check")
_ask = methodcaller("ask")
_prepare = methodcaller("prepare")
_start = methodcaller("start")
_trigger = methodcaller("trigger")
_trigger_again = methodcaller("trigger_again")
_wait_ready = methodcaller("wait_ready")


def each(devices: Iterable[AcquisitionObject], call: Callable[[AcquisitionObject], None]) -> None:
    """Do something with each device; what one raises says which device it was."""
    device = None
    try:
        for device in devices:
            call(device)
    except Exception as error:
        if device and not hasattr(error, "device"):
            error.device = device.name  # type: ignore[attr-defined]  # the innermost one
        raise


def walk_below(
    device: AcquisitionObject, above: tuple[str, ...] = ()
) -> Iterator[tuple[AcquisitionObject, tuple[str, ...]]]:
    """A device and all below it, each with the names from the top to it."""
    path = (*above, device.name)
    yield device, path
    if isinstance(device, AcquisitionMaster):
        for slave in device.slaves:
            yield from walk_below(slave, path)
