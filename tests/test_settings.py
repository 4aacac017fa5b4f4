"""Settings: what is stored in the settings server survives whoever stored it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import redis

from bliss.beacon import Beacon, set_beacon
from bliss.common.errors import FormatError
from bliss.config.settings import HashSetting, SettingsServerError, SimpleSetting, scan
from tests.beacon_process import BeaconProcess
from tests.data_tree import data_server


@pytest.fixture
def here(beacon: BeaconProcess) -> Iterator[Beacon]:
    with Beacon(beacon.host, "session") as client:
        set_beacon(client)
        yield client
        set_beacon(None)


def test_a_simple_setting(here: Beacon) -> None:
    setting = SimpleSetting("simple", default_value="default")
    assert setting.get() == "default"
    assert not here.redis("settings").exists("simple")
    setting.set({"a": [1, 2.5, None]})
    assert SimpleSetting("simple").get() == {"a": [1, 2.5, None]}
    setting.value = None
    assert setting.value is None
    setting.clear()
    setting.clear()
    assert setting.get() == "default"


def test_a_hash_setting_is_a_mapping(here: Beacon) -> None:
    setting = HashSetting("hash:robz", default_values={"velocity": 1000, "offset": 0.0})
    setting["offset"] = 1.5
    setting.set("limits", (-20, 20))
    assert setting["offset"] == 1.5
    assert setting["velocity"] == setting.get("velocity") == 1000
    assert setting.get("limits") == [-20, 20]
    assert setting.get("nothing") is None
    assert setting.get("nothing", 3) == 3
    expected = {"velocity": 1000, "offset": 1.5, "limits": [-20, 20]}
    assert setting.get_all() == dict(setting) == dict(setting.items()) == expected
    assert len(setting) == 3
    assert "velocity" in setting
    assert "limits" in setting
    assert "nothing" not in setting
    with pytest.raises(KeyError, match="setting 'hash:robz' has no field 'nothing'"):
        setting["nothing"]
    setting.update({"offset": 2.0}, unit="mm")
    assert dict(HashSetting("hash:robz")) == {"offset": 2.0, "limits": [-20, 20], "unit": "mm"}
    setting.remove("offset", "unit", "nothing")
    assert setting["offset"] == 0.0
    del setting["limits"]
    with pytest.raises(KeyError, match="no field 'limits' stored"):
        del setting["limits"]
    setting.clear()
    assert setting.get_all() == {"velocity": 1000, "offset": 0.0}


def test_arrays_are_stored(here: Beacon) -> None:
    setting = HashSetting("calibration")
    setting["table"] = np.arange(6, dtype=">i2").reshape(3, 2)
    assert setting["table"].tolist() == [[0, 1], [2, 3], [4, 5]]
    setting.clear()


def test_a_number_is_never_given_twice(here: Beacon) -> None:
    numbers = HashSetting("scan_numbers", default_values={"mesh": 41})
    given: list[int] = []

    def take() -> None:
        given.extend(numbers.incr("ascan") for _ in range(20))

    threads = [threading.Thread(target=take) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(given) == list(range(1, 101))
    assert numbers["ascan"] == 100
    assert numbers.incr("ascan", -1) == 99
    assert numbers.incr("mesh") == 42
    numbers["large"] = 2**52
    assert numbers.incr("large", 2) == numbers["large"] == 2**52 + 2
    for wrong in ("text", 1.5, [1]):
        numbers["wrong"] = wrong
        with pytest.raises(SettingsServerError, match=r"'scan_numbers', field 'wrong', .*number"):
            numbers.incr("wrong")
    numbers.clear()


def test_what_cannot_be_stored_is_refused_whole(here: Beacon) -> None:
    setting = HashSetting("refusing")
    with pytest.raises(TypeError, match="setting 'refusing', field 'b': <object"):
        setting.update({"a": 1, "b": object()})
    assert setting.get_all() == {}
    with pytest.raises(TypeError, match="setting 'refusing': <object"):
        SimpleSetting("refusing").set(object())
    with pytest.raises(ValueError, match="rename it"):
        SimpleSetting("bliss:channel:index")


def test_foreign_bytes_and_types_are_named(here: Beacon) -> None:
    server = here.redis("settings")
    server.set("foreign", b"\x80\x04 no msgpack")
    with pytest.raises(FormatError, match=r"setting 'foreign': .* is not msgpack"):
        SimpleSetting("foreign").get()
    with pytest.raises(SettingsServerError, match=r"setting 'foreign' cannot be read.*WRONGTYPE"):
        HashSetting("foreign").get_all()
    server.delete("foreign")


def test_settings_survive_the_server(own_beacon: BeaconProcess) -> None:
    with own_beacon.client("session") as here:
        _settings_survive_the_server(here)


def _settings_survive_the_server(here: Beacon) -> None:
    setting = SimpleSetting("survivor", beacon=here)
    setting.set("kept")
    server = here.redis("settings")
    server.execute_command("WAITAOF", 1, 0, 10_000)
    before = here.status()["servers"]["settings"]
    os.kill(before["pid"], signal.SIGKILL)
    end = time.monotonic() + 20
    while here.status()["servers"]["settings"]["starts"] == before["starts"]:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert setting.get() == "kept"
    setting.clear()


def test_scan_finds_names_by_pattern(here: Beacon) -> None:
    hashes = [HashSetting(f"scanned:{n}") for n in range(30)]
    for number, each in enumerate(hashes):
        each["n"] = number
    assert set(scan("scanned:*")) == {each.name for each in hashes}
    assert set(scan("scanned:1?", count=1)) == {f"scanned:{n}" for n in range(10, 20)}
    assert list(scan("nothing:*", connection=here.redis("settings"))) == []
    for each in hashes:
        each.clear()


def test_settings_say_when_there_is_no_server(tmp_path: Path) -> None:
    with BeaconProcess(tmp_path / "state") as beacon, beacon.client("session") as its:
        setting = SimpleSetting("alone", beacon=its)
        setting.set(1)
        beacon.stop()
        with pytest.raises(ConnectionError, match=r"no Beacon answers|does not answer"):
            setting.get()
        with pytest.raises(ConnectionError, match=r"no Beacon answers|does not answer"):
            list(scan(connection=its.redis("settings")))


def test_what_the_servers_end_must_not_undo(own_beacon: BeaconProcess) -> None:
    with own_beacon.client("session") as here:
        setting = HashSetting("axis:robx", beacon=here)
        before = here.status()["servers"]["settings"]
        setting.update_safely({"offset": 1.5, "sign": -1})
        os.kill(before["pid"], signal.SIGKILL)
        here.server("settings")
        assert setting.get_all() == {"offset": 1.5, "sign": -1}


def test_what_is_refused_is_not_waited_for(beacon: BeaconProcess) -> None:
    with beacon.client("client") as here:
        setting = HashSetting("axis:robx", beacon=here)
        with pytest.raises(SettingsServerError, match="the role of this client does not allow it"):
            setting.update_safely({"offset": 1.5})


class Outside:
    """A Beacon whose settings are in a server without a file."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def redis(self, name: str) -> redis.Redis:
        assert name == "settings"
        return self._client


def test_a_server_without_a_file_is_not_waited_for() -> None:
    with data_server() as server:
        setting = HashSetting("axis:robx", beacon=Outside(server))
        setting.update_safely({"offset": 1.5})
        assert setting["offset"] == 1.5
