"""How far a scan is, in words."""

import pytest

from bliss_shell.progress import left, progress
from bliss_shell.toolbar import status_line


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ((0, 501, 0.0, 10.0), "0 of 501 points, 0 %, 10.0 s left"),
        ((250, 500, 6.0, 11.0), "250 of 500 points, 50 %, 5.5 s left"),
        ((500, 500, 30.0, 10.0), "500 of 500 points, 100 %, 0 s left"),
        ((0, 5, 30.0, 10.0), "0 of 5 points, 0 %"),
        ((2, 5, 30.0, 40.0, ["paused: no beam"]), "2 of 5 points, 40 %, paused: no beam"),
        ((12, 0, 75.0, 0.0), "12 points, 1 min 15 s so far"),
    ],
)
def test_a_line(given, line):
    assert progress(*given) == line


def test_what_it_waits_for_is_named():
    line = progress(1, 0, 1.0, 0, ["paused: beam: 3 mA", "waiting for writer, 2 s"])
    assert line == "1 points, 1.0 s so far, paused: beam: 3 mA, waiting for writer, 2 s"


def test_what_is_left_never_is_less_than_nothing():
    for points in range(11):
        assert left(points, 10, 5.0, 1.0) >= 0


def test_the_line_below_fits():
    line = status_line("demo_session", ["3_loopscan about 12.0 s left", "robx, roby move"], 30)
    assert sum(len(text) for _, text, *_ in line) == 30
