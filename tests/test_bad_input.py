"""Bad input from outside the prompt, and terminals of every kind: one clear sentence, no harm."""

import re
import subprocess
import sys

import pytest

from bliss.config.static import parse_configuration
from bliss_shell.devices import build_devices
from tests.beacon_process import (
    DEMO,
    BeaconProcess,
    free_port,
    python_environment,
    run_python,
    something_else,
)
from tests.terminal import SHELL, Terminal


def shell(*arguments, folder, **variables):
    """Run the shell without a terminal, to its end."""
    return run_python("-c", SHELL, *arguments, HOME=str(folder), **variables)


def assert_one_sentence(ended, said):
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert re.search(said, ended.stderr), ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "address", ["localhost:99999", "localhost:port", "http://localhost:25000", ":::", "a b:1"]
)
def test_a_hostile_beacon_host_is_named(refused, address):
    assert address in refused(address)


def test_something_else_where_beacon_should_be(refused):
    with something_else(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        assert address in refused(address)


def test_a_host_that_is_not_there(tmp_path):
    ended = shell("-s", "demo_session", folder=tmp_path, BEACON_HOST="no-such-host.invalid:25000")
    assert_one_sentence(ended, r"no-such-host\.invalid:25000.*bliss-beacon")


def test_a_broken_configuration_names_file_and_line(refused, tmp_path):
    with demo_with(tmp_path, "sessions:\n", "sesions:\n") as beacon:
        assert re.search(r"sessions\.yml:\d+: .*sesions", refused(beacon.host))


def test_a_server_program_that_does_not_start(tmp_path):
    ended = shell(
        *("-s", "demo_session"),
        folder=tmp_path,
        BEACON_HOST=f"localhost:{free_port()}",
        BLISS_SERVER_BINARY="/bin/false",
    )
    assert_one_sentence(ended, r"server cannot be used")


def demo_with(tmp_path, before, after):
    config = tmp_path / "sessions.yml"
    text = DEMO.read_text()
    assert before in text
    config.write_text(text.replace(before, after))
    return BeaconProcess(tmp_path / "state", config=config)


def test_a_controller_that_cannot_be_made_costs_its_own_objects_only(tmp_path):
    known = "hardware.simulated_axes.SimulatedAxisController"
    missing = "hardware.simulated_axes.NoSuchController"
    with (
        demo_with(tmp_path, known, missing) as beacon,
        Terminal("-s", "demo_session", home=tmp_path, environment=beacon.env) as terminal,
    ):
        terminal.wait_for_prompt()
        said = r"controller 'simulated_motors': no class '.*NoSuchController'.*expected"
        assert re.search(said, terminal.text), terminal.text
        assert re.search(r"goes on without robx, roby, robz, sim_ct_gauss", terminal.text)
        assert "complete after 1 point" in terminal.run("ct(0, diode1)")


def test_so_does_one_whose_configuration_is_wrong():
    known, wrong = "velocity: 1000          # mm/s", "velocity: fast"
    text = DEMO.read_text()
    assert known in text
    config = parse_configuration(text.replace(known, wrong), "sessions.yml")
    devices, problems = build_devices(config.session("demo_session"))
    assert re.search(r"simulated_motors.*velocity.*fast", problems[0])
    assert re.search(r"goes on without robx, roby, robz, sim_ct_gauss", problems[-1])
    assert "diode1" in devices


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ascan(robz, 1, 2)", r"missing 2 required.*expected ascan\(motor, start, stop"),
        (
            "ct(1, diode1, bogus=3)",
            r"ct: unexpected keyword argument 'bogus'; expected some of name, title",
        ),
        ("ascan(robz, 0, 1, 5, .1, diode1, 7)", r"7 is not a counter"),
        ("ascan(robz, 0, 1, 5, 'long', diode1)", r"count_time is 'long': expected a number"),
        ("ascan(robz, 0, 1, 5, float('nan'), diode1)", r"count_time is nan: expected a number"),
        ("ascan(robz, 0, 1, 5, -1, diode1)", r"count_time is -1: expected a number, 0 or more"),
        ("ascan(robz, 0, 1, 0, .1, diode1)", r"intervals is 0: expected a number, 1 or more"),
        ("ascan(robz, 0, 25, 5, .1, diode1)", r"robz: 25.* beyond the high limit \(20"),
        ("dscan(robz, -30, 1, 5, .1, diode1)", r"robz: -30.* beyond the low limit \(-20"),
        ("ascan(robz, 0, 1, 5, .1, MeasurementGroup('none', []))", r"nothing to count in none"),
        ("mv(robz, 1, robz, 2)", r"an axis is given twice"),
        ("umv(robz, 'home')", r"robz: 'home' is no position"),
        ("robz.velocity = -1", r"robz: -1 is no velocity; expected a number above 0"),
    ],
)
def test_a_wrong_command_is_one_sentence_and_moves_nothing(shared_terminal, line, said):
    scans = shared_terminal.run("print(len(SCANS))")
    shown = shared_terminal.run(line)
    assert re.search(said, shown, re.S), shown
    assert "Traceback" not in shown
    assert re.search(r"robz\s+0\.0000 mm", shared_terminal.run("wa()"))
    assert number_in(shared_terminal.run("print(len(SCANS))")) == number_in(scans)


def number_in(shown):
    """What `print` has shown."""
    return int(re.search(r"^(\d+)$", shown, re.M)[1])


def test_an_error_in_what_the_user_wrote_keeps_its_traceback(shared_terminal):
    assert "Traceback" in shared_terminal.run("1 / 0")
    shared_terminal.run("mine = lambda: asacn")
    assert "Traceback" in shared_terminal.run("mine()")
    shared_terminal.run("del mine")


def test_a_mistyped_name_is_one_sentence_with_what_may_be_meant(shared_terminal):
    shown = shared_terminal.run("asacn(robz, 0, 1, 2, .1)")
    assert "\nthere is no 'asacn'; did you mean 'ascan'?\n" in shown
    assert "\nthere is no 'qqqqq'\n" in shared_terminal.run("qqqqq")
    assert "NameError" in shared_terminal.run("last_error()")


def test_a_device_that_fails_is_named_and_last_error_shows_where(shared_terminal):
    terminal = shared_terminal
    terminal.run("diode1.controller.read_all = lambda counters: 1 / 0")
    shown = terminal.run("ct(.01, diode1)")
    said = "simulated_diodes: ZeroDivisionError: division by zero; last_error() shows where"
    assert said in shown
    assert "Traceback" not in shown
    assert "simulated_diodes: ZeroDivisionError" in terminal.run("SCANS[-1]")
    assert re.search(r"Traceback.*read_all", terminal.run("last_error()"), re.S)
    terminal.run("del diode1.controller.read_all")


LINES = "ct(.01, diode1)\nmv(robz, 99)\nprint(1 / 0)\n"


@pytest.mark.parametrize("variables", [{}, {"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_input_and_output_can_be_files(beacon, tmp_path, variables):
    ended = subprocess.run(
        [sys.executable, "-c", SHELL, "-s", "demo_session"],
        env=python_environment(HOME=str(tmp_path), **variables) | {"BEACON_HOST": beacon.host},
        input=LINES,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"diode1\[cts\]\s+\d", ended.stdout)
    assert "beyond the high limit" in ended.stderr
    assert "ZeroDivisionError" in ended.stdout
    assert "\x1b" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_terminal_without_colour_gets_none(beacon, tmp_path, variables, columns):
    environment = beacon.env | variables
    with Terminal(
        "-s", "demo_session", home=tmp_path, environment=environment, columns=columns
    ) as terminal:
        terminal.wait_for_prompt()
        terminal.run("ct(.01, diode1)")
        terminal.run("1 / 0")
        assert not re.search(rb"\x1b\[[\d;]*[34]\dm", terminal.raw)
        assert terminal.leave() == 0


@pytest.fixture
def resized(shared_terminal):
    """A terminal that may change its size."""
    yield shared_terminal
    shared_terminal.resize(columns=160)


def test_a_terminal_that_changes_its_size_in_a_table_keeps_working(resized):
    terminal = resized
    since = terminal.type("loopscan(30, .02, diode1, sim_ct_gauss)\r")
    for columns in (40, 200, 80):
        terminal.wait_for(r"\n\s+\d+\s+\S+", since=since)
        terminal.resize(columns=columns)
    shown = terminal.finish(since)
    rows = [int(number) for number in re.findall(r"^\s+(\d+)\s+\S+\s+\S+\s+\S+$", shown, re.M)]
    assert rows == list(range(30))
    assert "complete after 30 points" in shown
    assert "OK" in terminal.run("print('O' + 'K')")


def test_a_narrow_terminal_gets_as_many_columns_as_fit(resized):
    resized.resize(columns=50)
    shown = resized.run("ascan(roby, 0, 1, 2, 0, diode1, sim_ct_gauss); mv(roby, 0)")
    head = next(line for line in shown.splitlines() if "roby[mm]" in line)
    assert len(head) <= 50
    assert re.search(r"\+\d$", head)
