"""The points of a channel, by index, however they came."""

import itertools

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bliss.common.errors import (
    FormatError,
    PointError,
    PointNeverError,
    PointNotYetError,
    PointTrimmedError,
)
from bliss.common.values import pack
from bliss.data import _points, keys
from bliss.data.append import Appender
from bliss.data.encoding import PointType
from bliss.data.node import make
from tests.data_tree import FLOAT, ScanWriter, data_server

ON_SERVER = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def beacon(open_beacon):
    """One whose data may be spoiled."""
    return open_beacon


@pytest.fixture(scope="module")
def shared():
    with data_server() as client:
        yield client


@pytest.fixture
def new_scan(shared):
    appender = Appender(shared)

    def new(**channels):
        name = f"{next(numbers)}_scan"
        return ScanWriter(shared, name, channels or {"x": FLOAT}, appender=appender)

    yield new
    appender.close()
    shared.connection_pool.disconnect()


def node_of(client, writer, channel="x"):
    return make(client, writer.channel(channel), "channel")


POINTS = {
    FLOAT: st.floats(allow_nan=False),
    PointType("<i2", ()): st.integers(-(2**15), 2**15 - 1),
    PointType("<u8", ()): st.integers(0, 2**64 - 1),
    PointType("|b1", ()): st.booleans(),
    PointType("str", ()): st.text(max_size=5),
    PointType("<f4", (3,)): hnp.arrays("<f4", 3),
    PointType("<u2", (2, 3)): hnp.arrays("<u2", (2, 3)),
    PointType("<f8", (-1,)): hnp.arrays("<f8", st.integers(0, 4)),
}

BLOCKS = st.sampled_from(list(POINTS)).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.lists(st.lists(POINTS[kind], min_size=1, max_size=4), min_size=1, max_size=6),
    )
)


def same(one, other):
    if isinstance(other, list):
        assert isinstance(one, list)
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    else:
        np.testing.assert_array_equal(one, other)


def reference(kind, points):
    if kind.is_list:
        return list(points)
    return np.array(points, kind.dtype).reshape(-1, *kind.shape)


@ON_SERVER
@given(BLOCKS, st.data())
def test_any_index_is_that_of_an_array(shared, new_scan, blocks, data):
    kind, blocks = blocks
    scan = new_scan(x=kind)
    for block in blocks:
        scan.send(x=block)
    expected = reference(kind, [point for block in blocks for point in block])
    size = len(expected)
    node = node_of(shared, scan)
    assert len(node) == size
    assert (node.dtype, node.shape, node.unit) == (kind.dtype, kind.shape, "mm")
    indices = st.integers(-size, size - 1)
    for index in data.draw(st.lists(indices, max_size=5)):
        np.testing.assert_array_equal(node.get(index), expected[index])
        np.testing.assert_array_equal(node[index], expected[index])
        np.testing.assert_array_equal(node.get_as_array(index), expected[index])
    for first, last in data.draw(st.lists(st.tuples(indices, indices), max_size=5)):
        same(node.get(first, last), expected[first % size : last % size + 1])
        assert len(node.get_as_array(first, last)) == len(expected[first % size : last % size + 1])
    for part in data.draw(st.lists(st.slices(size), max_size=5)):
        same(node[part], expected[part])
    for outside in (size, -size - 1):
        for ask in (node.get, node.__getitem__):
            with pytest.raises(PointNotYetError, match=f"point {outside} has not come yet: {size}"):
                ask(outside)


@ON_SERVER
@given(BLOCKS, st.integers(1, 200))
def test_large_answers_come_in_several_parts(shared, new_scan, blocks, size):
    kind, blocks = blocks
    scan = new_scan(x=kind)
    for block in blocks:
        scan.send(x=block)
    expected = reference(kind, [point for block in blocks for point in block])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_points, "_REPLY", size)
        patch.setattr(_points, "_ENTRY", 1)
        patch.setattr(_points, "_GUESS", 20)
        same(node_of(shared, scan).get(0, -1), expected)


@ON_SERVER
@given(st.lists(st.integers(1, 4), min_size=2, max_size=6), st.data())
def test_points_that_were_trimmed_have_a_name(shared, new_scan, lengths, data):
    scan = new_scan()
    for end, length in zip(itertools.accumulate(lengths), lengths, strict=True):
        scan.send(x=np.arange(end - length, end))
    left = data.draw(st.integers(0, len(lengths)))
    scan.trim("x", left)
    size, gone = sum(lengths), sum(lengths[: len(lengths) - left])
    node = node_of(shared, scan)
    assert len(node) == size
    for index in range(size):
        if index >= gone:
            assert node[index] == index == node[index - size]
            same(node.get(index, -1), np.arange(index, size))
            continue
        for ask in (index, index - size, slice(index, size)):
            with pytest.raises(PointTrimmedError, match=f"the {gone} oldest points were trimmed"):
                node[ask]
    with pytest.raises(PointNotYetError):
        node[size]
    scan.end()
    with pytest.raises(PointNeverError, match=f"ended with {size} points"):
        node[size]


def test_a_channel_without_points(shared, new_scan):
    scan = new_scan(x=FLOAT, image=PointType("<u2", (2, 3)), name=PointType("str", ()))
    node = node_of(shared, scan)
    assert len(node) == 0
    assert node
    assert node.get(0, -1).shape == (0,)
    assert node[:].dtype == np.dtype("<f8")
    assert node_of(shared, scan, "image")[:].shape == (0, 2, 3)
    assert node_of(shared, scan, "name")[:] == []
    for index in (0, -1, 5, -5):
        with pytest.raises(PointNotYetError, match="0 points have"):
            node.get(index)
    with pytest.raises(PointNotYetError):
        node.get(0, 3)
    scan.end()
    for index in (0, -1, 5, -5):
        with pytest.raises(PointNeverError):
            node.get(index)


def test_points_of_a_scan_that_has_expired_are_gone(shared, new_scan):
    scan = new_scan().send(x=[1.0])
    node = node_of(shared, scan)
    assert node[0] == 1
    scan.delete()
    for index in (0, -1, 7):
        with pytest.raises(PointTrimmedError, match="has expired"):
            node[index]
    with pytest.raises(FormatError, match="its type is not there"):
        _ = node_of(shared, scan).dtype


def test_a_point_error_is_an_index_error(shared, new_scan):
    scan = new_scan().send(x=[1.0, 2.0])
    assert list(node_of(shared, scan)) == [1, 2]
    assert issubclass(PointError, IndexError)


def test_a_numpy_integer_is_an_index_and_text_is_not(shared, new_scan):
    node = node_of(shared, new_scan().send(x=[1.0, 2.0]))
    assert node[np.int64(1)] == 2
    with pytest.raises(TypeError):
        node["x"]


def test_what_get_returns_belongs_to_the_caller(shared, new_scan):
    scan = new_scan(image=PointType("<u2", (2, 3)), spectrum=PointType("<f8", (-1,)))
    scan.send(image=np.ones((2, 2, 3)), spectrum=[np.ones(3)])
    image = node_of(shared, scan, "image")
    spectrum = node_of(shared, scan, "spectrum")
    for mine in (image.get(0), image.get(0, 0), image.get(0, 1), image[:], spectrum.get(0, 0)[0]):
        mine[:] = 7
    assert np.all(image.get(0, -1) == 1)


def test_spectra_of_varying_length_as_an_array(shared, new_scan):
    scan = new_scan(x=PointType("<f8", (-1,))).send(x=[np.arange(2), np.arange(2), np.arange(3)])
    node = node_of(shared, scan)
    same(node.get_as_array(2), np.arange(3))
    array = node.get_as_array(0, -1)
    assert array.shape == (3,)
    assert array.dtype == object
    assert node.get_as_array(0, 1).shape == (2,)


def test_an_image_stack_larger_than_an_answer_may_be(shared, new_scan):
    scan = new_scan(image=PointType("<u2", (1024, 1024)))
    images = np.arange(12, dtype="<u2")[:, None, None] * np.ones((1024, 1024), "<u2")
    for start in range(0, 12, 3):
        scan.send(image=images[start : start + 3])
    node = node_of(shared, scan, "image")
    same(node.get(1, -1)[:, 5, 7], np.arange(1, 12))
    assert node[-1][0, 0] == 11


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        ({"dtype": pack("<f8")}, "type is not there"),
        ({"dtype": pack("|O"), "shape": pack([])}, "x: dtype '|O': expected"),
        ({"dtype": b"\xc1", "shape": pack([])}, "not msgpack"),
        ({"dtype": pack(8), "shape": pack([])}, "expected text and a list"),
        ({"dtype": pack("<f8"), "shape": pack(["x"])}, "expected lengths"),
    ],
)
def test_a_channel_whose_type_is_not_of_the_format(shared, new_scan, info, problem):
    scan = new_scan().send(x=[1.0])
    key = keys.info(scan.channel("x"))
    shared.delete(key)
    shared.hset(key, mapping=info)
    with pytest.raises(FormatError) as error:
        node_of(shared, scan).get(0)
    assert problem in str(error.value)


def test_a_channel_of_another_version_is_refused(shared, new_scan):
    scan = new_scan().send(x=[1.0])
    shared.hset(scan.channel("x"), "version", 2)
    with pytest.raises(FormatError, match="of version b'2' of the format: expected 1"):
        node_of(shared, scan).get(0)
