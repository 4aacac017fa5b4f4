"""Channels: plain client processes and this one, which is patched, share values and events."""

import contextlib
import gc
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bliss.beacon import Beacon
from bliss.common.errors import FormatError
from bliss.config import _keys, _values
from bliss.config._topics import Callbacks, ValueTopic
from bliss.config.channels import Channel, EventChannel, SettingsServerError
from tests.beacon_process import BeaconProcess
from tests.channels.clients import (
    WAIT,
    Client,
    break_connections,
    listeners,
    settings_server,
    wait_for,
)

# values


def test_two_plain_processes_and_a_patched_one_share_a_value(
    here: Beacon, client: Client, other: Client
) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    client.do("c = Channel('shared', callback=heard.put)")
    other.do("c = Channel('shared', callback=heard.put)")
    with Channel("shared", callback=heard.put) as channel:
        client.do("c.value = {'from': 'client'}")
        assert heard.get(timeout=WAIT) == channel.value == {"from": "client"}
        assert other.do(f"heard.get(timeout={WAIT})") == "{'from': 'client'}"
        channel.value = [1, 2.5, None]
        assert client.do(f"heard.get(timeout={WAIT})") == "{'from': 'client'}"
        for process in (client, other):
            assert process.do(f"heard.get(timeout={WAIT})") == "[1, 2.5, None]"
            assert process.do("c.value") == "[1, 2.5, None]"


def test_a_value_set_here_is_read_here_at_once(here: Beacon) -> None:
    with Channel("at_once") as channel:
        assert channel.value is None
        for value in (True, 3, 2.5, "text", b"bytes", None, [1, {"a": [2]}]):
            channel.value = value
            assert channel.value == value
        channel.value = (1, 2)
        assert channel.value == [1, 2]
        channel.value = np.arange(6.0).reshape(2, 3)
        assert channel.value.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_default_is_for_this_object_only(here: Beacon, client: Client) -> None:
    with Channel("with_default", default_value=False) as channel:
        assert channel.value is False
        with Channel("with_default", default_value=7) as same:
            assert (same.value, channel.value) == (7, False)
        client.do("c = Channel('with_default', default_value='else')")
        assert client.do("c.value") == "'else'"


def test_a_default_does_not_overwrite_and_a_value_does(here: Beacon, client: Client) -> None:
    client.do("c = Channel('kept', value=1, callback=heard.put)")
    assert client.do(f"heard.get(timeout={WAIT})") == "1"
    with Channel("kept", default_value=2) as channel:
        assert channel.value == 1
        with Channel("kept", 3) as same:
            assert same.value == channel.value == 3
        assert client.do(f"heard.get(timeout={WAIT})") == "3"


def test_a_list_that_was_read_can_be_changed(here: Beacon) -> None:
    with Channel("a_list", value=[1]) as channel:
        channel.value.append(2)
        assert channel.value == [1]


# holders


def test_a_value_lives_as_long_as_someone_holds_it(
    here: Beacon, client: Client, other: Client
) -> None:
    client.do("c = Channel('held', value='here')")
    other.do("c = Channel('held')")
    client.do("c.close()")
    with Channel("held", default_value="gone") as channel:
        assert channel.value == "here"
        other.do("c.close()")
    with Channel("held", default_value="gone") as channel:
        assert channel.value == "gone"
    assert not here.redis("settings").exists(_keys.channel("held"))
    assert not here.redis("settings").sismember(_keys.CHANNEL_INDEX, _keys.channel("held"))


def test_a_value_dies_with_its_killed_holder(here: Beacon, client: Client) -> None:
    client.do("c = Channel('killed', value='here')")
    client.do("another = Channel('killed_too', value='here')")
    client.end(signal.SIGKILL)

    def is_gone() -> bool:
        with Channel("killed", default_value="gone") as channel:
            return channel.value == "gone"

    wait_for(is_gone)
    # what was never opened again is found by those that open others
    server = here.redis("settings")
    for number in range(100):
        Channel(f"unrelated_{number}").close()
        if not server.exists(_keys.channel("killed_too")):
            break
    assert not server.exists(_keys.channel("killed_too"))


def test_a_collected_channel_is_released(here: Beacon, client: Client) -> None:
    channel = Channel("collected", value=1)
    (listener,) = listeners()
    del channel
    gc.collect()
    listener.join(WAIT)
    assert not listener.is_alive()
    client.do("c = Channel('collected', default_value='gone')")
    assert client.do("c.value") == "'gone'"


def test_a_hook_whose_channel_calls_it_is_collected(here: Beacon) -> None:
    class Hook:
        def __init__(self) -> None:
            self.stop = Channel("of_a_hook", default_value=False, callback=self.on_change)

        def on_change(self, value: Any) -> None: ...

    hook = Hook()
    (listener,) = listeners()
    hook.stop.value = True
    del hook
    gc.collect()
    listener.join(WAIT)
    assert not listener.is_alive()


def test_one_thread_serves_all_and_ends_with_the_last(here: Beacon) -> None:
    channels = [Channel(f"one_of_many_{n % 10}", value=n) for n in range(20)]
    (listener,) = listeners()
    assert channels[3].value == 13
    for channel in channels:
        assert listener.is_alive()
        channel.close()
        channel.close()
    assert not listener.is_alive()
    port = settings_server(here)["port"]
    here.redis("settings").close()
    assert break_connections(port) == 0


def test_a_closed_channel_says_so(here: Beacon) -> None:
    channel = Channel("over", value=1)
    channel.close()
    for use in (
        lambda: channel.value,
        lambda: setattr(channel, "value", 2),
        lambda: channel.register_callback(print),
    ):
        with pytest.raises(ValueError, match="Channel 'over' is closed; make a new one"):
            use()


def test_channels_open_and_close_in_many_threads(here: Beacon) -> None:
    def use() -> None:
        for number in range(10):
            with Channel(f"in_threads_{number % 3}", value=number):
                pass
            done.append(number)

    done: list[int] = []
    threads = [threading.Thread(target=use) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len(done) == 50


# callbacks


def test_callbacks_hear_every_value_in_order(here: Beacon, client: Client) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    client.do("c = Channel('in_order', value='before')")
    with Channel("in_order", callback=heard.put) as channel:
        client.do("for n in range(100): c.value = n")
        assert [heard.get(timeout=WAIT) for _ in range(100)] == list(range(100))
        channel.value = "mine"
        assert heard.get(timeout=WAIT) == "mine"
        channel.unregister_callback(heard.put)
        later: queue.Queue[Any] = queue.Queue()
        channel.register_callback(later.put)
        client.do("c.value = 'last'")
        assert later.get(timeout=WAIT) == "last"
        assert heard.empty()
        with pytest.raises(ValueError, match=r"'in_order'.*not one of its callbacks"):
            channel.unregister_callback(heard.put)
        with pytest.raises(TypeError, match="a callback is a function"):
            channel.register_callback(3)


def test_a_callback_that_fails_is_logged_and_ends_nothing(
    here: Beacon, caplog: pytest.LogCaptureFixture
) -> None:
    heard: queue.Queue[Any] = queue.Queue()

    def fail(value: Any) -> None:
        raise RuntimeError(f"cannot take {value}")

    with Channel("failing", callback=fail) as channel:
        channel.register_callback(heard.put)
        channel.value = 1
        channel.value = 2
        assert [heard.get(timeout=WAIT), heard.get(timeout=WAIT)] == [1, 2]
    assert "Channel 'failing': callback" in caplog.text
    assert "cannot take 1" in caplog.text


def test_a_callback_may_open_set_and_close_channels(here: Beacon, client: Client) -> None:
    opened: queue.Queue[Any] = queue.Queue()
    heard: queue.Queue[Any] = queue.Queue()
    client.do("c = Channel('inner', value='inner value')")

    def open_another(value: Any) -> None:
        Channel("inner").close()
        inner = Channel("inner", callback=heard.put)
        opened.put((inner, inner.value))

    with Channel("outer", callback=open_another) as channel:
        channel.value = 1
        inner, value = opened.get(timeout=WAIT)
        assert value == "inner value"
        inner.value = "from here"
        assert heard.get(timeout=WAIT) == "from here"
        client.do("c.value = 'from there'")
        assert heard.get(timeout=WAIT) == "from there"
        inner.close()


# what cannot be sent, and what should not have been


class Dangerous:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("executed",))


def test_garbage_changes_nothing_and_is_logged_once(
    here: Beacon, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    heard: queue.Queue[Any] = queue.Queue()
    server = here.redis("settings")
    pickled = pickle.dumps(Dangerous())
    with Channel("garbage", value="good") as channel:
        channel.register_callback(heard.put)
        pickles = [pickled, b"9999999999999999 " + pickled] * 25
        for message in (*pickles, b"", b"x 1", b"1" * 5000 + b" 1"):
            server.publish(_keys.channel_changes("garbage"), message)
        channel.value = "better"
        while (value := heard.get(timeout=WAIT)) != "better":
            assert value == "good"
        assert channel.value == "better"
    assert caplog.text.count("Channel 'garbage': ignored a message") == 1
    assert not list(tmp_path.iterdir())


def test_garbage_in_the_server_is_no_value(
    here: Beacon, caplog: pytest.LogCaptureFixture, client: Client
) -> None:
    client.do("c = Channel('spoiled', value=1)")
    server = here.redis("settings")
    server.hset(_keys.channel("spoiled"), "value", pickle.dumps(Dangerous()))
    with Channel("spoiled", default_value="default") as channel:
        assert channel.value == "default"
        channel.value = 2
        assert channel.value == 2
    assert "Channel 'spoiled': ignored a message" in caplog.text


def test_what_cannot_be_sent_is_refused(here: Beacon) -> None:
    with Channel("picky", value="as before") as channel:
        for wrong, name in (
            (object(), "object"),
            (np.array([object()]), "ndarray"),
            (1j, "complex"),
            ({1, 2}, "set"),
            ({(1, 2): 3}, "dict"),
            (2**70, "int|Integer|integer"),
        ):
            with pytest.raises(TypeError, match=rf"Channel 'picky': .*({name})"):
                channel.value = wrong
        with pytest.raises(ValueError, match=r"Channel 'picky': .* \(at most 1048576\)"):
            channel.value = b"0" * (1 << 20)
        assert channel.value == "as before"
    with pytest.raises(TypeError, match="Channel 'never_opened': <object"):
        Channel("never_opened", value=object())
    for wrong, error in (("", ValueError), (3, TypeError), (None, TypeError)):
        with pytest.raises(error, match="name"):
            Channel(wrong)
    assert not listeners()


def test_a_key_of_another_type_is_said_to_be_one(here: Beacon) -> None:
    server = here.redis("settings")
    server.sadd(_keys.channel("taken"), "text")
    with pytest.raises(SettingsServerError, match=r"Channel 'taken' cannot be opened.*WRONGTYPE"):
        Channel("taken")
    server.delete(_keys.channel("taken"))


# events


def test_events_reach_all_and_come_in_lists(here: Beacon, client: Client) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    release = threading.Event()

    def slow(events: list[Any]) -> None:
        heard.put(events)
        release.wait(WAIT)

    client.do("e = EventChannel('events', callback=heard.put)")
    with EventChannel("events", callback=slow) as events:
        client.do("e.post({'n': 0})")
        assert heard.get(timeout=WAIT) == [{"n": 0}]
        assert client.do(f"heard.get(timeout={WAIT})") == "[{'n': 0}]"
        for number in range(1, 100):
            events.post(number)
        release.set()
        received: list[Any] = []
        while len(received) < 99:
            received += heard.get(timeout=WAIT)
        assert received == list(range(1, 100))
        with pytest.raises(TypeError, match="EventChannel 'events': <object"):
            events.post(object())
    with pytest.raises(ValueError, match="EventChannel 'events' is closed"):
        events.post(1)


# without any server

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
arrays = hnp.arrays(
    dtype=hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    shape=hnp.array_shapes(min_side=0),
)


@given(plain)
def test_values_come_back(value: Any) -> None:
    assert _values.decode("it", _values.encode("it", value)) == value


@given(arrays)
def test_arrays_come_back(array: np.ndarray) -> None:
    back = _values.decode("it", _values.encode("it", [array]))[0]
    assert back.dtype == array.dtype.newbyteorder("<")
    np.testing.assert_array_equal(back, array)


@given(st.binary() | st.builds(pickle.dumps, plain))
def test_bytes_are_a_value_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):  # and nothing else
        _values.decode("it", data)


@given(st.permutations(range(1, 6)))
def test_only_a_later_change_counts(order: list[int]) -> None:
    topic, callbacks, heard = ValueTopic("pure"), Callbacks("pure"), []
    callbacks.add(heard.append)
    topic.add_callbacks(callbacks)
    for seq in order:
        topic.receive(b"%d %b" % (seq, _values.encode("it", seq)))
        topic.notify()
    assert topic.value(None) == 5
    assert heard == [seq for i, seq in enumerate(order) if seq == max(order[: i + 1])]


def test_importing_needs_no_session() -> None:
    check = (
        "import sys, logging, threading, bliss.config.channels, bliss.config.settings;"
        "assert not {'gevent', 'IPython'} & set(sys.modules);"
        "assert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=WAIT)


def test_the_listener_does_not_keep_a_script_from_ending(beacon: BeaconProcess) -> None:
    script = "from bliss.config.channels import Channel; c = Channel('of_a_script', value=1)"
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script],
        env=beacon.env,
        check=True,
        timeout=WAIT,
        capture_output=True,
        text=True,
    )
    assert ended.stderr == ""
