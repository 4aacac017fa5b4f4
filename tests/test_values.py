"""Values as bytes: what comes back, what is refused, and that no bytes can do harm."""

import contextlib
import datetime
import math
import pickle

import hypothesis.extra.numpy as hnp
import msgpack
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bliss.common.errors import FormatError
from bliss.common.values import NUMBERS, pack, unpack
from tests.beacon_process import run_python

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
KEYS = st.text() | st.integers(-(2**63), 2**63) | st.booleans() | st.binary() | st.none()
PLAIN = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20
)
DTYPES = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.unsigned_integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64))
    | hnp.complex_number_dtypes(endianness="?", sizes=(64, 128))
)
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, min_side=0))


@given(PLAIN)
def test_plain_data_comes_back(value):
    back = unpack(pack(value))
    assert back == value
    assert repr(back) == repr(value)


@given(ARRAYS)
def test_arrays_come_back_little_endian_with_their_shape(array):
    back = unpack(pack({"a": [array]}))["a"][0]
    assert back.dtype == array.dtype.newbyteorder("<")
    assert back.dtype.str in NUMBERS
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


@given(ARRAYS.filter(lambda a: a.ndim > 1))
def test_arrays_of_any_order_come_back(array):
    np.testing.assert_array_equal(unpack(pack(array.T)), array.T)
    np.testing.assert_array_equal(unpack(pack(array[::-1, ...])), array[::-1, ...])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, 2), [1, 2]),
        (np.float32(0.5), 0.5),
        (np.int16(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        ({np.int64(4): 1}, {4: 1}),
        (bytearray(b"x"), b"x"),
        (float("inf"), math.inf),
    ],
)
def test_what_is_nearly_plain_becomes_plain(value, expected):
    back = unpack(pack(value))
    assert back == expected
    assert type(back) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        1j,
        np.complex128(1j),
        2**64,
        datetime.datetime(2024, 1, 1),
        np.datetime64("2024-01-01"),
        np.longdouble(1),
        np.zeros(2, np.longdouble),
        np.zeros(2, np.clongdouble),
        np.array(["text"]),
        np.array([object()]),
        np.zeros(2, "i4,f8"),
        np.ma.masked_array([1, 2], [True, False]),
        {(1, 2): 3},
        {"deep": [{(1,): 2}]},
        {frozenset(): 1},
        msgpack.Timestamp(1),
        [msgpack.ExtType(1, b"")],
        {msgpack.Timestamp(1): 1},
        "\udc80",
        lambda: None,
    ],
    ids=repr,
)
def test_what_would_not_come_back_is_refused(value):
    with pytest.raises(TypeError):
        pack(value)


def test_a_value_that_contains_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(TypeError, match=r"\[\.\.\.\]"):
        pack(endless)


@pytest.mark.parametrize("depth", [100, 500])
def test_deep_values_come_back(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    assert unpack(pack(value)) == value


def array_of(*parts):
    return msgpack.packb(msgpack.ExtType(1, msgpack.packb(parts)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        pack(1) + b"x",
        pack("text")[:-1],
        b"\xdd\xff\xff\xff\xff",  # a list of 4 billion
        b"\x91" * 100_000,
        b"\x81\x90\x00",  # a list as key
        b"\xa1\xff",  # text that is not UTF-8
        b"\xd4\x02\x00",  # another extension
        array_of("|O", [1], b"12345678"),
        array_of(">f8", [1], b"12345678"),
        array_of("<f16", [1], b"1" * 16),
        array_of("<f8", [2], b"12345678"),
        array_of("<f8", [-1], b"12345678"),
        array_of("<f8", [1.0], b"12345678"),
        array_of("<f8", [True], b"12345678"),
        array_of("<f8", [2**40, 2**40, 2**40], b""),
        array_of("<f8", [0, 2**63], b""),
        array_of("<f8", 1, b"12345678"),
        array_of("<f8", [1], "12345678"),
        array_of("<f8", [1], None),
        array_of(["<f8"], [1], b"12345678"),
        array_of("<f8", [1]),
        array_of("<f8", [1] * 65, b"12345678"),
        pickle.dumps({"x": 1}),
    ],
)
def test_other_bytes_are_refused(data):
    with pytest.raises(FormatError):
        unpack(data)


def refused_or_plain(data):
    with contextlib.suppress(FormatError):
        unpack(data)


@given(st.binary())
@example(b"\xd6\xff\x00\x00\x00\x01")  # msgpack's own time stamp
def test_any_bytes_are_read_or_refused(data):
    refused_or_plain(data)


@given(PLAIN | ARRAYS, st.data())
def test_bytes_that_were_changed_on_the_way_are_read_or_refused(value, data):
    packed = bytearray(pack(value))
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, len(packed) - 1))
        packed[index] = data.draw(st.integers(0, 255))
    refused_or_plain(bytes(packed))
    refused_or_plain(bytes(packed[: data.draw(st.integers(0, len(packed)))]))


@given(
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 10), max_size=5),
    st.sampled_from(sorted(NUMBERS)) | st.text(max_size=3),
    st.binary(),
)
def test_any_array_is_read_or_refused(shape, dtype, raw):
    refused_or_plain(array_of(dtype, shape, raw))


def test_a_time_stamp_is_seconds():
    assert unpack(msgpack.packb(msgpack.Timestamp(5, 500_000_000))) == 5.5


BOUNDED = """
import resource
from bliss.common.errors import FormatError
from bliss.common.values import unpack

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for claim in ("dd00010000", "df00010000", "ddffffffff"):  # lists, maps and what they claim
    try:
        unpack(bytes.fromhex(claim) * 1000 + bytes(100_000))
    except FormatError:
        pass
    else:
        raise AssertionError(claim)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_short_bytes_cannot_take_much_memory():
    result = run_python("-c", BOUNDED)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 200_000  # kilobytes
