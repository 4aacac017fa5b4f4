"""Points as bytes and back."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bliss.common.errors import ConfigError, FormatError
from bliss.common.values import NUMBERS, pack
from bliss.data import keys
from bliss.data.encoding import (
    PointType,
    block_id,
    bounds,
    count_at,
    decode_block,
    decode_blocks,
    encode_block,
    join,
)

DTYPES = st.sampled_from(sorted(NUMBERS))
SHAPES = st.just(()) | hnp.array_shapes(max_dims=3, max_side=4)


def as_stored(fields):
    """As they come back from the server."""
    return {name.encode(): bytes(value) for name, value in fields.items()}


def sent(points, kind):
    return decode_block(as_stored(encode_block(points, kind)), kind)


@st.composite
def blocks(draw):
    kind = PointType(draw(DTYPES), draw(SHAPES))
    count = draw(st.integers(1, 5))
    return kind, draw(hnp.arrays(kind.dtype, (count, *kind.shape)))


@given(blocks())
def test_numbers_come_back(block):
    kind, points = block
    back = sent(points, kind)
    assert back.dtype == points.dtype
    assert not back.flags.writeable
    np.testing.assert_array_equal(back, points)


@given(blocks(), st.data())
def test_several_blocks_come_back_as_one(block, data):
    kind, points = block
    wanted = [data.draw(st.integers(1, len(points))) for _ in range(3)]
    stored = as_stored(encode_block(points, kind))
    back = decode_blocks([(stored, each) for each in wanted], kind)
    assert back.dtype == points.dtype
    assert not back.flags.writeable
    np.testing.assert_array_equal(back, np.concatenate([points[-each:] for each in wanted]))


def test_several_blocks_of_text_come_back_as_one_list():
    kind = PointType("str", ())
    stored = as_stored(encode_block(["a", "b", "c"], kind))
    assert decode_blocks([(stored, 2), (stored, 3)], kind) == ["b", "c", "a", "b", "c"]


def test_one_block_of_several_that_is_no_block_is_refused():
    kind = PointType("<f8", ())
    good = as_stored(encode_block([1.0], kind))
    with pytest.raises(FormatError, match="a block of 3 bytes: expected 8"):
        decode_blocks([(good, 1), ({b"n": b"1", b"d": b"abc"}, 1)], kind)


@given(blocks())
def test_numbers_of_another_order_in_memory_come_back(block):
    kind, points = block
    swapped = np.asfortranarray(points).astype(points.dtype.newbyteorder(">"))
    np.testing.assert_array_equal(sent(swapped, kind), points)
    np.testing.assert_array_equal(sent(list(points), kind), points)


def test_the_bytes_of_a_large_array_are_not_copied():
    image = np.arange(2 * 100 * 100, dtype="<u2").reshape(2, 100, 100)
    view = encode_block(image, PointType("<u2", (100, 100)))["d"]
    assert isinstance(view, memoryview)
    assert len(view) == image.nbytes
    image[0, 0, 0] = 7
    assert view[0] == 7


@given(st.lists(hnp.arrays("<f4", st.integers(0, 5)), min_size=1, max_size=5))
def test_spectra_of_varying_length_come_back(spectra):
    back = sent(spectra, PointType("<f4", (-1,)))
    assert len(back) == len(spectra)
    for one, other in zip(back, spectra, strict=True):
        np.testing.assert_array_equal(one, other)


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_text_comes_back(texts):
    assert sent(texts, PointType("str", ())) == texts


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        ("f8", ()),
        (">f8", ()),
        ("float64", ()),
        ("<f16", ()),
        ("O", ()),
        ("|S4", ()),
        ("", ()),
        ("<f8", (0,)),
        ("<f8", (-1, 2)),
        ("<f8", (-2,)),
        ("<f8", (1,) * 32),
        ("<f8", (2.0,)),
        ("<f8", (True,)),
        ("<f8", ("x",)),
        ("str", (1,)),
        ("str", (-1,)),
    ],
)
def test_types_that_the_format_does_not_have_are_refused(dtype, shape):
    with pytest.raises(FormatError, match=r"expected|has none"):
        PointType(dtype, shape)


@pytest.mark.parametrize(
    ("points", "kind"),
    [
        (np.zeros((2, 3)), PointType("<f8", ())),
        (np.zeros(2), PointType("<f8", (2,))),
        ([np.zeros((2, 2))], PointType("<f8", (-1,))),
    ],
)
def test_points_of_another_shape_are_not_sent(points, kind):
    with pytest.raises(FormatError, match="expected"):
        encode_block(points, kind)


KINDS = st.one_of(
    st.builds(PointType, DTYPES, SHAPES),
    st.builds(PointType, DTYPES, st.just((-1,))),
    st.just(PointType("str", ())),
)
LARGE = st.just(PointType("<f8", (2**40, 2**40, 2**40)))
COUNTS = (
    st.binary(max_size=6) | st.integers(-1, 2**80).map(lambda n: b"%d" % n) | st.just(b"1" * 5000)
)


@given(
    st.dictionaries(st.sampled_from([b"n", b"d", b"l", b"x"]), st.binary(max_size=40)),
    COUNTS,
    KINDS | LARGE,
)
def test_any_entry_is_read_or_refused(fields, count, kind):
    for entry in (fields, {**fields, b"n": count}, {b"d": b"", b"n": count, b"l": b""}):
        try:
            points = decode_block(entry, kind)
        except FormatError:
            continue
        assert len(points) == int(entry[b"n"])


@pytest.mark.parametrize("fields", [{}, {b"n": b"1"}, {b"n": b"2", b"d": pack(["one"])}])
def test_text_that_is_not_there_is_refused(fields):
    with pytest.raises(FormatError):
        decode_block(fields, PointType("str", ()))


def test_text_that_is_none_is_refused():
    with pytest.raises(FormatError, match="nothing else"):
        decode_block({b"n": b"1", b"d": pack([1])}, PointType("str", ()))


@given(st.integers(0, 10**17))
def test_an_id_is_the_index_of_its_last_point(last):
    assert count_at(block_id(last)) == last + 1


def test_an_entry_says_which_points_it_holds():
    assert bounds(b"5-0", {b"n": b"5"}) == (0, 5)
    assert bounds(b"12-0", {b"n": b"2"}) == (10, 12)


@pytest.mark.parametrize(
    ("entry_id", "n"), [(b"5-1", b"1"), (b"4-0", b"5"), (b"x-0", b"1"), (b"5-0", b"0"), (b"", b"1")]
)
def test_an_entry_that_contradicts_itself_is_refused(entry_id, n):
    with pytest.raises(FormatError):
        bounds(entry_id, {b"n": n})


def test_blocks_are_joined_in_order():
    assert join([["a"], ["b", "c"]]) == ["a", "b", "c"]
    np.testing.assert_array_equal(join([np.arange(2), np.arange(3)]), [0, 1, 0, 1, 2])


@pytest.mark.parametrize(
    "name", ["", "a:b", "x_info", "x_data", "_end", "roi_nodes", "x_children_list", "my_prepared"]
)
def test_names_that_would_make_another_key_are_refused(name):
    with pytest.raises(ConfigError, match="cannot name anything"):
        keys.join("demo_session:data", name)


def test_names_are_joined_and_taken_apart():
    assert keys.join("", "demo_session") == "demo_session"
    scan = keys.join(keys.join("demo_session", "data"), "1_ascan")
    assert scan == "demo_session:data:1_ascan"
    assert keys.parent_of(scan) == "demo_session:data"
    assert keys.parent_of("demo_session") == ""
    assert keys.session_of(scan) == "demo_session"
