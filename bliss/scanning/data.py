"""The points of a scan, by channel."""

from collections.abc import Mapping
from typing import Any


class ScanData(dict[str, Any]):
    """Full channel name to its points, shape (n, *shape); a list where points differ in length.

    A short name works where it is unambiguous:

    >>> data = ScanData({"axis:robz": np.array([1.0, 2.0])})
    >>> data["robz"]
    array([1., 2.])
    """

    def __missing__(self, name: str) -> Any:
        return self[full_name(name, self)]


def full_name(name: str, known: Mapping[str, Any]) -> str:
    """The one of the full names in `known` that `name` is, or is short for.

    Raises:
        KeyError: If there is none, or more than one.
    """
    if name in known:
        return name
    matches = [full for full in known if full.rpartition(":")[2] == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise KeyError(f"{name!r} is short for {' and '.join(matches)}; use one of them")
    raise KeyError(f"no channel {name!r}; there are {', '.join(known)}")
