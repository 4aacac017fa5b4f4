"""docs/writing_a_counter.md does what it says."""

import re
from pathlib import Path

import pytest

import scans
from tests.beacon_process import DEMO, BeaconProcess
from tests.terminal import Terminal

PAGE = (Path(__file__).parent.parent / "docs" / "writing_a_counter.md").read_text()


def block_with(text, language="python"):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.S | re.M)
    (found,) = [block for kind, block in blocks if kind == language and text in block]
    return found


def test_from_nothing_to_the_prompt(tmp_path):
    (tmp_path / "machine.py").write_text(block_with("class Machine"))
    config = tmp_path / "sessions.yml"
    demo = DEMO.read_text().replace("config-objects:\n", "config-objects:\n      - machine\n")
    config.write_text(
        demo.replace("controllers:\n", "controllers:\n" + block_with("machine.Machine", "yaml"), 1)
    )
    with (
        BeaconProcess(tmp_path / "state", config=config) as beacon,
        Terminal("-s", "demo_session", home=tmp_path, environment=beacon.env) as terminal,
    ):
        terminal.wait_for_prompt()
        show, loop, _, last = [
            terminal.run(line) for line in block_with("loopscan", "").splitlines()
        ]
    assert "load1: counter of machine" in show
    assert "load15[tasks]" in loop
    assert "complete after 3 points" in loop
    assert "load1_std[tasks]" in last


@pytest.fixture
def names(session):
    """What the page's blocks define, in the order of the page."""
    found = {}
    exec(block_with("class Machine"), found)
    counters = [{"name": "load1", "place": 0}, {"name": "load15", "place": 2}]
    found |= found["Machine"]("machine", {"counters": counters}).devices
    for text in ("SoftCounter(", "class Turns", "calc_counter(", "class Numbers"):
        exec(block_with(text), found)
    return found


def test_a_device_that_counts_by_itself(names):
    turns = names["Turns"]("turns", {})
    data = scans.loopscan(2, 0.05, turns).get_data()
    assert data["quarters"].shape == (2, 4)
    assert list(data["turns:turns"]) == list(data["quarters"].sum(axis=1))
    assert all(data["turns:turns"] > 4)
    turns.stop_counting()


def test_calculated_ones(names):
    data = scans.ct(0, names["both"], names["share"]).get_data()
    assert data["both"] == data["load1"] + data["load5"]


def test_one_that_does_it_all_itself(names):
    assert list(scans.loopscan(3, 0, names["index"]).get_data()["index"]) == [0, 1, 2]
