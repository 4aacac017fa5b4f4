"""The points of a scan, by channel."""

import logging
from collections.abc import Mapping
from typing import Any

from bliss.common.errors import PointTrimmedError
from bliss.data.node import ChannelNode

_log = logging.getLogger(__name__)


class ScanData(dict[str, Any]):
    """Full channel name to its points, shape (n, *shape); a list where points differ in length.

    A short name works where it is unambiguous:

    >>> data = ScanData({"axis:robz": np.array([1.0, 2.0])})
    >>> data["robz"]
    array([1., 2.])
    >>> "robz" in data, data.get("robx", "not there")
    (True, 'not there')
    """

    def __missing__(self, name: str) -> Any:
        return self[full_name(name, self)]

    def __contains__(self, name: object) -> bool:
        short = [full.rpartition(":")[2] for full in self]
        return super().__contains__(name) or short.count(name) == 1  # type: ignore[arg-type]

    def get(self, name: str, default: Any = None) -> Any:
        """The points of a channel, or the default if there is none of that name."""
        try:
            return self[name]
        except KeyError:
            return default


def full_name(name: str, known: Mapping[str, Any]) -> str:
    """The one of the full names in `known` that `name` is, or is short for.

    Raises:
        KeyError: If there is none, or more than one.
    """
    if name in list(known):
        return name
    matches = [full for full in known if full.rpartition(":")[2] == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise KeyError(f"{name!r} is short for {' and '.join(matches)}; use one of them")
    raise KeyError(f"no channel {name!r}; there are {', '.join(known)}")


def read_points(scan: str, nodes: Mapping[str, ChannelNode]) -> ScanData:
    """All points of a scan; of one that was trimmed, what is left of all its channels.

    Args:
        scan: Its name, for the warning that says what is missing.
        nodes: Its channels by full name.

    Raises:
        PointTrimmedError: If it has expired.
    """
    first = 0
    while True:
        try:
            points = {name: node.points.several(first, -1) for name, node in nodes.items()}
        except PointTrimmedError:
            oldest = max(node.points.first() for node in nodes.values())
            if oldest <= first:
                raise
            first = oldest  # more may be trimmed while it is read
        else:
            break
    if first:
        _log.warning(
            "%s: points 0 to %d were trimmed, as memory was needed; this is what is left",
            scan,
            first - 1,
        )
    return ScanData(points)
