"""Sessions: listed, created, deleted, reloaded, scripted, opened in a plain program."""

import re
import signal
import subprocess
import sys

import pytest

from tests.beacon_process import DEMO, BeaconProcess, python_environment, run_python
from tests.screen import Screen
from tests.terminal import SHELL, WAIT

CONFIG = """\
controllers:
  - name: motors
    class: hardware.simulated_axes.SimulatedAxisController
    axes:
      - {name: mx, velocity: 1000, acceleration: 10000}
      - {name: my, velocity: 1000, acceleration: 10000}
  - name: counters
    class: hardware.simulated_counters.SimulatedCounterController
    counters:
      - {name: cx, axis: $mx, shape: gauss, peak: 10, centre: 0, sigma: 1}
  - name: diodes
    class: hardware.simulated_counters.SimulatedCounterController
    counters: [{name: d1, shape: constant, peak: 5}]
sessions:
  - name: base
    setup-file: base.py
    config-objects: [mx, cx]
  - name: demo_session
    setup-file: own.py
    include-sessions: [base]
    config-objects: [my, d1]
    exclude-objects: [cx]
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A Beacon with sessions that include each other, for tests that put back what they change."""
    home = tmp_path_factory.mktemp("lab")
    (home / "sessions.yml").write_text(CONFIG)
    (home / "base.py").write_text("order = ['base']\ndef twice(x):\n    return 2 * x\n")
    (home / "own.py").write_text("order.append('own')\nmx = 'overwritten'\n")
    with BeaconProcess(home / "state", config=home / "sessions.yml") as process:
        yield home, process


@pytest.fixture(scope="module")
def shared_terminal(lab):
    """A shell for tests that leave it as it was."""
    home, process = lab
    with Screen("-s", "demo_session", home=home, environment=process.env) as opened:
        opened.wait_for_prompt()
        yield opened


@pytest.fixture(params=[80, 200])
def screen(request, shared_terminal):
    shared_terminal.resize(columns=request.param)
    shared_terminal.new_line()
    yield shared_terminal
    shared_terminal.new_line()


def shell(*arguments, answer="", **variables):
    return subprocess.run(
        [sys.executable, "-c", SHELL, *arguments],
        env=python_environment(**variables), input=answer, capture_output=True, text=True,
        timeout=WAIT, check=False,
    )  # fmt: skip


def test_a_session_has_what_it_includes(shared_terminal):
    shown = shared_terminal.run("print(order, twice(2), mx.name, my.name, d1.name)")
    assert "['base'] 4 mx my d1" in shown
    assert re.search(r"own.py:2: mx would be overwritten.*nothing of it has run",
                     shared_terminal.text)  # fmt: skip
    assert "there is no 'cx'" in shared_terminal.run("cx")


def test_the_configuration_is_reloaded(shared_terminal, lab):
    home, _ = lab
    shared_terminal.run("before = mx, my, d1")
    assert "nothing has changed; 3 as before" in shared_terminal.run("reload_config")
    changed = CONFIG.replace(
        "{name: my, velocity: 1000, acceleration: 10000}",
        "{name: my, velocity: 50, acceleration: 10000}",
    )
    changed = changed.replace("[my, d1]", "[my, mz]").replace(
        "      - {name: my", "      - {name: mz, velocity: 1, acceleration: 1}\n      - {name: my"
    )
    try:
        (home / "sessions.yml").write_text(changed)
        shown = shared_terminal.run("reload_config")
        assert "new: mz; changed: mx, my; gone: d1; 0 as before" in shown
        shown = shared_terminal.run("print(my.velocity, mx is before[0], 'd1' in globals())")
        assert "50.0 False False" in shown
        assert re.search(r"mz\s+0\.0000", shared_terminal.run("wa()"))
        assert "mz would be overwritten" in shared_terminal.run("mz = 1")
        (home / "sessions.yml").write_text(changed.replace("velocity: 50", "velocity: fast"))
        assert "velocity" in shared_terminal.run("reload_config")
        (home / "sessions.yml").write_text("controllers: 5")
        shown = shared_terminal.run("reload_config")
        assert re.search(r"sessions.yml:1: controllers: expected", shown)
    finally:
        (home / "sessions.yml").write_text(CONFIG)
    assert "new: d1; changed: mx, my; gone: mz" in shared_terminal.run("reload_config")


def test_a_moving_axis_is_not_made_again(shared_terminal, lab):
    home, _ = lab
    shared_terminal.run("mx.velocity = 1; mx.start_move(40)")
    try:
        (home / "sessions.yml").write_text(
            CONFIG.replace(
                "{name: my, velocity: 1000, acceleration: 10000}",
                "{name: my, velocity: 1, acceleration: 1}",
            )
        )
        assert "reload_config: mx moves" in shared_terminal.run("reload_config")
    finally:
        (home / "sessions.yml").write_text(CONFIG)
        shared_terminal.run("mx.stop(); mx.velocity = 1000")


def test_scripts_of_the_user(shared_terminal, lab):
    home, _ = lab
    (home / "scripts").mkdir(exist_ok=True)
    (home / "scripts" / "align.py").write_text(
        "value = mx.name\ndef find():\n    print('found', value)\nprint('ran', __name__)\n"
    )
    assert "scripts/align.py" in shared_terminal.run("user_script_list")
    shared_terminal.run("user_script_homedir('scripts')")
    assert "ran __main__" in shared_terminal.run("user_script_run align")
    assert "there is no 'find'" in shared_terminal.run("find")
    shared_terminal.run("user_script_load align")
    assert "found mx" in shared_terminal.run("user.find()")
    shared_terminal.run("user_script_load align export_global=True")
    assert "found mx" in shared_terminal.run("find")
    assert re.search(
        r"no script .*nosuch.*: align.py", shared_terminal.run("user_script_run nosuch")
    )
    (home / "scripts" / "bad.py").write_text("print('half')\nmx = 1\n")
    shown = shared_terminal.run("user_script_load('bad', export_global=True)")
    assert re.search(r"bad.py:2: mx would be overwritten", shown)
    assert "half" not in shown


def test_the_prompt_stays_when_the_configuration_is_reloaded(screen, lab):
    home, _ = lab
    screen.run("kept = 5")
    try:
        (home / "sessions.yml").write_text(CONFIG.replace("[my, d1]", "[my]"))
        screen.run("reload_config")
        screen.wait_to_see("^gone: d1; 2 as before$")
    finally:
        (home / "sessions.yml").write_text(CONFIG)
    screen.run("reload_config")
    screen.wait_to_see("^new: d1; 2 as before$")
    screen.run("kept, d1.name")
    screen.wait_to_see(r"Out \[\d+\]: \(5, 'd1'\)$")


def test_scripts_are_listed_run_and_loaded(screen, lab):
    home, _ = lab
    (home / "scripts").mkdir(exist_ok=True)
    (home / "scripts" / "align.py").write_text("def find():\n    print('at', mx.name)\nfind()\n")
    screen.run("user_script_homedir scripts")
    screen.run("user_script_list")
    screen.wait_to_see("^  align.py$")
    screen.run("user_script_run align")
    screen.wait_to_see("^at mx$")
    screen.new_line()
    screen.run("user_script_load align")
    screen.run("user.find()")
    screen.wait_to_see(r"user\.find\(\)\nat mx$")


@pytest.mark.parametrize("columns", [80, 200])
def test_sessions_are_listed(shared_terminal, lab, columns):
    home, process = lab
    with Screen("-S", home=home, environment=process.env, columns=columns) as listing:
        assert listing.wait_for_end() == 0
    assert "  base          2 objects" in listing.lines
    (line,) = [each for each in listing.lines if each.startswith("  demo_session ")]
    assert line.startswith("  demo_session  3 objects, in use by ")


def test_a_session_is_deleted_when_the_user_says_so(shared_terminal, lab):
    home, process = lab
    (home / "sessions.yml").write_text(CONFIG + "  # an old one\n  - name: old\n")
    try:
        assert shell("-D", "old", answer="\n", BEACON_HOST=process.host).returncode == 1
        assert "old" in (home / "sessions.yml").read_text()
        ended = shell("-D", "old", answer="y\n", BEACON_HOST=process.host)
        assert ended.returncode == 0, ended.stderr
        assert (home / "sessions.yml").read_text() == CONFIG
        ended = shell("-D", "demo_session", answer="y\n", BEACON_HOST=process.host)
        assert "in use by" in ended.stderr
    finally:
        (home / "sessions.yml").write_text(CONFIG)


def test_a_created_session_runs(tmp_path, monkeypatch, shared_free_host):
    monkeypatch.chdir(tmp_path)
    created = shell("-c", "mine", BEACON_HOST=shared_free_host)
    assert created.returncode == 0, created.stderr
    again = shell("-c", "mine", BEACON_HOST=shared_free_host)
    assert "already the name" in again.stderr
    (tmp_path / "go.py").write_text("umv(mot1, 1)\nct(.01, ct1)\nhello()\n")
    ended = shell("-s", "mine", "--exec", "go.py", BEACON_HOST=shared_free_host)
    assert ended.returncode == 0, ended.stderr
    assert "This is mine.  Try: wa" in ended.stdout
    assert "complete after 1 point" in ended.stdout


@pytest.mark.parametrize("columns", [80, 200])
def test_a_session_is_made_used_and_deleted_at_a_terminal(tmp_path, shared_free_host, columns):
    def screen(*arguments):
        environment = {"BEACON_HOST": shared_free_host}
        return Screen(*arguments, home=tmp_path, environment=environment, columns=columns)

    with screen("-c", "mine") as shown:
        assert shown.wait_for_end() == 0
        assert shown.lines[0].startswith("created mine in")
    (tmp_path / "go.py").write_text("umv(mot1, 1)\nct(.01, ct1)\n1 / 0\n")
    with screen("-s", "mine", "--exec", "go.py") as shown:
        assert shown.wait_for_end() == 1
        assert "mot1     1.0000 mm" in shown.lines
        assert "ZeroDivisionError: division by zero" in shown.lines
    with screen("-D", "mine") as shown:
        shown.wait_to_see(r"\[y/N\]")
        shown.type("y\r")
        assert shown.wait_for_end() == 0
    assert "mine" not in (tmp_path / "sessions.yml").read_text()


@pytest.fixture
def shared_free_host():
    from tests.beacon_process import free_port

    return f"localhost:{free_port()}"


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("import sys\nprint('args', sys.argv[1:], __name__)\nsys.exit(3)", 3, ""),
        ("umv(robx, 1000)", 1, r"^my\.py:1: .*robx.*limit"),
        ("x = 1\n1 / 0", 1, r"\ATraceback[^\n]*\n  File \"my\.py\", line 2[^Z]*ZeroDivisionError"),
    ],
)
def test_a_script_runs_without_a_prompt(beacon, tmp_path, monkeypatch, code, status, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(code)
    ended = shell(
        "-s", "demo_session", "--exec", "my.py", "a", "b",
        BEACON_HOST=beacon.host, HOME=str(tmp_path),
    )  # fmt: skip
    assert ended.returncode == status, ended.stderr
    assert re.search(said, ended.stderr, re.M)
    if status == 3:
        assert "args ['a', 'b'] __main__" in ended.stdout


def test_ctrl_c_ends_a_script_and_its_scan(beacon, tmp_path):
    (tmp_path / "my.py").write_text("timescan(.01, diode1)\n")
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", SHELL, "-s", "demo_session", "--exec", "my.py"],
        env=python_environment(BEACON_HOST=beacon.host, HOME=str(tmp_path)),
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        while not re.match(r"\s+1\s", process.stdout.readline()):
            pass
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=WAIT)
    assert process.returncode == 130
    assert re.search(r"aborted after \d+ points.*Ctrl-C", out)
    assert "my.py:1: interrupted" in error


PROGRAM = """
from bliss_shell import open_session
with open_session("demo_session") as session:
    session["mv"](session["robx"], 1.5)
    from scans import ct
    print("POINTS", len(ct(.01, session["diode1"]).get_data()["diode1"]))
"""
PATCHED = "from gevent import monkey\nmonkey.patch_all()\n"


def test_a_session_in_a_plain_program(beacon, tmp_path):
    variables = {"BEACON_HOST": beacon.host, "HOME": str(tmp_path)}
    ended = run_python("-c", PATCHED + PROGRAM, **variables)
    assert ended.returncode == 0, ended.stderr
    assert "POINTS 1" in ended.stdout
    ended = run_python("-c", PROGRAM, **variables)
    assert ended.returncode == 1
    assert "monkey.patch_all()" in ended.stderr


def test_the_demo_is_nobodys_own(beacon):
    ended = shell("-D", "demo_session", answer="y\n", BEACON_HOST=beacon.host)
    assert ended.returncode == 1
    assert f"{DEMO}: this is the demo's own file" in ended.stderr
