"""The programs in docs/clients.md do what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import scans
from bliss.data import node
from bliss.scanning.states import Outcome

PAGE = Path(__file__).parent.parent / "docs" / "clients.md"
WAIT = 20.0  # seconds


def blocks():
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.S | re.M)


def block_with(text):
    (found,) = [block for block in blocks() if text in block]
    return found


@pytest.fixture
def program(beacon):
    started = []

    def start(code):
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", code], env=beacon.env, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_analysis_stops_the_scan(demo, program):
    scan = scans.ascan(demo["robz"], -5, 5, 500, 0.001, demo["sim_ct_gauss"], run=False)
    analysis = block_with("stop.value = True").replace(
        "session.walk_on_new_events(filter",
        "session.walk_on_new_events(started_event=begun, filter",
    )
    begun = (
        "import threading\nclass Begun(threading.Event):\n"
        "    def set(self): print('begun', flush=True)\nbegun = Begun()\n"
    )
    process = program(begun + analysis)
    assert process.stdout.readline() == "begun\n"
    hook = block_with("class StopWhenTooBright").partition("\ns = ascan")[0]
    names = {}
    exec(hook, names)
    hook = names["StopWhenTooBright"]()
    scan.set_watchdog_callback(hook)
    scan.run()
    hook.flag.close()
    assert scan.outcome is Outcome.STOPPED
    assert scan.reason == "too bright"


def test_nodes_and_points(demo, beacon):
    scan = scans.ascan(demo["robz"], 0, 1, 20, 0, demo["sim_ct_gauss"])
    names = {"node": node}
    exec(block_with("scan.info").replace("demo_session:data:1_ascan", scan.node.db_name), names)
    exec(block_with("channel.get(0, -1)"), names)
    assert len(names["channel"].get(0, -1)) == 21
