"""What every scan's metadata says of the scan; docs/data_structure.md lists all of it."""

import datetime
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bliss.data import keys
from bliss.scanning.chain import AcquisitionChain, AcquisitionObject, walk_below
from bliss.scanning.channel import AcquisitionChannel

_BY_RANK = ("scalars", "spectra", "images")  #: what points with 0, 1, 2 and more axes are called


def describe_start(now: float) -> dict[str, Any]:
    """When the scan started, for programs and for people.

    Args:
        now: Seconds since the epoch.
    """
    return {
        "start_timestamp": now,
        "start_time": datetime.datetime.fromtimestamp(now).astimezone().isoformat(),
        "start_time_str": time.ctime(now),
    }


def describe_chain(chain: AcquisitionChain) -> dict[str, Any]:
    """The channels by their full names: for each device at the top its own, and those below it.

    Returns:
        `{"axis": {"master": {"scalars": ["axis:robz"], "spectra": [], …}, "scalars":
        ["timer:elapsed_time", …], …}}`
    """
    shown = _display_names(_full_names(chain.devices))
    described = {}
    for each in chain.tops:
        top, *below = (device for device, _ in walk_below(each.master))
        described[top.name] = {
            "master": _described(_full_names([top]), shown),
            **_described(_full_names(below), shown),
        }
    return described


def _full_names(devices: Iterable[AcquisitionObject]) -> dict[str, AcquisitionChannel]:
    """The channels by the names that their nodes have."""
    return {
        keys.SEPARATOR.join((device.name, channel.short_name)): channel
        for device in devices
        for channel in device.channels
    }


def _display_names(channels: Mapping[str, AcquisitionChannel]) -> dict[str, str]:
    """Aliases and short names, or the full ones where several channels would be shown alike."""
    shown = {name: channel.alias or channel.short_name for name, channel in channels.items()}
    count = Counter(shown.values())
    return {name: text if count[text] == 1 else name for name, text in shown.items()}


def _described(
    channels: Mapping[str, AcquisitionChannel], shown: Mapping[str, str]
) -> dict[str, Any]:
    groups: dict[str, list[str]] = {group: [] for group in _BY_RANK}
    units: dict[str, dict[str, str | None]] = {f"{group}_units": {} for group in _BY_RANK}
    for name, channel in channels.items():
        group = _BY_RANK[min(len(channel.kind.shape), 2)]
        groups[group].append(name)
        units[f"{group}_units"][name] = channel.unit
    return {**groups, **units, "display_names": {name: shown[name] for name in channels}}
