"""The commands that move and show axes, at the real prompt."""

import json
import re
import subprocess
import sys

import pyte
import pytest

from tests.beacon_process import BeaconProcess, python_environment
from tests.terminal import SHELL, Terminal

MOVES = ".local/state/bliss-shell/demo_session/moves.jsonl"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("shell")


@pytest.fixture(scope="module")
def server(home):
    with BeaconProcess(home / "state") as process:
        yield process


@pytest.fixture(scope="module")
def shared_terminal(server, home):
    """A shell whose axes are slow."""
    with Terminal(
        "-s", "demo_session", home=home, environment={"BEACON_HOST": server.host}
    ) as opened:
        opened.wait_for_prompt()
        opened.run("robx.velocity = roby.velocity = 5; robx.acctime = 0.01")
        yield opened


def screen_of(terminal, since, columns=160):
    """What a terminal shows of all that came since, line by line."""
    screen = pyte.Screen(columns, 50)
    pyte.ByteStream(screen).feed(terminal.raw[since:])
    return [line.rstrip() for line in screen.display if line.strip()]


def test_umv_shows_positions_in_place_and_leaves_the_last_ones(shared_terminal):
    since = len(shared_terminal.raw)
    shown = shared_terminal.run("umv(robx, 3, robz, 1)")
    seen = {float(x) for x in re.findall(r"robx +(\S+) mm", shown)}
    assert len(seen) > 3  # they changed
    last = "robx     3.0000 mm   robz     1.0000 mm"
    assert [line for line in screen_of(shared_terminal, since) if "robx  " in line] == [last]


def test_ctrl_c_in_umv_leaves_what_it_said_and_the_positions(shared_terminal):
    since = len(shared_terminal.raw)
    typed = shared_terminal.type("umv(robx, 80)\r")
    shared_terminal.wait_for(r"robx +\d+\.\d*[1-9] mm\n +\d+ %, \d+\.\d s left", since=typed)
    shared_terminal.interrupt()
    shared_terminal.finish(typed)
    lines = screen_of(shared_terminal, since)
    said, place, how = lines[1:4]  # below what was typed
    assert said.startswith("stopping; once more")
    assert re.fullmatch(r"robx +\d+\.\d{4} mm", place)
    assert how == "interrupted"
    assert "READY" in shared_terminal.run("sta(robx)")
    assert "not at 80.0: Ctrl-C" in shared_terminal.run("moves(robx, 1)")


def test_a_wait_says_for_what_and_undo_asks(shared_terminal):
    shared_terminal.run("robx.velocity = 1000; mv(robx, 0); robx.velocity = 5")
    since = len(shared_terminal.raw)
    typed = shared_terminal.type("mv(robx, 12)\r")
    shared_terminal.wait_for(r"waiting for robx: MOVING \d+\.\d+ → 12\.0, \d s", since=typed)
    shared_terminal.finish(typed)
    assert not any("waiting" in line for line in screen_of(shared_terminal, since))
    shared_terminal.run("robx.velocity = 1000")
    for answer, position in (("n", 12), ("y", 0)):
        typed = shared_terminal.type("undo()\r")
        shared_terminal.wait_for(r"robx 12\.0 → 0\.0 mm\s+move there\? \(y/n\)", since=typed)
        shared_terminal.type(f"{answer}\r")
        shared_terminal.finish(typed)
        assert f"AT {position}.0" in shared_terminal.run("print('AT', robx.position)")


def test_ctrl_c_at_the_question_moves_nothing(shared_terminal):
    shared_terminal.run("mv(robx, 5)")
    for interrupt in (shared_terminal.interrupt, lambda: shared_terminal.signal(2)):
        typed = shared_terminal.type("undo()\r")
        shared_terminal.wait_for(r"move there\? \(y/n\)", since=typed)
        interrupt()
        assert "interrupted" in shared_terminal.finish(typed)
        assert "AT 5.0" in shared_terminal.run("print('AT', robx.position)")


def test_a_scan_says_for_which_axis_it_waits(shared_terminal):
    shared_terminal.run("mv(robz, 15); robz.velocity = 4")
    shown = shared_terminal.run("ascan(robz, 0, 1, 1, 0, diode1, save=False)")
    waits = re.findall(r"waiting for robz: MOVING \S+ → 0\.0, \d+ s", shown)
    assert len(waits) == 1
    assert "complete after 2 points" in shown
    shared_terminal.run("robz.velocity = 1000")
    shown = shared_terminal.run("moves(robz, 1)")
    assert re.search(r"robz +15\.0000 +1\.0000 mm +_1_ascan, 2 moves", shown)


def test_moves_are_written_down_with_what_was_typed(shared_terminal, home):
    shared_terminal.run("mv(roby,   1)")
    begin, end = (json.loads(line) for line in (home / MOVES).read_text().splitlines()[-2:])
    assert begin["command"] == "mv(roby, 1)"
    assert (begin["session"], begin["axis"], begin["from"], begin["to"]) == (
        "demo_session",
        "roby",
        0.0,
        1.0,
    )
    assert end["at"] == 1.0


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("mv(robz, 1, roby, 2); wu()", r"roby +2\.0000 mm\s+robz +1\.0000 mm"),
        ("umv(robz, 2)", r"robz +2\.0000 mm"),
        ("mvr(robz, -.5); wu()", r"robz +1\.5000 mm"),
        ("umvr(robz, -.5)", r"robz +1\.0000 mm"),
        ("robz.position = 0; mvd(robz, 3); wa()", r"robz +2\.0000 mm +3\.0000 mm"),
        ("umvd(robz, 1); robz.position = 1", r"robz +0\.0000 mm"),
        ("move(robz, 4); wu()", r"robz +4\.0000 mm"),
        ("wm(robz)", r"robz +mm +4\.0000 +4\.0000 +0\.0000 +-20\.0000 +20\.0000 +\d+\.0000"),
        ("sta(robz)", r"axis +state\s+robz +READY"),
        ("stm(robz)", r"robz +4\.0000 mm +READY +stands still"),
        ("lsmot()", r"robz +4\.0000 mm +READY +simulated_motors"),
        ("sync(); sync(robz); sta(robz)", r"robz +READY"),
        ("moves(robz, 1)", r"robz +1\.0000 +4\.0000 mm +move\(robz, 4\); wu\(\)"),
    ],
)
def test_each_command_does_what_it_says(shared_terminal, line, shown):
    assert re.search(shown, shared_terminal.run(line))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mv(robz)", "mv: expected pairs of axis and number"),
        ("umv(robz, 21)", "robz: 21.0 mm is beyond the high limit (20.0 mm)"),
        ("mvr(robz, 'far')", "robz: 'far' is no distance; expected a finite number"),
        ("umvr(roby, 1, robz, -99)", "is beyond the low limit (-20.0 mm); see robz.limits"),
        ("mvd(robz, float('nan'))", "robz: nan is no dial position"),
        ("umvd(robz, 1, robz, 2)", "umvd: an axis is given twice, robz"),
        ("move(diode1, 2)", "is not an axis; wa() lists the axes"),
        ("robz.disable(); mv(roby, 1, robz, 1)", "robz: cannot be moved"),
        ("wa(robz)", "takes 1 positional argument but 2 were given; expected wa()"),
        ("wu(robz)", "expected wu()"),
        ("wm('robz')", "wm: 'robz' is not an axis"),
        ("sta(1)", "sta: 1 is not an axis"),
        ("stm(diode1)", "is not an axis; wa() lists the axes"),
        ("lsmot(1)", "expected lsmot()"),
        ("sync(None)", "sync: None is not an axis"),
        ("moves(robz, 0)", "moves: count is 0; expected a whole number above 0"),
        ("undo(robz, 1)", "expected undo(ask=True)"),
    ],
)
def test_each_command_refuses_in_a_sentence_and_moves_nothing(shared_terminal, line, said):
    shared_terminal.run("robz.enable(); before = roby.position, robz.position")
    shown = shared_terminal.run(line)
    assert said in shown
    assert "Traceback" not in shown
    assert "SAME True" in shared_terminal.run(
        "print('SAME', before == (roby.position, robz.position))"
    )


LINES = """
robx.velocity = 5
umv(robx, 12)
robx.velocity = 1000
undo()
n
undo()
y
moves(robx)
"""


def test_without_a_terminal_there_are_no_control_characters(beacon, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", SHELL, "-s", "demo_session"],
        env=python_environment(HOME=str(tmp_path)) | {"BEACON_HOST": beacon.host},
        input=LINES,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert not re.search(r"[\r\x1b]", ended.stdout + ended.stderr)
    assert re.search(r"^.*waiting for robx: MOVING \S+ → 12\.0, \d s$", ended.stdout, re.M)
    assert re.search(r"^robx    12\.0000 mm$", ended.stdout, re.M)
    assert len(re.findall(r"robx 12\.0 → 0\.0 mm", ended.stdout)) == 2
    assert re.search(r"robx  12\.0000   0\.0000 mm  undo\(\)$", ended.stdout, re.M)


def test_the_next_shell_takes_the_last_move_back(shared_terminal, server, home):
    shared_terminal.run("mv(robx, 1); mv(robx, 7)")
    assert shared_terminal.leave() == 0
    with Terminal(
        "-s", "demo_session", home=home, environment={"BEACON_HOST": server.host}
    ) as other:
        other.wait_for_prompt()
        assert "mv(robx, 1); mv(robx, 7)" in other.run("moves(robx, 1)")
        assert "robx 7.0 → 1.0 mm" in other.run("undo(ask=False)")
        assert "AT 1.0" in other.run("print('AT', robx.position)")
