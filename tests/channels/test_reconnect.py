"""Channels whose server goes away and comes back."""

import logging
import os
import queue
import signal
from pathlib import Path
from typing import Any

import pytest

from bliss.beacon import Beacon
from bliss.config.channels import Channel, EventChannel
from tests.beacon_process import BeaconProcess
from tests.channels.clients import (
    WAIT,
    Client,
    break_connections,
    kill_settings_server,
    listeners,
    settings_server,
    wait_for,
)


@pytest.fixture
def beacon(own_beacon: BeaconProcess) -> BeaconProcess:
    """Every test here breaks something."""
    return own_beacon


# broken connections


def test_a_broken_connection_is_made_again(here: Beacon, client: Client) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    with Channel("cut", value="kept", callback=heard.put) as channel:
        assert heard.get(timeout=WAIT) == "kept"
        assert break_connections(settings_server(here)["port"]) >= 1
        client.do("c = Channel('cut', default_value='none', callback=heard.put)")
        if client.do("c.value") == "'none'":  # opened before we were back
            assert client.do(f"heard.get(timeout={WAIT})") == "'kept'"
        client.do("c.value = 'there'")
        assert heard.get(timeout=WAIT) == channel.value == "there"
        channel.value = "here"
        assert heard.get(timeout=WAIT) == "here"
        wait_for(lambda: client.do("c.value") == "'here'")


def test_a_server_that_was_killed_has_the_value_again(
    here: Beacon, client: Client, other: Client
) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    client.do("c = Channel('survives', callback=heard.put)")
    with Channel("survives", callback=heard.put) as channel:
        for number in range(3):
            channel.value = number  # the last ones are not in the append-only file yet
            assert client.do(f"heard.get(timeout={WAIT})") == str(number)
            kill_settings_server(here)
            assert channel.value == number
            other.do("c = Channel('survives', default_value='none')")
            wait_for(lambda: other.do("c.value") == str(number))  # noqa: B023
            assert client.do("c.value") == str(number)
            other.do("c.close()")


def test_a_channel_can_be_closed_while_the_server_is_away(here: Beacon) -> None:
    channel = Channel("closed_meanwhile", value=1)
    os.kill(settings_server(here)["pid"], signal.SIGKILL)
    channel.close()
    assert not listeners()


def test_setting_says_when_the_server_is_gone(tmp_path: Path) -> None:
    with BeaconProcess(tmp_path / "state") as beacon, beacon.client() as its:
        channel = Channel("alone", value=1, beacon=its)
        events = EventChannel("alone", beacon=its)
        beacon.stop()
        for use in (lambda: setattr(channel, "value", 2), lambda: events.post(2)):
            with pytest.raises(ConnectionError, match=r"no Beacon answers|does not answer"):
                use()
        assert channel.value == 1
        events.close()
        channel.close()
        with pytest.raises(ConnectionError, match="no Beacon answers"):
            Channel("too_late", beacon=its)
    assert not listeners()


def test_reconnecting_is_logged_once(here: Beacon, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    heard: queue.Queue[Any] = queue.Queue()
    with Channel("logged", callback=heard.put) as channel:
        kill_settings_server(here)
        wait_for(lambda: "connected to the settings server again" in caplog.text)
        channel.value = 1
        assert heard.get(timeout=WAIT) == 1
    assert caplog.text.count("Channels lost the settings server") == 1
