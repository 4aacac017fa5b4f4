"""Pictures of curves and meshes: pure, no terminal."""

import doctest
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bliss_shell.plots import ASCII, Mark, Style, _frame, _scale, draw, draw_mesh

X = np.linspace(-5, 5, 51)
PEAK = 100 * np.exp(-((X - 1) ** 2) / 2)
COLOURS = Style(colours=256)


def plain(lines):
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]


def inside(lines):
    """What is within the axes."""
    rows = [re.split("[│┤|+]", line, maxsplit=1)[1] for line in lines[2:-3]]
    width = max(map(len, rows))
    return [row.ljust(width) for row in rows]


def test_a_curve_with_its_axes_in_ascii():
    lines = draw(
        [0, 1, 2, 3, 4],
        [0, 1, 2, 1, 0],
        32,
        12,
        title="1_ascan",
        x_label="robz [mm]",
        y_label="ct [cts]",
        marks=[Mark("peak", (2.0,))],
        style=ASCII,
    )
    assert lines == [
        "ct [cts]   1_ascan",
        "                peak",
        "2 +             .:.",
        "  |          ..:'!':..",
        "  |        .:'   !   ':.",
        "  |      .:'     !     ':.",
        "  |    .:'       !       ':.",
        "  | .:''         !         '':.",
        "0 +:'            !            ':",
        "  ++-----------------+----------",
        "   0.0              2.5",
        "             robz [mm]",
    ]


@pytest.mark.parametrize("width", [20, 80, 200])
@pytest.mark.parametrize("style", [Style(), ASCII, COLOURS])
def test_no_line_is_wider_or_more_than_asked_for(width, style):
    marks = [Mark("peak", (1.0,)), Mark("centre", (1.1,))]
    lines = draw(X, PEAK, width, 20, title="t" * 300, x_label="x", marks=marks, style=style)
    assert len(lines) == 20
    assert max(map(len, plain(lines))) <= width
    if style is ASCII:
        assert all(line.isascii() for line in lines)


def test_the_highest_point_is_where_it_belongs():
    rows = inside(draw(X, PEAK, 80, 24))
    top = next(row for row in rows if row.strip())
    assert abs(top.index(top.strip()) / len(top) - 0.6) < 0.05


def test_a_single_high_point_among_a_million_is_seen():
    y = np.zeros(1_000_000)
    y[333_333] = 1
    rows = inside(draw(np.arange(len(y)), y, 80, 24, style=ASCII))
    columns = {row.find(":") for row in rows[1:-3]}
    assert max(columns) - min(columns) <= 1
    assert max(columns) == pytest.approx(len(rows[0]) / 3, abs=2)


def test_a_steep_flank_has_no_gap():
    rows = inside(draw([0, 1, 1, 2], [0, 0, 1, 1], 60, 20, style=ASCII))
    assert all(row.strip() for row in rows[1:-1])


def test_names_that_are_near_become_one():
    marks = [Mark("peak", (1.0,)), Mark("centre", (1.05,))]
    assert draw(X, PEAK, 80, 20, marks=marks)[1].strip() == "peak, centre"
    apart = [Mark("peak", (1.0,)), Mark("centre", (-4.0,))]
    assert draw(X, PEAK, 80, 20, marks=apart)[1].split() == ["centre", "peak"]
    assert draw(X, PEAK, 80, 20, marks=[Mark("peak", (9.0,))])[1] == ""


def test_colours_are_of_marks_only_and_end():
    lines = draw(X, PEAK, 80, 20, marks=[Mark("peak", (1.0,))], style=COLOURS)
    coloured = [line for line in lines if "\x1b" in line]
    assert coloured
    assert all(line.count("\x1b[35m") == line.count("\x1b[0m") for line in coloured)


@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([np.nan], [1]), ([1, 2], [np.nan, np.inf])], ids=["none", "x", "y"]
)
def test_no_point_yet(x, y):
    assert draw(x, y, 80, 20)[-1] == "no point yet"


@settings(max_examples=100, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), max_size=30),
    width=st.integers(20, 220),
    height=st.integers(9, 60),
    style=st.sampled_from([Style(), ASCII, COLOURS]),
)
def test_whatever_comes_in_lines_come_out(points, width, height, style):
    x, y = np.array(points).reshape(-1, 2).T
    lines = draw(x, y, width, height, style=style)
    assert max(map(len, plain(lines))) <= width
    assert len(lines) in (3, height)


def mesh():
    x, y = np.linspace(-4, 0, 21), np.linspace(-1, 3, 16)
    z = np.exp(-((x[:, None] + 2) ** 2 + (y[None, :] - 2) ** 2) / 2 / 0.8**2)
    return x, y, z


@pytest.mark.parametrize("style", [Style(), ASCII, COLOURS])
def test_a_mesh_has_its_brightest_cell_where_it_belongs(style):
    lines = draw_mesh(*mesh(), 80, 24, marks=[Mark("peak", (-2.0, 2.0))], style=style)
    assert len(lines) == 24
    assert max(map(len, plain(lines))) <= 80
    rows = inside(plain(lines[:-1]))
    (row,) = [i for i, text in enumerate(rows) if "P" in text]
    assert row / len(rows) == pytest.approx(0.25, abs=0.1)
    assert rows[row].index("P") / len(rows[row]) == pytest.approx(0.5, abs=0.05)
    if style is ASCII:
        assert rows[row][rows[row].index("P") + 1] == "@"
        assert all(line.isascii() for line in lines)
    assert lines[-1].startswith("3.7") or "e-" in lines[-1]


def test_what_is_not_there_yet_is_blank():
    x, y, z = mesh()
    z[:, 8:] = np.nan
    rows = inside(draw_mesh(x, y, z, 80, 24, style=ASCII)[:-1])
    assert not rows[0].strip()
    assert rows[-1].strip()
    coloured = inside(plain(draw_mesh(x, y, z, 80, 24, style=COLOURS)[:-1]))
    assert not coloured[0].strip()
    assert "no point yet" in draw_mesh(x, y, z * np.nan, 80, 24)


def test_a_large_mesh_is_averaged():
    z = np.zeros((400, 300))
    z[:200] = 1
    rows = inside(draw_mesh(np.arange(400), np.arange(300), z, 80, 24, style=ASCII)[:-1])
    assert set(rows[5][:30]) == {"@"}
    assert set(rows[5][-30:]) == {"."}


def test_the_examples():
    for module in (_frame, _scale):
        found = doctest.testmod(module)
        assert found.attempted
        assert not found.failed


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, ["0", "5", "10"]),
        (0.0012, 0.0019, ["0.0012", "0.0014", "0.0016", "0.0018"]),
        (1e9, 1e9 + 10, ["1000000000", "1000000005", "1000000010"]),
        (-3e-9, 3e-9, ["-2e-09", "0", "2e-09"]),
    ],
)
def test_ticks_have_the_digits_that_tell_them_apart(low, high, expected):
    assert _scale.labels(_scale.Scale(low, high).ticks(4)) == expected
