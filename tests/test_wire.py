"""The wire protocol and addresses: bytes and text in, values or our own errors out."""

import contextlib
import struct

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bliss.beacon import wire
from bliss.beacon.address import Address, beacon_address, parse_address
from bliss.common.errors import (
    BeaconError,
    ConfigError,
    SessionLockedError,
    UnknownSessionError,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
    | st.text() | st.binary(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=5,  # a message has many of them
)  # fmt: skip


@given(st.dictionaries(st.text(), plain))
def test_a_message_survives_the_way(message):
    frame = wire.encode(message)
    header, payload = frame[: wire.HEADER_SIZE], frame[wire.HEADER_SIZE :]
    assert wire.payload_length(header) == len(payload)
    assert wire.decode(payload) == message


@given(st.binary())
def test_any_bytes_are_a_message_or_our_error(payload):
    with contextlib.suppress(wire.WireError):
        assert isinstance(wire.decode(payload), dict)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x81\x01\x02",  # a key that is not text
        b"\x81\xc4\x01a\x02",  # a key of bytes
        b"\x81\xa1\xff\x02",  # not UTF-8
        b"\xdd\xff\xff\xff\xff",  # a list of 4 G elements that are not there
        b"\xdf\xff\xff\xff\xff",
        b"\x91" * 100_000,  # as deep as can be
        b"\xd7\xff" + b"\xff" * 8,  # a date far out
        b"\x80\x80",  # two maps
        b"\xc0",
    ],
)
def test_bad_bytes_are_our_error(payload):
    with pytest.raises(wire.WireError):
        wire.decode(payload)


def test_length_is_bounded_before_memory_is_taken():
    assert wire.payload_length(struct.pack(">I", wire.MAX_FRAME)) == wire.MAX_FRAME
    with pytest.raises(wire.WireError, match="1048577 bytes"):
        wire.payload_length(struct.pack(">I", wire.MAX_FRAME + 1))
    with pytest.raises(wire.WireError):
        wire.payload_length(b"HTTP")
    with pytest.raises(wire.WireError):
        wire.encode({"a": bytes(wire.MAX_FRAME)})


def test_what_cannot_be_packed_is_our_error():
    for value in (object(), 1 << 64, {1j: 2}):
        with pytest.raises(wire.WireError):
            wire.encode({"value": value})


@pytest.mark.parametrize("kind", [ConfigError, UnknownSessionError, SessionLockedError])
def test_errors_arrive_as_what_they_are(kind):
    with pytest.raises(kind, match="the reason") as caught:
        wire.raise_error(msgpack.unpackb(msgpack.packb(wire.error_answer(kind("the reason")))))
    assert type(caught.value) is kind


def test_other_errors_arrive_as_beacon_error():
    assert wire.error_answer(wire.WireError("x")) == {"error": "BeaconError", "message": "x"}
    with pytest.raises(BeaconError, match="from the future"):
        wire.raise_error({"error": "FutureError", "message": "from the future"})
    wire.raise_error({"result": 1})


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("lab1:25000", Address("lab1", 25000)),
        (" lab1:1 ", Address("lab1", 1)),
        ("lab1", Address("lab1", 25000)),
        ("127.0.0.1:65535", Address("127.0.0.1", 65535)),
        ("[::1]:4000", Address("::1", 4000)),
        ("[::1]", Address("::1", 25000)),
    ],
)
def test_addresses(text, address):
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", ":", ":25000", "lab1:", "lab1:0", "lab1:65536", "lab1:x", "::1:4000", "a b:1", "http://a:1",
     "lab1:25000,lab2:25000", "lab1:²", "a\n:1", "[]:1", "lab1:-1", "lab1:1e3"],
)  # fmt: skip
def test_bad_addresses_name_the_value(text):
    with pytest.raises(ConfigError) as caught:
        parse_address(text, source="BEACON_HOST")
    assert f"BEACON_HOST={text!r}" in str(caught.value)
    assert "host:port" in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_or_our_error(text):
    with contextlib.suppress(ConfigError):
        assert 0 < parse_address(text).port < 65536


def test_address_of_the_environment():
    assert str(beacon_address({})) == "localhost:25000"
    assert str(beacon_address({"BEACON_HOST": ""})) == "localhost:25000"
    assert str(beacon_address({"BEACON_HOST": "lab1:7000"})) == "lab1:7000"
    with pytest.raises(ConfigError, match="BEACON_HOST='lab1:7000:1'"):
        beacon_address({"BEACON_HOST": "lab1:7000:1"})
