"""Changes of the configuration file: what is written, what stays, what is refused."""

import difflib
import math
from pathlib import Path

import psutil
import pytest

from bliss.beacon import Beacon, get_beacon, set_beacon
from bliss.common.errors import BeaconError, ConfigError
from bliss.config.editing import fields_of, with_fields
from bliss_shell.devices import build_devices
from tests.beacon_process import BeaconProcess

DEMO = (Path(__file__).parent.parent / "sessions.yml").read_text()


def changed(name, **fields):
    after = with_fields(DEMO, "sessions.yml", name, fields)
    lines = difflib.ndiff(DEMO.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


def test_only_what_is_changed_changes():
    assert changed("robz", velocity=500.0) == [
        "-         velocity: 1000",
        "+         velocity: 500",
    ]
    assert changed("robx", limits=[-5, math.inf]) == [
        "-         limits: [-100, 100]     # mm, dial positions; a move beyond them is refused",
        "+         limits: [-5, null]      # mm, dial positions; a move beyond them is refused",
    ]


def test_the_same_value_changes_nothing():
    assert changed("robz", velocity=1000.0, limits=[-20.0, 20.0]) == []


def test_fields_come_and_go():
    assert changed("robz", tolerance=0.5) == ["+         tolerance: 0.5"]
    assert changed("robz", unit=None) == ["-         unit: mm"]
    assert changed("robz", unit=None, backlash=None) == ["-         unit: mm"]


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("robby", {"velocity": 1}, "sessions.yml: there is no object 'robby' under controllers"),
        ("robz", {"name": "x"}, "sessions.yml: robz: name cannot be changed"),
        ("simulated_motors", {"class": "os.system"}, "sessions.yml: simulated_motors: class can"),
        ("robz", {"unit": "$nothing"}, "sessions.yml:"),
    ],
)
def test_what_is_refused(name, fields, sentence):
    with pytest.raises(ConfigError) as caught:
        with_fields(DEMO, "sessions.yml", name, fields)
    assert str(caught.value).startswith(sentence)


def test_fields_of_an_object():
    assert fields_of(DEMO, "sessions.yml", "robz")["limits"] == [-20, 20]
    assert len(fields_of(DEMO, "sessions.yml", "simulated_motors")["axes"]) >= 3


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sessions.yml"
    path.write_text(DEMO)
    return path


@pytest.fixture
def robz(file, tmp_path):
    with (
        BeaconProcess(tmp_path / "state", options=("--config", str(file))) as process,
        Beacon(process.host, "session") as client,
    ):
        set_beacon(client)
        axis = build_devices(client.session_config("demo_session"))[0]["robz"]
        yield axis
        axis.controller.leave()
        set_beacon(None)


def test_an_axis_writes_its_settings_and_takes_them_up(robz, file):
    robz.velocity, robz.limits = 200, (-5, 5)
    robz.settings_to_config(acceleration=False)
    assert "# mm, dial positions; a move beyond them is refused" in file.read_text()
    entry = fields_of(file.read_text(), str(file), "robz")
    assert (entry["velocity"], entry["limits"], entry["acceleration"]) == (200, [-5, 5], 10000)
    file.write_text(file.read_text().replace("limits: [-5, 5]", "limits: [-7, 7]"))
    robz.velocity = 1
    robz.apply_config(reload=True)
    assert (robz.velocity, robz.limits) == (200, (-7, 7))


def test_a_file_that_cannot_be_written_stays(robz, file):
    beacon = psutil.Process(get_beacon().status()["pid"])
    beacon.rlimit(psutil.RLIMIT_FSIZE, (100, 100))  # as on a full disk
    with pytest.raises(ConfigError, match=r"sessions.yml: cannot be written \(File too large\)"):
        robz.settings_to_config()
    assert file.read_text() == DEMO
    assert [each.name for each in file.parent.iterdir() if each.name.startswith(".")] == []


def test_only_a_session_changes_the_configuration(beacon):
    with Beacon(beacon.host) as client, pytest.raises(BeaconError, match="role 'client' cannot"):
        client.change_config("robz", {"velocity": 1})


def test_the_demo_itself_is_left_alone(beacon):
    with Beacon(beacon.host, "session") as client, pytest.raises(ConfigError, match="demo's own"):
        client.change_config("robz", {"velocity": 1})
