"""`plot()`: the last or the running scan, drawn in the terminal."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TextIO

import numpy as np

from bliss.common.errors import NoPeakError, ScanStateError
from bliss.scanning.scan import Scan, ScanState
from bliss.scanning.session import ScanListener, current_session
from bliss_shell.plots import ASCII, Mark, Style, draw, draw_mesh
from bliss_shell.screen import Picture, height_of, is_live, width_of
from scans import peaks
from scans.choosing import Points, choose, last_scan

_AGAIN = 0.3  #: s between two pictures of a scan that runs
_WIDTH = 80  #: characters, where there is no terminal
_HEIGHT = 24  #: lines, likewise, and at most for so many characters
_BELOW = 4  #: lines of a terminal that are left for what is above and below
_WITH_DATA = (ScanState.STARTING, ScanState.PAUSED, ScanState.STOPPING, ScanState.DONE)

_PEAKS = {"peak": peaks.peak, "centre": peaks.cen}
_DIPS = {"minimum": peaks.trough, "centre": peaks.cen}
_IN_MESH = {"peak": peaks.peak_of_mesh, "mass": peaks.com_of_mesh}


def plot(counter: Any = None, axis: Any = None, scan: Any = None) -> None:
    """Draw a scan in the terminal, with its peak and its centre; a mesh as a heat map.

        plot()
        plot(sim_ct_gauss, scan=SCANS[-2])

    One that runs is drawn again and again until it ends, or until Ctrl-C.

    Args:
        counter: A counter or its name; that of `plotselect` by default.
        axis: An axis or its name; the first that was moved by default, or the time.
        scan: The last one by default.

    Raises:
        ArgumentError: If the scan has no such counter or axis.
        ScanError: If there was no scan.
    """
    chosen = last_scan("plot", scan)
    if chosen.state is ScanState.PREPARING:
        chosen.wait_state(*_WITH_DATA)
    points = choose("plot", counter, axis, chosen)
    style = style_of(sys.stdout)
    if chosen.state is not ScanState.DONE:
        points = _follow(points, axis, style)
    _show(_lines(points, style))


def _follow(points: Points, axis: Any, style: Style) -> Points:
    """Draw a scan until it has ended; its points then."""
    picture, session = Picture(sys.stdout), current_session()
    making_room = _MakingRoom(picture)
    session.listeners = [making_room, *session.listeners]
    try:
        while points.scan.state is not ScanState.DONE:
            if points.scan.state is not ScanState.STOPPING:  # then how it ended is said
                picture.draw(_lines(points, style))
            with suppress(ScanStateError):  # it goes on
                points.scan.wait_state(ScanState.DONE, timeout=_AGAIN)
            points = choose("plot", points.counter, axis, points.scan)
    finally:
        session.listeners = [each for each in session.listeners if each is not making_room]
    picture.clear()
    return points


class _MakingRoom(ScanListener):
    """Takes a picture away before others say something of a scan."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def on_scan_new(self, scan: Scan) -> None:  # noqa: ARG002
        self._picture.clear()

    def on_scan_waiting(self, scan: Scan, sentence: str) -> None:  # noqa: ARG002
        self._picture.clear()

    def on_scan_end(self, scan: Scan) -> None:  # noqa: ARG002
        self._picture.clear()


def _show(lines: list[str]) -> None:
    print(*lines, sep="\n", flush=True)


def style_of(out: TextIO) -> Style:
    """What can be shown there, by the environment."""
    if not is_live(out):
        return ASCII
    terminal = os.environ.get("TERM", "")
    has_256 = "256color" in terminal or "COLORTERM" in os.environ
    colours = 0 if "NO_COLOR" in os.environ else 256 if has_256 else 8
    return Style(_can_show(out) and terminal != "linux", colours)  # whose font has no such dots


def _can_show(out: TextIO) -> bool:
    try:
        "⣿┤▀".encode(out.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _lines(points: Points, style: Style) -> list[str]:
    width = (width_of(sys.stdout) or _WIDTH + 1) - 1
    height = min(_HEIGHT + max(width - _WIDTH, 0) // 15, _rows() - _BELOW)
    if points.is_mesh:
        return _mesh(points, width, height, style)
    return _curve(points, width, height, style)


def _rows() -> int:
    return height_of() if sys.stdout.isatty() else _HEIGHT + _BELOW


def _curve(points: Points, width: int, height: int, style: Style) -> list[str]:
    name, x = next(iter(points.axes.items()))
    marks, below = _found(_PEAKS, x, points.y)
    if not marks:
        marks, _ = _found(_DIPS, x, points.y)
    unit = points.unit(name) or ""
    if marks:
        places = [f"{mark.name} {mark.at[0]:.6g}" for mark in marks]
        below = f"{', '.join(places)} {unit}"
    lines = draw(
        x,
        points.y,
        width,
        height - 1,
        title=_title(points),
        x_label=_labelled(name, points.unit(name)),
        y_label=_labelled(points.label, points.unit(points.counter)),
        marks=marks,
        style=style,
    )
    return [*lines, below[:width]]


def _mesh(points: Points, width: int, height: int, style: Style) -> list[str]:
    names, title = list(points.axes), _title(points)
    x, values = np.stack(list(points.axes.values()), axis=1), points.y
    if len(names) > 2 and len(x):  # the plane that is scanned last
        plane = np.all(x[:, 2:] == x[-1, 2:], axis=1)
        places = [f"{name} {place:.6g}" for name, place in zip(names[2:], x[-1, 2:], strict=True)]
        title = f"at {', '.join(places)}, {title}"
        x, values = x[plane][:, :2], values[plane]
    marks, below = _found(_IN_MESH, x, values)
    if marks:
        places = [f"{m.name} {m.at[0]:.6g}, {m.at[1]:.6g}" for m in marks]
        below = "; ".join(places)
    try:
        grid = peaks.Grid.of(x, values)
    except NoPeakError as reason:
        return [f"{points.what}: {reason}"]
    lines = draw_mesh(
        grid.axes[0],
        grid.axes[1],
        grid.values,
        width,
        height - 1,
        title=title,
        x_label=_labelled(names[0], points.unit(names[0])),
        y_label=_labelled(names[1], points.unit(names[1])),
        v_label=_labelled(points.label, points.unit(points.counter)),
        marks=marks,
        style=style,
    )
    return [*lines, below[:width]]


def _title(points: Points) -> str:
    return f"{points.scan.name}: {points.scan.scan_info['title']}"


def _labelled(name: str, unit: str | None) -> str:
    return f"{name} [{unit}]" if unit else name


def _found(
    functions: Mapping[str, Callable[[Any, Any], Any]], x: Any, y: Any
) -> tuple[list[Mark], str]:
    """The places that can be told; why the first one cannot."""
    marks, reason = [], ""
    for name, function in functions.items():
        try:
            marks.append(Mark(name, tuple(np.ravel(function(x, y)).tolist())))
        except NoPeakError as error:
            reason = reason or f"no {name}: {error}"
    return marks, reason
