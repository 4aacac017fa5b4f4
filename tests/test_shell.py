"""The real shell at a pseudo-terminal."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.beacon_process import (
    DEMO,
    ROOT,
    BeaconProcess,
    free_port,
    python_environment,
    run_python,
)
from tests.terminal import SHELL, WAIT, Terminal

DOCUMENT = Path(__file__).parent / "data_flow.md"


@pytest.fixture
def terminal(beacon, tmp_path):
    """The shell at its first prompt."""
    with Terminal(
        "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
    ) as opened:
        opened.wait_for_prompt()
        yield opened


def wait_until(condition, what):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_a_scan_shows_its_table_and_gives_the_prompt_back(terminal):
    shown = terminal.run("s = ascan(robz, -1, 1, 10, .001, sim_ct_gauss, save=False)")
    assert "ascan robz -1 1 10 0.001" in shown
    assert re.search(r"#\s+robz\[mm\]\s+elapsed_time\[s\]\s+sim_ct_gauss\[cts\]", shown)
    rows = re.findall(r"^\s+(\d+)\s+(\S+)\s+\S+\s+\S+$", shown, re.M)
    assert [int(number) for number, _ in rows] == list(range(11))
    assert [float(position) for _, position in rows] == [round(-1 + 0.2 * i, 1) for i in range(11)]
    assert re.search(r"complete after 11 points in \d+\.\d\d s", shown)
    assert "not saved" not in shown
    assert "11" in terminal.run("print(len(s.get_data()['robz']))")
    assert terminal.leave() == 0


def test_a_scan_to_be_saved_says_that_no_writer_runs(shared_terminal):
    assert "not saved: no writer is running" in shared_terminal.run("ct(0, diode1, save=True)")


def test_a_single_point_is_shown_upright(shared_terminal):
    shown = shared_terminal.run("ct(.01, diode1)")
    assert re.search(r"diode1\[cts\]\s+5\d\.", shown) or re.search(r"diode1\[cts\]\s+4\d\.", shown)


def test_axes_are_moved_and_shown(shared_terminal):
    terminal = shared_terminal
    terminal.run("mv(robx, 1.5, roby, -2)")
    shown = terminal.run("wa()")
    assert re.search(r"robx\s+1\.5000 mm", shown)
    assert re.search(r"roby\s+-2\.0000 mm", shown)
    assert re.search(r"robz\s+3\.0000 mm", terminal.run("umv(robz, 3)"))
    assert re.search(r"robz\s+READY", terminal.run("sta()"))
    terminal.run("mv(robx, 0, roby, 0, robz, 0)")


def test_ctrl_c_ends_a_scan_and_keeps_its_data(shared_terminal):
    since = shared_terminal.type("s = timescan(.01, diode1)\r")
    shared_terminal.wait_for(r"^\s+2\s+\S+\s+\S+$", since=since)
    shared_terminal.interrupt()
    shown = shared_terminal.finish(since)
    assert re.search(r"aborted after \d+ points.*interrupted by Ctrl-C", shown)
    assert "OUTCOME aborted" in shared_terminal.run("print('OUTCOME', SCANS[-1].outcome.value)")
    counted = shared_terminal.run("print('COUNT', len(SCANS[-1].get_data()['diode1']))")
    assert re.search(r"COUNT [1-9]", counted)


def test_ctrl_c_stops_an_axis(shared_terminal):
    terminal = shared_terminal
    terminal.run("mv(robx, 0); velocity = robx.velocity; robx.velocity = 1")
    since = terminal.type("umv(robx, 50)\r")
    terminal.wait_for(r"robx\s+0\.\d*[1-9]", since=since)
    terminal.interrupt()
    terminal.finish(since)
    assert re.search(r"robx\s+READY", terminal.run("sta()"))
    terminal.run("robx.velocity = velocity; mv(robx, 0)")


def test_ctrl_c_reaches_a_command_that_computes(shared_terminal):
    since = shared_terminal.type("print('begins'); [None for _ in iter(int, 1)]\r")
    shared_terminal.wait_for(r"\nbegins", since=since)
    shared_terminal.signal(signal.SIGINT)
    assert "interrupted" in shared_terminal.finish(since)


def test_a_signal_at_the_prompt_clears_the_line(shared_terminal):
    since = shared_terminal.type("half a line")
    shared_terminal.wait_for("half a line", since=since)
    shared_terminal.signal(signal.SIGINT)
    shown = shared_terminal.run("print('go' + 'od')")
    assert "good" in shown
    assert "SyntaxError" not in shown
    assert "escaped" not in shared_terminal.text


def test_greenlets_go_on_while_the_prompt_waits(shared_terminal, tmp_path):
    file = tmp_path / "ticks"
    shared_terminal.run(
        f"import gevent; g = gevent.spawn(lambda: [open({str(file)!r}, 'a').write('x') "
        "or gevent.sleep(.01) for _ in range(10)])"
    )
    wait_until(lambda: file.exists() and len(file.read_text()) == 10, "the greenlet did not run")


def test_tab_completes_without_asking_the_hardware(own_beacon_with, tmp_path):
    beacon, reads = own_beacon_with
    with Terminal(
        "-s",
        "demo_session",
        home=tmp_path,
        environment={"BEACON_HOST": beacon.host, "PYTHONPATH": beacon.env["PYTHONPATH"]},
    ) as terminal:
        terminal.wait_for_prompt()
        terminal.run("shy")  # that it can be read, and is then counted
        before = reads.read_text()
        assert before
        for text, expected in (("sh\t", "shy"), ("shy.\t", "position"), ("shy.pos\t", "ition")):
            since = terminal.type(text)
            terminal.wait_for(expected, since=since)
            terminal.type("\x15")  # clears the line
        terminal.run("1")
        assert reads.read_text() == before


@pytest.fixture
def own_beacon_with(tmp_path):
    """A Beacon whose session has an axis that notes each time it is read."""
    reads = tmp_path / "reads"
    (tmp_path / "shy_device.py").write_text(
        f"""
class Shy:
    name = "shy"
    @property
    def position(self):
        with open({str(reads)!r}, "a") as file:
            file.write("x")
        return 1.0
    def __repr__(self):
        return f"shy at {{self.position}}"

class Controller:
    def __init__(self, name, config):
        self.devices = {{"shy": Shy()}}
"""
    )
    config = tmp_path / "sessions.yml"
    config.write_text(
        "controllers:\n  - name: c\n    class: shy_device.Controller\n    axes: [{name: shy}]\n"
        "sessions:\n  - name: demo_session\n"
    )
    with BeaconProcess(tmp_path / "state", config=config) as beacon:
        beacon.env["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(ROOT)])
        yield beacon, reads


def blocks_of_the_document():
    """The follower, the analysis, the hook and the lines to type, as the user wrote them."""
    text = DOCUMENT.read_text()
    found = [code for _, code in re.findall(r"^```(python|bash)\n(.*?)^```", text, re.S | re.M)]
    lines = re.findall(r"^DEMO_SESSION \[\d+\]: (.*)$", found[3], re.M)
    return found[0], found[1], found[2], lines


@pytest.fixture
def clients(beacon, tmp_path):
    """Starts the document's programs, and ends them."""
    started = []

    def start(name, code):
        script, log = tmp_path / f"{name}.py", tmp_path / f"{name}.log"
        script.write_text(code)
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-u", str(script)],
                env=beacon.env,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        listens = f"-P {process.pid}"
        return process, log, listens

    yield start
    for process in started:
        process.terminate()
        process.wait(WAIT)


def is_connected(process, count):
    return len(psutil.Process(process.pid).net_connections("tcp")) >= count


def test_the_document_to_the_letter(terminal, clients, tmp_path):
    follower_code, analysis_code, hook_code, lines = blocks_of_the_document()
    follower, follower_log, _ = clients("follower", follower_code)
    analysis, analysis_log, _ = clients("analysis", analysis_code)
    # Beacon and the walk; for the analysis also its channel
    wait_until(lambda: is_connected(follower, 2), "the follower did not connect")
    wait_until(lambda: is_connected(analysis, 3), "the analysis did not connect")

    # a scan that both have seen shows that they listen
    def both_listen():
        terminal.run("ascan(robz, -1, 0, 4, 0, sim_ct_gauss, save=False)")
        return "ends" in follower_log.read_text()

    wait_until(both_listen, "the follower saw nothing")
    (tmp_path / "hook.py").write_text(hook_code)
    terminal.run("exec(open('hook.py').read())")
    for line in lines:
        shown = terminal.run(line)
        assert "Error" not in shown
    assert re.search(r"stopped after \d+ of 501 points.*StopAlignmentHook had seen enough", shown)
    points = int(re.search(r"stopped after (\d+) of", shown)[1])
    assert 250 < points < 501
    wait_until(lambda: "Stop Alignment" in analysis_log.read_text(), "the analysis said nothing")
    best = re.search(r"max_value:(\S+) current_value:(\S+)", analysis_log.read_text())
    assert float(best[1]) > 50
    name = re.search(r"(_\d+_ascan): ascan robz -5 5 500", terminal.text)[1]
    log = follower_log.read_text()
    assert f"Scan demo_session:data:{name} started" in log
    wait_until(lambda: f"{name} ends" in follower_log.read_text(), "the follower saw no end")
    assert follower.poll() is None
    assert analysis.poll() is None
    assert terminal.leave() == 0


def test_an_embedded_beacon_is_started_and_ends_with_its_shell(tmp_path):
    address = f"localhost:{free_port()}"
    with Terminal(
        "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": address}
    ) as terminal:
        terminal.wait_for_prompt()
        assert f"started an embedded Beacon at {address}" in terminal.text
        (embedded,) = [p for p in psutil.process_iter() if is_beacon(p, address)]
        processes = [embedded, *embedded.children(recursive=True)]
        assert len(processes) >= 3  # Beacon and its two servers
        assert terminal.leave() == 0
    _, alive = psutil.wait_procs(processes, WAIT)
    assert not alive, "something outlived the shell"


def is_beacon(process, address):
    try:
        mine = process.environ().get("BEACON_HOST") == address
        return mine and "bliss.server" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-s", "no_such"), r"no session 'no_such'.*demo_session"),
        (("-s", "demo_session", "--config", "missing.yml"), r"missing.yml.*no such file"),
    ],
)
def test_what_cannot_start_says_why(beacon, refused, arguments, said):
    assert re.search(said, refused(beacon.host, *arguments))


def test_without_a_beacon_no_embedded_says_what_to_start(refused):
    address = f"localhost:{free_port()}"
    assert re.search(rf"{address}.*bliss-beacon", refused(address, "--no-embedded"))


def test_a_session_is_open_once(shared_terminal):
    host = shared_terminal.environment["BEACON_HOST"]
    ended = run_python("-c", SHELL, "-s", "demo_session", BEACON_HOST=host)
    assert ended.returncode == 1
    assert re.search(rf"demo_session.*{shared_terminal.process.pid}", ended.stderr)


def test_a_setup_file_that_fails_leaves_a_prompt(tmp_path):
    (tmp_path / "sessions.yml").write_text(
        DEMO.read_text().replace("bliss_shell.demo.setup", "my_setup.py")
    )
    (tmp_path / "my_setup.py").write_text("first = 1\nsecond = 1 / 0\n")
    with (
        BeaconProcess(tmp_path / "state", config=tmp_path / "sessions.yml") as beacon,
        Terminal(
            "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
        ) as terminal,
    ):
        terminal.wait_for_prompt()
        assert re.search(r"my_setup.py:2: ZeroDivisionError", terminal.text)
        assert "FIRST 1" in terminal.run("print('FIRST', first)")


def test_importing_the_library_patches_nothing():
    code = (
        "import bliss_shell.run, scans, hardware.axis, bliss.scanning.scan\n"
        "from gevent import monkey\n"
        "assert not monkey.is_module_patched('socket')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], env=python_environment(), check=False, capture_output=True
    )
    assert ended.returncode == 0, ended.stderr


def test_a_client_needs_neither_gevent_nor_ipython():
    code = (
        "import sys, bliss.data.node, bliss.config.channels\n"
        "assert not {'gevent', 'IPython'} & set(sys.modules)"
    )
    ended = run_python("-c", code)
    assert ended.returncode == 0, ended.stderr
