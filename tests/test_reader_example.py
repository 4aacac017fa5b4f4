"""The example reader, written from the specification alone, reads what the session wrote."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import redis

import scans
from bliss.scanning.chain import AcquisitionChain, AcquisitionMaster
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.scan import Scan

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "reader.py"
LINES = 50


class EveryKind(AcquisitionMaster):
    """Emits points of every kind that the format has."""

    def __init__(self):
        super().__init__("device")
        self.emitted = {
            "text": [str(i) for i in range(5)],
            "image": [np.full((2, 3), i, "<u2") for i in range(5)],
            "varying": [np.arange(i, dtype="<f4") for i in range(1, 6)],
            "flag": [i % 2 == 0 for i in range(5)],
        }
        kinds = {"text": ("str", ()), "image": ("<u2", (2, 3)), "varying": ("<f4", (-1,))}
        kinds["flag"] = ("|b1", ())
        self.channels = [
            AcquisitionChannel(f"device:{name}", dtype=dtype, shape=shape)
            for name, (dtype, shape) in kinds.items()
        ]
        self._index = 0

    def trigger(self):
        for channel in self.channels:
            channel.emit(self.emitted[channel.short_name][self._index])
        self._index += 1


def url_of(beacon):
    where = beacon.server("data")
    return "redis://{username}:{password}@{host}:{port}".format(**where)


def read(session, scan):
    spec = importlib.util.spec_from_file_location("reader", EXAMPLE)
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    with redis.from_url(url_of(session.beacon)) as server:
        return list(reader.follow(server, scan.node.db_name))


def joined(read_back, name):
    points = []
    for channel, first, block in read_back:
        if channel.endswith(f":{name}"):
            assert first == len(points)
            points.extend(block)
    return points


def test_the_reader_is_short():
    assert len(EXAMPLE.read_text().splitlines()) <= LINES


def test_it_reads_a_step_scan(demo, session):
    scan = scans.ascan(demo["robz"], -1, 1, 20, 0, demo["sim_ct_gauss"])
    found = read(session, scan)
    data = scan.get_data()
    for name in ("robz", "sim_ct_gauss", "elapsed_time"):
        np.testing.assert_array_equal(joined(found, name), data[name])
    assert found[-1] == (scan.node.db_name, None, "complete")


def test_it_reads_every_kind_of_point(session):
    device = EveryKind()
    scan = Scan(AcquisitionChain(device, 5), name="kinds")
    scan.run()
    found = read(session, scan)
    for name, expected in device.emitted.items():
        points = joined(found, name)
        assert len(points) == 5
        for point, wanted in zip(points, expected, strict=True):
            np.testing.assert_array_equal(point, wanted)


def test_it_runs_as_a_program(demo, session):
    scan = scans.ct(0, demo["diode1"])
    ended = subprocess.run(
        [sys.executable, str(EXAMPLE), url_of(session.beacon), scan.node.db_name],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert ended.stdout.strip().endswith("complete")
