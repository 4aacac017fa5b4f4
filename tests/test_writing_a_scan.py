"""The page docs/writing_a_scan.md, run from its first block to its last, as at the prompt."""

import re
from pathlib import Path

import numpy as np
import pytest

from bliss.common.errors import ScanError
from bliss.scanning.default_chain import DEFAULT_CHAIN
from bliss.scanning.scan import Scan
from bliss.scanning.states import Outcome

PAGE = Path(__file__).parent.parent / "docs" / "writing_a_scan.md"


def blocks():
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.S | re.M)


def run(demo, text):
    """What is known when all blocks up to the one with this text have run."""
    names = dict(demo)
    for block in blocks():
        exec(block, names)
        if text in block:
            return names
    raise AssertionError(f"no block has {text!r}")


def test_a_function_that_runs_scans(demo):
    sequence = run(demo, "def around")["s"]
    assert sequence.scan.outcome is Outcome.COMPLETE
    assert len(sequence.scan.members) == 2
    assert demo["robz"].position == 2


def test_the_rest_of_the_page(demo):
    names = dict(demo)
    scans = []
    for block in blocks():
        exec(block, names)
        if isinstance(names.get("s"), Scan) and names["s"] not in scans:
            scans.append(names["s"])
    spiral, heat, watched, shut = scans
    assert {scan.outcome for scan in (spiral, heat, shut)} == {Outcome.COMPLETE}
    x, y = (spiral.get_data()[name] for name in ("robx", "roby"))
    assert np.all(np.diff(np.hypot(x, y)) > 0)
    assert np.hypot(x, y)[-1] == pytest.approx(3)
    assert (demo["robx"].position, demo["roby"].position) == (0, 0)
    assert heat.get_data()["temperature"].tolist() == [300, 320, 340]
    assert not names["heater"].power
    assert watched.outcome is Outcome.STOPPED
    assert watched.get_data()["sim_ct_gauss"].max() > 90
    assert not names["shutter"].is_open
    assert names["fast_shutter"].opened == 5
    assert DEFAULT_CHAIN.presets == ()


def test_what_the_heater_cannot_do_is_refused_before_the_scan_is_known(demo, session):
    names = run(demo, "class HeaterMaster")
    count = len(session.scans)
    master = names["HeaterMaster"](names["heater"], [300, 500])
    chain = DEFAULT_CHAIN.get({"count_time": 0.01, "npoints": 2}, [demo["diode1"]], master)
    scan = Scan(chain, name="heat")
    with pytest.raises(ScanError, match="500 K is too hot"):
        scan.run()
    assert len(session.scans) == count
