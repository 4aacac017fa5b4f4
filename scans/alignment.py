"""After a scan: where its peak is, and going there.

All commands look at the last scan, finished, aborted or running, at the counter that `plotselect`
chose, or else the only or the first one, and at all the axes that were moved, or else the time.
With one axis the answer is a number, with several `{"robx": 1.0, "roby": 2.0}`.
`scans.peaks` says how each place is found, and what is refused.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bliss.common.errors import ArgumentError, NoPeakError, ScanError, ScanStateError
from bliss.scanning.scan import ScanState
from bliss.scanning.session import current_session
from scans import _arguments as check
from scans import _goto, _plot_choice, peaks
from scans.choosing import Points, choose, counters_of, last_scan
from scans.peaks import fit_erf, fit_gauss, fit_lorentz

__all__ = [
    "cen",
    "com",
    "find_position",
    "fit_erf",
    "fit_gauss",
    "fit_lorentz",
    "fwhm",
    "goto_cen",
    "goto_com",
    "goto_custom",
    "goto_min",
    "goto_peak",
    "peak",
    "plotselect",
    "trough",
    "where",
]

_DOUBT = 0.005  #: of the width; twice a standard error of so much is the 1 % that is promised

Where = float | dict[str, float]
"""A position, or one for each axis by its name."""

_OF_MESHES: dict[Any, Callable[[Any, Any], Any]] = {
    peaks.com: peaks.com_of_mesh,
    peaks.peak: peaks.peak_of_mesh,
    peaks.trough: peaks.trough_of_mesh,
}


def cen(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> Where:
    """Where the centre of the half-height crossings is; of an edge, its half-height point.

        cen()
        cen(sim_ct_gauss, robz, SCANS[-2])
        cen(within=.01)

    Args:
        counter: A counter or its name.
        axis: An axis or its name.
        scan: The last one by default.
        within: Refuse what is not sure to this part of the width, by two standard errors; 0.1 by
            default, and what is not sure to 0.01 is said.

    Raises:
        NoPeakError: If there is no peak, dip or edge whose centre can be told; it says why.
        ArgumentError: If the scan has no such counter or axis, or it is a mesh with a `within`.
        ScanError: If there was no scan, or it is a mesh.
    """
    return _answer("cen", peaks.cen, counter, axis, scan, within)


def com(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> Where:
    """Where the centre of mass of the peak or dip is, above its background; else as `cen`.

    com()
    """
    return _answer("com", peaks.com, counter, axis, scan, within)


def peak(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> Where:
    """Where the maximum is; otherwise as `cen`.

    peak()
    """
    return _answer("peak", peaks.peak, counter, axis, scan, within)


def trough(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> Where:
    """Where the minimum is; otherwise as `cen`.

    trough()
    """
    return _answer("trough", peaks.trough, counter, axis, scan, within)


def fwhm(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> Where:
    """How wide the peak or dip is at half its height; otherwise as `cen`.

    fwhm()
    """
    return _answer("fwhm", peaks.fwhm, counter, axis, scan, within)


def find_position(
    function: Callable[[Any, Any], Any], counter: Any = None, axis: Any = None, scan: Any = None
) -> Where:
    """Where a function of your own says.

        find_position(lambda x, y: x[y.argmax()])
        find_position(fit_gauss)

    Args:
        function: Gets positions and values, arrays of shape (n,), and gives a position.  Of a mesh
            it gets positions of shape (n, number of axes), and gives one for each axis.
        counter: A counter or its name; this and the others as of `cen`.
        axis: An axis or its name.
        scan: The last one by default.

    Raises:
        ArgumentError: If the function gives no position.
    """
    return _answer("find_position", function, counter, axis, scan)


def goto_cen(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> None:
    """Move the axis of the scan to `cen()`; Ctrl-C returns it to where it was.

    goto_cen()

    Args as those of `cen`.

    Raises:
        LimitError: If it is outside the limits; nothing has moved.
        ScanStateError: If the scan still runs.
    """
    _go("goto_cen", "centre", peaks.cen, counter, axis, scan, within)


def goto_com(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> None:
    """Move the axis of the scan to `com()`; otherwise as `goto_cen`.

    goto_com()
    """
    _go("goto_com", "centre of mass", peaks.com, counter, axis, scan, within)


def goto_peak(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> None:
    """Move the axis of the scan to `peak()`; otherwise as `goto_cen`.

    goto_peak()
    """
    _go("goto_peak", "maximum", peaks.peak, counter, axis, scan, within)


def goto_min(
    counter: Any = None, axis: Any = None, scan: Any = None, *, within: float | None = None
) -> None:
    """Move the axis of the scan to `trough()`; otherwise as `goto_cen`.

    goto_min()
    """
    _go("goto_min", "minimum", peaks.trough, counter, axis, scan, within)


def goto_custom(
    function: Callable[[Any, Any], Any], counter: Any = None, axis: Any = None, scan: Any = None
) -> None:
    """Move the axis of the scan to where a function says; see `find_position` and `goto_cen`.

    goto_custom(lambda x, y: x[y.argmax()])
    """
    what = f"position by {getattr(function, '__name__', 'function')}"
    _go("goto_custom", what, function, counter, axis, scan)


def where(counter: Any = None, axis: Any = None, scan: Any = None) -> None:
    """Show where the axes of a scan are now, and how far from its peak.

    where()

    Args as those of `cen`.
    """
    points = choose("where", counter, axis, scan)
    moved = points.moved("where")
    print(points.what)
    found, reason = _all_places(points)
    for name, device in moved.items():
        unit = f" {device.unit}" if device.unit else ""
        now = device.position
        print(f"  {name} is at {now:.4f}{unit}")
        for what, places in found.items():
            off = now - places[name]
            side = "above" if off > 0 else "below"
            print(f"    {abs(off):.4f}{unit} {side} its {what}, {places[name]:.4f}{unit}")
    if not found:
        print(f"  no peak: {reason}")


def _all_places(points: Points) -> tuple[dict[str, dict[str, float]], str]:
    """What can be told, by its name; if nothing, why."""
    found, reason = {}, ""
    for what, function in (
        ("centre", peaks.cen),
        ("centre of mass", peaks.com),
        ("maximum", peaks.peak),
        ("minimum", peaks.trough),
    ):
        if points.is_mesh and function not in _OF_MESHES:
            continue
        try:
            found[what] = _places("where", function, points)
        except NoPeakError as error:
            reason = reason or str(error)
    return found, reason


def plotselect(*counters: Any) -> None:
    """Choose the counters that alignment and plots look at, the first that a scan has.

        plotselect(diode1)
        plotselect("diode1", "sim_ct_gauss")
        plotselect()

    It is kept when the session ends.  The table of a scan shows all of them all the same.

    Args:
        counters: Counters, or names of counters of the last scan; without any, what is chosen is
            shown; `None` forgets it.

    Raises:
        ArgumentError: If one is not a counter.
    """
    session = current_session()
    if counters:
        chosen = [] if counters == (None,) else [_channel_of(counter) for counter in counters]
        _plot_choice.write(session, chosen)
    names = [name.rpartition(":")[2] for name in _plot_choice.read(session)]
    print(f"plots and alignment look at {', '.join(names) or 'the first counter of a scan'}")


def _channel_of(counter: Any) -> str:
    """The full channel name of a counter."""
    controller, name = getattr(counter, "controller", None), getattr(counter, "name", None)
    if isinstance(counter, str):
        scan = last_scan("plotselect")
        known = counters_of(scan)
        for full in known:
            if counter in (full, full.rpartition(":")[2]):
                return full
        shown = ", ".join(full.rpartition(":")[2] for full in known)
        raise ArgumentError(
            f"plotselect: {counter} is not a counter of {scan.name}, which has {shown}"
        )
    if name is None or not hasattr(controller, "name"):
        raise ArgumentError(f"plotselect: {counter!r:.60} is not a counter; see lscnt()")
    return f"{controller.name}:{name}"  # type: ignore[union-attr]


def _answer(
    command: str, function: Any, counter: Any, axis: Any, scan: Any, within: Any = None
) -> Where:
    found = _places(command, function, choose(command, counter, axis, scan), within)
    return found if len(found) > 1 else next(iter(found.values()))


def _places(command: str, function: Any, points: Points, within: Any = None) -> dict[str, float]:
    """What a function says of each axis.

    Raises:
        NoPeakError: What it says, with what was looked at.
    """
    options = {} if within is None else {"within": check.number(command, "within", within, least=0)}
    try:
        if points.is_mesh:
            return _places_in_mesh(command, function, points, **options)
        found = {name: function(x, points.y, **options) for name, x in points.axes.items()}
    except NoPeakError as reason:
        raise NoPeakError(f"{command} of {points.what}: {reason}") from None
    if command != "where":
        _tell_doubts(command, found)
    return {name: _number(command, value) for name, value in found.items()}


def _tell_doubts(command: str, found: dict[str, Any]) -> None:
    """Say of places how uncertain they are, unless that hardly matters."""
    for name, place in found.items():
        if isinstance(place, peaks.Place) and place.share > _DOUBT:
            what = f"{command} over {name}" if len(found) > 1 else command
            share = f"{100 * place.share:.1f} % of the width"
            print(f"{what}: ± {place.error:.2g}, {share} (standard error)")


def _places_in_mesh(
    command: str, function: Any, points: Points, within: float | None = None
) -> dict[str, float]:
    if within is not None:
        raise ArgumentError(
            f"{command}: within is {within:g}, and how sure a place in a mesh is is not known; "
            "leave it out, or scan one axis"
        )
    if function in (peaks.cen, peaks.fwhm):
        raise ScanError(
            f"{command}: {points.scan.name} is a mesh over {' and '.join(points.axes)}, which has "
            "no half-height crossings; use peak() or com(), or scan one axis"
        )
    x = np.stack(list(points.axes.values()), axis=1)
    found = np.ravel(_OF_MESHES.get(function, function)(x, points.y))
    if len(found) != len(points.axes):
        raise ArgumentError(
            f"{command}: the function gave {len(found)} positions: expected {len(points.axes)}, "
            f"one for each of {' and '.join(points.axes)}"
        )
    return {n: _number(command, value) for n, value in zip(points.axes, found, strict=True)}


def _number(command: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentError(f"{command}: the function gave {value!r:.60}: expected a position")
    return number


def _go(
    command: str,
    what: str,
    function: Any,
    counter: Any,
    axis: Any,
    scan: Any,
    within: Any = None,
) -> None:
    points = choose(command, counter, axis, scan)
    moved = points.moved(command)
    if points.scan.state is not ScanState.DONE:
        raise ScanStateError(
            f"{command}: {points.scan.name} still runs; wait for its end, or end it with stop()"
        )
    places = _places(command, function, points, within)
    targets = {moved[name]: place for name, place in places.items()}
    _goto.check(command, targets)
    origins = {device: device.position for device in targets}
    for device, target in targets.items():
        unit = f" {device.unit}" if device.unit else ""
        print(
            f"moving {device.name} from {origins[device]:.4f} to {target:.4f}{unit}, "
            f"the {what} of {points.what}"
        )
    _goto.go(targets, origins)
