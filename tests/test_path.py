"""The order of the points of a scan."""

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from bliss.scanning._path import Path

AXES = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def indices(lengths):
    return tuple([float(i) for i in range(length)] for length in lengths)


@given(AXES, st.booleans())
def test_a_mesh_comes_to_every_combination_once(lengths, backnforth):
    path = Path(indices(lengths), is_mesh=True, backnforth=backnforth)
    points = list(path)
    assert len(points) == len(set(points)) == path.npoints == math.prod(lengths)
    rows = [point[1:] for point in points]
    assert rows == [row for row in rows[:: lengths[0]] for _ in range(lengths[0])]


@given(AXES)
def test_back_and_forth_is_one_step_of_one_axis_at_a_time(lengths):
    points = list(Path(indices(lengths), is_mesh=True, backnforth=True))
    for before, after in itertools.pairwise(points):
        assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) == 1


@given(AXES)
def test_without_it_every_row_begins_at_the_start(lengths):
    points = list(Path(indices(lengths), is_mesh=True))
    assert all(point[0] == 0 for point in points[:: lengths[0]])


def test_from_somewhere_else_it_is_the_same_way():
    path = Path(([0.0, 1.0], [2.0, 3.0]), is_mesh=True).shifted([10, 20])
    assert list(path) == [(10, 22), (11, 22), (10, 23), (11, 23)]
