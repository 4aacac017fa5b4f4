"""What a scan's metadata says of the scan by itself."""

import datetime
import logging

import gevent.event
import numpy as np
import pytest

import scans
from bliss.common.protocols import is_axis
from bliss.scanning import _positioners
from bliss.scanning._metadata import describe_chain, describe_start
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.acquisition.timer import TimerMaster
from bliss.scanning.chain import AcquisitionChain, AcquisitionSlave
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.scan import Scan


class Detector(AcquisitionSlave):
    """Has channels of the shapes given."""

    def __init__(self, name, **shapes):
        super().__init__(name)
        self.channels = [
            AcquisitionChannel(f"{name}:{short}", shape=shape, unit="cts")
            for short, shape in shapes.items()
        ]

    def wait_ready(self):
        for channel in self.channels:
            channel.emit(np.zeros(channel.kind.shape))


class Stage:
    """An axis that is nowhere near a scan; counts how often it is read."""

    unit = "mm"

    def __init__(self, name, read=lambda: 1.5):
        self.name = name
        self.reads = 0
        self._read = read

    @property
    def position(self):
        self.reads += 1
        return self._read()

    @property
    def dial(self):
        return -self._read()


@pytest.fixture
def axes(demo, session):
    """The session's axes, as the shell sets them."""
    session.axes = [device for device in demo.values() if is_axis(device)]
    return session.axes


def positioners(scan):
    return scan.node.info["positioners"]


def test_a_scan_says_all_that_the_specification_promises(demo, axes):
    scan = scans.ascan(demo["robz"], 0, 1, 2, 0.001, demo["sim_ct_gauss"])
    info = scan.node.info.get_all()
    assert set(info) == {
        *("title", "type", "name", "node_name", "scan_nb", "save", "filename"),
        *("npoints", "count_time", "acquisition_chain", "positioners"),
        *("data_dim", "start", "stop"),
        *("session_name", "user_name", "host_name"),
        *("start_timestamp", "start_time", "start_time_str"),
        *("end_timestamp", "outcome", "reason", "consumers"),
        *("estimate", "timing", "pauses", "state"),
    }
    assert info == scan.scan_info
    assert info["node_name"] == scan.node.db_name
    assert info["count_time"] == 0.001
    assert info["filename"] == ""
    assert (info["data_dim"], info["start"], info["stop"]) == (1, [0.0], [1.0])


def test_a_mesh_says_what_a_plot_needs(demo):
    robx, roby = demo["robx"], demo["roby"]
    roby.move(1)
    scan = scans.dmesh(robx, 0, 2, 4, roby, -1, 1, 2, 0, demo["diode1"], backnforth=True)
    info = scan.node.info.get_all()
    assert info["type"] == "dmesh"
    assert (info["npoints"], info["npoints1"], info["npoints2"]) == (15, 5, 3)
    assert (info["data_dim"], info["backnforth"]) == (2, True)
    assert (info["start"], info["stop"]) == ([0.0, 0.0], [2.0, 2.0])


def test_the_start_is_told_to_programs_and_to_people():
    told = describe_start(1552919297.0832036)
    start = datetime.datetime.fromisoformat(told["start_time"])
    assert start.tzinfo is not None
    assert start.timestamp() == pytest.approx(told["start_timestamp"], abs=1e-6)
    assert told["start_time_str"] == start.strftime("%a %b %d %H:%M:%S %Y")


def test_the_chain_names_channels_by_device_and_rank(demo):
    timer = TimerMaster(0.1)
    timer.slaves.append(Detector("mca", det0=(16,), spread=(-1,), dead=()))
    timer.slaves.append(Detector("camera", image=(4, 6), stack=(2, 4, 6), dead=()))
    master = StepMaster([(demo["robz"], [0.0, 1.0])])
    master.slaves.append(timer)
    ((top, told),) = describe_chain(AcquisitionChain(master, 2)).items()
    assert top == "axis"
    assert told["master"] == {
        "scalars": ["axis:robz"],
        "scalars_units": {"axis:robz": "mm"},
        "spectra": [],
        "spectra_units": {},
        "images": [],
        "images_units": {},
        "display_names": {"axis:robz": "robz"},
    }
    assert told["scalars"] == ["timer:elapsed_time", "timer:epoch", "mca:dead", "camera:dead"]
    assert told["spectra"] == ["mca:det0", "mca:spread"]
    assert told["images"] == ["camera:image", "camera:stack"]
    assert told["spectra_units"] == {"mca:det0": "cts", "mca:spread": "cts"}
    assert told["display_names"]["mca:det0"] == "det0"
    assert told["display_names"]["mca:dead"] == "mca:dead"  # the camera has one too


def test_the_chain_has_the_names_of_the_nodes(session):
    timer = TimerMaster(0)
    timer.slaves.append(Detector("mca", det0=(16,)))
    scan = Scan(AcquisitionChain(timer, 1), name="count")
    scan.run()
    (told,) = scan.node.info["acquisition_chain"].values()
    named = {*told["master"]["scalars"], *told["scalars"], *told["spectra"]}
    assert named == {channel.name for channel in scan.node.walk("channel", wait=False)}


def test_positions_of_all_axes_are_those_before_and_after_the_scan(demo, axes):
    demo["robx"].move(3)
    demo["robz"].move(2)
    scan = scans.ascan(demo["robz"], -1, 1, 2, 0, demo["sim_ct_gauss"])
    before, after = {"robx": 3, "roby": 0, "robz": 2}, {"robx": 3, "roby": 0, "robz": 1}
    told = positioners(scan)
    assert told["positioners_start"] == told["positioners_dial_start"] == pytest.approx(before)
    assert told["positioners_end"] == told["positioners_dial_end"] == pytest.approx(after)


def test_the_end_of_a_dscan_is_after_its_axis_has_returned(demo, axes):
    demo["robz"].move(2)
    told = positioners(scans.dscan(demo["robz"], -1, 1, 2, 0, demo["sim_ct_gauss"]))
    assert told["positioners_end"]["robz"] == pytest.approx(2)


def test_a_scan_that_fails_says_where_the_axes_are_too(demo, axes):
    class BrokenDetector(Detector):
        def wait_ready(self):
            raise OSError("no answer")

    timer = TimerMaster(0)
    timer.slaves.append(BrokenDetector("mca", det0=()))
    scan = Scan(AcquisitionChain(timer, 1), name="count")
    with pytest.raises(OSError, match="no answer"):
        scan.run()
    assert set(positioners(scan)["positioners_end"]) == {"robx", "roby", "robz"}


def test_axes_are_read_twice_a_scan_not_once_a_point(demo, session):
    stage = Stage("stage")
    session.axes = [stage]
    scan = scans.loopscan(50, 0, demo["diode1"])
    assert stage.reads == 2
    assert positioners(scan) == {
        "positioners_start": {"stage": 1.5},
        "positioners_dial_start": {"stage": -1.5},
        "positioners_end": {"stage": 1.5},
        "positioners_dial_end": {"stage": -1.5},
    }


def test_an_axis_that_cannot_be_read_costs_only_its_value(demo, session, caplog, monkeypatch):
    def broken():
        raise OSError("no power")

    monkeypatch.setattr(_positioners, "LIMIT", 0.05)
    silent = Stage("silent", gevent.event.Event().wait)
    assert demo["robx"].position == 0  # its first use takes longer
    session.axes = [Stage("broken", broken), silent, Stage("text", lambda: "?"), demo["robx"]]
    with caplog.at_level(logging.WARNING):
        scan = scans.ct(0, demo["diode1"])
    assert scan.outcome.value == "complete"
    assert set(positioners(scan)["positioners_start"]) == {"robx"}
    assert set(positioners(scan)["positioners_dial_end"]) == {"robx"}
    told = "\n".join(record.message for record in caplog.records)
    without = "the scan's metadata is without its position at the"
    assert f"broken: {without} start (OSError: no power)" in told
    assert f"silent: {without} end (TimeoutError: no answer within 0.05 s)" in told
    assert f"text: {without} start (ValueError" in told
    assert len(caplog.records) == 6
