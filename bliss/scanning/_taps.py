"""Telling a user's callback of all that is emitted to some channels of a scan."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bliss.common.errors import ScanError
from bliss.common.protocols import is_axis, is_counter
from bliss.data.encoding import STRING

if TYPE_CHECKING:
    from bliss.scanning.chain import AcquisitionObject
    from bliss.scanning.channel import AcquisitionChannel


def connect(
    devices: Iterable["AcquisitionObject"],
    wanted: Sequence[Any],
    callback: Callable[[Any, str, Any], object],
    who: str,
) -> None:
    """Have `callback(item, channel name, points)` called with what is emitted.

    Args:
        devices: Whose channels there are.
        wanted: The items: counters, axes, channels, or their names.
        callback: What to call, on the greenlet that emits.
        who: Is blamed for what the callback raises.

    Raises:
        ScanError: If an item has no channel here, or more than one.
    """
    channels = [channel for device in devices for channel in device.channels]
    found = [(item, _channel_of(item, channels, who)) for item in wanted]
    for item, channel in found:
        channel.add_listener(partial(_tell, callback, item, who, channel))


def _tell(
    callback: Callable[[Any, str, Any], object],
    item: Any,
    who: str,
    channel: "AcquisitionChannel",
    points: Any,
) -> None:
    is_array = channel.kind.dtype != STRING and not channel.kind.varies
    try:
        callback(item, channel.name, np.asarray(points) if is_array else points)
    except Exception as error:
        error.device = who  # type: ignore[attr-defined]  # and not the device that emits
        raise


def _channel_of(
    item: Any, channels: Sequence["AcquisitionChannel"], who: str
) -> "AcquisitionChannel":
    matches = [channel for channel in channels if _is_of(channel, item)]
    if len(matches) == 1:
        return matches[0]
    there = ", ".join(channel.name for channel in channels)
    if matches:
        names = " and ".join(channel.name for channel in matches)
        raise ScanError(f"{who}: {item!r:.60} could be {names}; name one of them")
    raise ScanError(f"{who}: {item!r:.60} takes no part in this scan; there are {there}")


def _is_of(channel: "AcquisitionChannel", item: Any) -> bool:
    if isinstance(item, str):
        return item in (channel.name, channel.short_name)
    if is_axis(item):
        return channel.short_name == item.name
    if is_counter(item):
        return channel.name == f"{item.controller.name}:{item.name}"
    return channel is item
