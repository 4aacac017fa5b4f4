"""`bliss-tail`: events a line each, for people and for machines."""

import json
import re
import signal
import subprocess
import sys

import pytest

import scans
from tests.beacon_process import run_python

WAIT = 20.0  # seconds
TAIL = "import sys; from bliss.data.tail import main; sys.exit(main())"


@pytest.fixture
def tail(beacon):
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", TAIL, *arguments],
            env=beacon.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def until(process, found):
    """The lines up to the first one that matches."""
    lines = []
    while not lines or not re.search(found, lines[-1]):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        lines.append(line)
    return lines


def test_people_see_what_happens(demo, tail):
    scan = scans.ascan(demo["robz"], 0, 1, 2, 0, demo["sim_ct_gauss"])
    shown = "".join(until(tail("demo_session", "--all"), rf":{scan.name}  ended"))
    assert re.search(rf":{scan.name}  new scan  ascan robz 0 1 2 0", shown)
    assert re.search(rf":{scan.name}:axis:robz  3 new from 0, the last 1\b", shown)
    assert re.search(rf":{scan.name}  prepared scan", shown)
    assert re.search(rf":{scan.name}  ended complete", shown)


def test_machines_get_json(demo, tail):
    scan = scans.ascan(demo["robz"], 0, 1, 2, 0, demo["sim_ct_gauss"])
    lines = until(tail("--json", "--all"), rf"END_SCAN.*:{scan.name}\"")
    events = [json.loads(line) for line in lines]
    mine = [event for event in events if f":{scan.name}" in event["node"]]
    assert mine[0]["event"] == "NEW_NODE"
    assert mine[0]["info"]["title"] == scan.scan_info["title"]
    (robz,) = [e for e in mine if e["event"] == "NEW_DATA" and e["node"].endswith("axis:robz")]
    assert (robz["first_index"], robz["npoints"], robz["data"]) == (0, 3, [0.0, 0.5, 1.0])
    assert mine[-1]["outcome"] == "complete"


def test_it_ends_quietly_when_its_reader_goes(demo, tail):
    process = tail("--all")
    scans.ct(0, demo["diode1"])
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(WAIT) == 0
    assert process.stderr.read() == ""


def test_it_ends_quietly_at_ctrl_c(demo, tail):
    process = tail("--all")
    scan = scans.ct(0, demo["diode1"])
    until(process, rf":{scan.name}  ended")
    process.send_signal(signal.SIGINT)
    assert process.wait(WAIT) == 0
    assert process.stderr.read() == ""


def test_an_unknown_session_is_one_sentence(beacon):
    ended = run_python("-c", TAIL, "no_such", BEACON_HOST=beacon.host)
    assert ended.returncode == 1
    assert re.fullmatch(r"bliss-tail: no session 'no_such'.*demo_session\n", ended.stderr)
