"""PyMca's own reader, unchanged, in an environment of its own."""

import contextlib
import json
import subprocess
from pathlib import Path

import gevent
import gevent.event
import numpy as np
import pytest

import scans
from bliss.common.protocols import is_axis
from bliss.data.node import EventType
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.chain import AcquisitionChain, AcquisitionSlave
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.default_chain import counting
from bliss.scanning.group import Group
from bliss.scanning.scan import Scan
from tests.pymca_environment import INSTALL, python_with_pymca
from tests.terminal import Terminal

pytestmark = pytest.mark.timeout(INSTALL + 100)  # it is installed the first time

CLIENT = Path(__file__).parent / "pymca_client.py"
ANSWER = 30.0  #: seconds


@pytest.fixture(scope="session")
def python():
    return python_with_pymca()


@pytest.fixture
def pymca(python, beacon):
    """Opens a session and reads the scans of the numbers given; call it again for more."""
    with contextlib.ExitStack() as stack:

        def opened(*numbers):
            return stack.enter_context(PyMca(python, beacon.env, *numbers))

        yield opened


class PyMca:
    """A PyMca that has `demo_session` open, and looks at some of its scans.

    Args:
        python: That has PyMca.
        environment: Of the process.
        numbers: Of the scans.
    """

    def __init__(self, python, environment, *numbers):
        self._process = subprocess.Popen(
            [python, CLIENT, "demo_session", *map(str, numbers)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self._process.kill()
        self._process.communicate(timeout=ANSWER)
        assert kind or self._process.returncode == 0

    def answer(self):
        """What it has read."""
        with gevent.Timeout(ANSWER):
            line = self._process.stdout.readline()
        assert line, f"PyMca ended with {self._process.wait(ANSWER)}"
        return json.loads(line)

    def look_again(self):
        """What it reads now."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.answer()


class Spectrometer(AcquisitionSlave):
    """Emits a spectrum a point; at one of them it waits until it may go on."""

    def __init__(self, waits_at=None):
        super().__init__("mca")
        self.channels = [AcquisitionChannel("mca:det0", dtype="<u4", shape=(16,), unit="cts")]
        self.may_go_on = gevent.event.Event()
        self._waits_at = waits_at
        self._point = 0

    def wait_ready(self):
        if self._point == self._waits_at:
            self.may_go_on.wait()
        self.channels[0].emit(np.arange(16) * self._point)
        self._point += 1


@pytest.fixture
def demo(demo, session):
    session.axes = [device for device in demo.values() if is_axis(device)]
    return demo


def scan_with_spectra(demo, npoints, spectrometer):
    timer = counting(0, [demo["sim_ct_gauss"]])
    timer.slaves.append(spectrometer)
    master = StepMaster([(demo["robz"], np.linspace(-1, 1, npoints).tolist())])
    master.slaves.append(timer)
    return Scan(AcquisitionChain(master, npoints), name="fluo", title="fluo robz -1 1")


def short(data):
    """The arrays of `get_data()` by short name, as single-precision numbers, as PyMca has them."""
    return {name.rpartition(":")[2]: np.asarray(data[name], np.float32) for name in data}


def test_finished_scans(demo, pymca):
    demo["robx"].move(3)
    demo["robz"].move(2)
    first = scans.ascan(demo["robz"], -1, 1, 20, 0.001, demo["sim_ct_gauss"], demo["diode1"])
    unsaved = scans.ct(0, demo["diode1"], save=False)
    second = scans.loopscan(5, 0, demo["diode1"], save=True)
    answer = pymca(first.number, second.number).answer()
    assert answer["scans"][-2:] == [str(first.number), str(second.number)]
    assert f"_{unsaved.number}" not in answer["scans"]
    for scan in (first, second):
        read = answer["read"][str(scan.number)]
        assert read["number"] == scan.number
        assert read["command"] == scan.scan_info["title"]
        assert read["date"] == scan.scan_info["start_time_str"]
        assert read["header"][0] == f"#S {scan.number}  {scan.scan_info['title']}"
        assert read["lines"] == scan.scan_info["npoints"]
        assert read["spectra"] == []
        expected = short(scan.get_data())
        assert set(read["counters"]) == set(expected)
        for name, values in read["counters"].items():
            np.testing.assert_array_equal(np.float32(values), expected[name])
    read = answer["read"][str(first.number)]
    assert next(iter(read["counters"])) == "robz"  # it has found what was scanned
    assert read["motors"] == pytest.approx({"robx": 3, "roby": 0, "robz": 2})


def test_spectra(demo, pymca):
    scan = scan_with_spectra(demo, 4, Spectrometer())
    scan.run()
    read = pymca(scan.number).answer()["read"][str(scan.number)]
    np.testing.assert_array_equal(read["spectra"], scan.get_data()["det0"])
    assert set(read["counters"]) == {"robz", "sim_ct_gauss", "elapsed_time", "epoch"}


def test_a_mesh_and_a_group_of_scans(demo, pymca):
    mesh = scans.amesh(demo["robx"], 0, 2, 2, demo["roby"], 0, 1, 1, 0, demo["diode1"])
    group = Group(mesh)
    answer = pymca(mesh.number).answer()
    assert str(mesh.number) in answer["scans"]
    assert str(group.scan.number) not in answer["scans"]
    read = answer["read"][str(mesh.number)]
    assert read["lines"] == 6
    assert list(read["counters"])[:2] == ["robx", "roby"]
    assert read["counters"]["robx"] == [0, 1, 2, 0, 1, 2]


def test_a_scan_that_runs(demo, pymca):
    spectrometer = Spectrometer(waits_at=3)
    scan = scan_with_spectra(demo, 6, spectrometer)
    running = gevent.spawn(scan.run)
    try:
        wait_for_points(demo, scan, "mca:det0", 3)
        reader = pymca(scan.number)
        before = reader.answer()["read"][str(scan.number)]
    finally:
        spectrometer.may_go_on.set()
        running.join()
    after = reader.look_again()
    assert after["is_updated"] is True
    data = short(scan.get_data())
    np.testing.assert_array_equal(before["spectra"], scan.get_data()["det0"][:3])
    assert before["command"] == "fluo robz -1 1"
    for name, values in before["counters"].items():
        known = np.float32(values)[~np.isnan(values)]  # the others have not come yet
        assert len(known) in (3, 4)
        np.testing.assert_array_equal(known, data[name][: len(known)])
    read = after["read"][str(scan.number)]
    assert read["lines"] == len(read["spectra"]) == 6
    np.testing.assert_array_equal(np.float32(read["counters"]["robz"]), data["robz"])


def wait_for_points(demo, scan, channel, count):
    """Wait until so many points of a channel are in the data server."""
    with gevent.Timeout(ANSWER):
        scan.wait_state(scan.state.STARTING)
        for event in scan.node.walk_events("channel"):
            is_new = event.type is EventType.NEW_DATA and event.node.name == channel
            if is_new and event.data.first_index + event.data.npoints >= count:
                return


def test_a_scan_that_has_no_points_yet(demo, pymca):
    spectrometer = Spectrometer(waits_at=0)
    scan = scan_with_spectra(demo, 2, spectrometer)
    running = gevent.spawn(scan.run)
    try:
        scan.wait_state(scan.state.STARTING)
        read = pymca(scan.number).answer()["read"][str(scan.number)]
    finally:
        spectrometer.may_go_on.set()
        running.join()
    assert read["spectra"] == []
    assert read["motors"].keys() == {"robx", "roby", "robz"}
    assert read["lines"] in (0, 1)


def test_a_session_that_has_never_run(python, own_beacon):
    with PyMca(python, own_beacon.env) as reader:
        assert reader.answer() == {"scans": [""], "read": {}}


def test_a_scan_typed_at_the_prompt(beacon, pymca, tmp_path):
    environment = {"BEACON_HOST": beacon.host}
    with Terminal("-s", "demo_session", home=tmp_path, environment=environment) as terminal:
        terminal.wait_for_prompt()
        terminal.run("mv(robx, 0, roby, 4, robz, 0)")
        terminal.run("s = ascan(robz, 0, 1, 4, .001, sim_ct_gauss)")
        shown = terminal.run("print('number', s.number, '.')")
        number = shown.rpartition("number ")[2].split()[0]
        assert terminal.leave() == 0
    read = pymca(number).answer()["read"][number]
    assert read["command"] == "ascan robz 0 1 4 0.001"
    np.testing.assert_allclose(read["counters"]["robz"], [0, 0.25, 0.5, 0.75, 1])
    assert read["motors"] == pytest.approx({"robx": 0, "roby": 4, "robz": 0})
