"""What is looked at: which scan, which counter, over which axes, and its points."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bliss.common.errors import ArgumentError, ScanError
from bliss.common.protocols import Axis, is_axis
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.data import full_name
from bliss.scanning.gate import SUSPENDED
from bliss.scanning.scan import Scan
from bliss.scanning.session import current_session
from scans import _plot_choice

_log = logging.getLogger(__name__)

_TIMER = "timer:"  #: channels that begin so are of time, not of a counter
_FLAGS = "timer:flags"
_TIME = "timer:elapsed_time"  #: what a scan that moves nothing is over


@dataclass(frozen=True)
class Points:
    """A counter of a scan over one or several axes.

    Attributes:
        scan: Where they are from.
        counter: Full name of the counter's channel.
        axes: Short name to values, shape (n,), of each axis; of the time where nothing moves.
        y: The counter's values, shape (n,).
        is_mesh: Whether each point is one of several dimensions, not one along a line.
    """

    scan: Scan
    counter: str
    axes: Mapping[str, Any]
    y: Any
    is_mesh: bool

    @property
    def what(self) -> str:
        """In words: `sim_ct_gauss over robz in 1_ascan`."""
        return f"{self.label} over {' and '.join(self.axes)} in {self.scan.name}"

    @property
    def label(self) -> str:
        """The counter's alias, or its short name."""
        return self._channel(self.counter).alias or _short(self.counter)

    def unit(self, name: str) -> str | None:
        """Of an axis by its short name, or of the counter."""
        return self._channel(name).unit

    def _channel(self, name: str) -> AcquisitionChannel:
        pairs = [(_channel_name(d, c), c) for d, c in _channels(self.scan)]
        return next(c for full, c in pairs if name in (full, _short(full)))

    def moved(self, command: str) -> dict[str, Axis]:
        """The axes themselves.

        Raises:
            ScanError: If it is over the time.
        """
        known = {axis.name: axis for axis in axes_of(self.scan)}
        if not known.keys() & self.axes.keys():
            raise ScanError(f"{command}: {self.scan.name} moved no axis, it is over the time")
        return {name: known[name] for name in self.axes}


def last_scan(command: str, scan: Any = None) -> Scan:
    """`scan`, or the last one of the session, which may still run.

    Raises:
        ArgumentError: If it is no scan.
        ScanError: If there was none.
    """
    if isinstance(scan, Scan):
        return scan
    if scan is not None:
        raise ArgumentError(f"{command}: {scan!r:.60} is not a scan; SCANS has the last ones")
    for known in reversed(current_session().scans):
        if known.node_type == "scan":  # not a group of scans
            return known
    raise ScanError(f"{command}: there was no scan in this session yet; run one first")


def choose(command: str, counter: Any = None, axis: Any = None, scan: Any = None) -> Points:
    """The points that a command is to look at.

    Args:
        command: Its name, for messages.
        counter: A counter or its name; by default the one that `plotselect` chose, the only one,
            or the first with a warning.
        axis: An axis or its name; by default all that were moved, or the time.
        scan: The last one by default.

    Raises:
        ArgumentError: If the scan has no such counter or axis.
        ScanError: If there was no scan, or it has no counter with one number a point.
    """
    chosen = last_scan(command, scan)
    data = chosen.get_data()
    moved = [_axis_channel(one.name, data) for one in axes_of(chosen)]
    y = _counter(command, chosen, data, moved, counter)
    over = moved or [_TIME]
    if axis is not None:
        over = [_axis_named(command, chosen, data, over, axis)]
    good = _good(data, [*moved, *over, y])
    axes = {_short(name): np.asarray(data[name])[: len(good)][good] for name in over}
    is_mesh = "mesh" in str(chosen.scan_info["type"]) and len(moved) > 1
    if is_mesh and axis is not None:
        raise ArgumentError(
            f"{command}: {chosen.name} is a mesh over {' and '.join(map(_short, moved))}, and its "
            "places have a position of each; leave out the axis"
        )
    return Points(chosen, y, axes, np.asarray(data[y])[: len(good)][good], is_mesh)


def _good(data: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Which points all these channels have by now, and no suspender has spoiled."""
    count = min(len(data[name]) for name in names)
    flags = np.asarray(data.get(_FLAGS, np.zeros(count, int)))[:count]
    return np.pad(flags & SUSPENDED, (0, count - len(flags))) == 0


def axes_of(scan: Scan) -> list[Axis]:
    """The axes that a scan moves, in the order in which they were given."""
    found = [axis for device in scan.chain.devices for axis in getattr(device, "axes", ())]
    return [axis for axis in dict.fromkeys(found) if is_axis(axis)]


def counters_of(scan: Scan) -> list[str]:
    """Full names of the channels that have one number of a counter a point."""
    moved = {f"axis:{axis.name}" for axis in axes_of(scan)}
    names = [_channel_name(d, c) for d, c in _channels(scan) if not c.kind.shape]
    return [n for n in names if n not in moved and not n.startswith(_TIMER)]


def _channels(scan: Scan) -> Iterator[tuple[str, AcquisitionChannel]]:
    for device in scan.chain.devices:
        for channel in device.channels:
            yield device.name, channel


def _channel_name(device: str, channel: AcquisitionChannel) -> str:
    return f"{device}:{channel.short_name}"


def _short(name: str) -> str:
    return name.rpartition(":")[2]


def _axis_channel(name: str, data: Mapping[str, Any]) -> str:
    return f"axis:{name}" if f"axis:{name}" in data else full_name(name, data)


def _axis_named(
    command: str, scan: Scan, data: Mapping[str, Any], known: Sequence[str], axis: Any
) -> str:
    name = axis if isinstance(axis, str) else getattr(axis, "name", None)
    candidates = [*known, *(n for n in data if n.startswith(_TIMER))]
    for channel in candidates:
        if name in (channel, _short(channel)):
            return channel
    shown = name or f"{axis!r:.60}"
    raise ArgumentError(
        f"{command}: {scan.name} is not over {shown}, but over {', '.join(map(_short, known))}"
    )


def _counter(
    command: str, scan: Scan, data: Mapping[str, Any], moved: Sequence[str], counter: Any
) -> str:
    known = [name for name in counters_of(scan) if name in data and name not in moved]
    if not known:
        raise ScanError(f"{command}: {scan.name} has no counter with one number a point")
    if counter is not None:
        return _counter_named(command, scan, known, counter)
    for name in _plot_choice.read(current_session()):
        if name in known:
            return name
    if len(known) > 1:
        _log.warning(
            "%s: takes %s, the first of %s; plotselect(counter) chooses another",
            *(command, _short(known[0]), ", ".join(map(_short, known))),
        )
    return known[0]


def _counter_named(command: str, scan: Scan, known: Sequence[str], counter: Any) -> str:
    name = counter if isinstance(counter, str) else getattr(counter, "name", None)
    full = f"{getattr(getattr(counter, 'controller', None), 'name', '')}:{name}"
    if full in known:
        return full
    found = [n for n in known if name in (n, _short(n))]
    if len(found) == 1:
        return found[0]
    if found:
        raise ArgumentError(
            f"{command}: {name} is short for {' and '.join(found)}; use one of them"
        )
    shown = name or f"{counter!r:.60}"
    raise ArgumentError(
        f"{command}: {shown} is not a counter of {scan.name}, which has "
        f"{', '.join(map(_short, known))}"
    )
