"""Moves are written down, whatever the disk does, and read back from the end."""

import json
from pathlib import Path

import pytest

from bliss.common.errors import DeviceError
from bliss_shell.move_file import MoveFile, default_path
from bliss_shell.move_history import batches
from bliss_shell.move_log import Occasion
from tests.motion_commands import Commands


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "moves.jsonl"


@pytest.fixture
def at(path):
    commands = Commands(path)
    yield commands
    commands.close()


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def read(at):
    return list(batches(at.log.file.newest_first()))


def test_a_move_is_two_lines_of_json(at, path):
    at.run("mv", at["robz"], 5)
    begin, end = records(path)
    assert 0 <= end.pop("time") - begin["time"] < 60
    assert begin == {
        "time": begin["time"],
        "axis": "robz",
        "from": 0.0,
        "to": 5.0,
        "unit": "deg",
        "offset": 0.0,
        "sign": 1,
        "batch": begin["time"],
        "user": "me",
        "session": "test",
        "command": "mv(robz, 5)",
        "scan": None,
    }
    assert end == {"axis": "robz", "unit": "deg", "began": begin["time"], "at": 5.0}


def test_what_moves_together_is_one_batch(at):
    at.run("mv", at["robx"], 1, at["roby"], 2)
    at.run("mv", at["robx"], 2)
    second, first = read(at)
    assert list(first.moves) == ["robx", "roby"]
    assert [(m.start, m.reached) for m in first.moves.values()] == [(0.0, 1.0), (0.0, 2.0)]
    assert second.moves["robx"].start == 1.0


def test_the_moves_of_a_scan_are_one_batch(at):
    at.run("mv", at["robx"], 1)
    at.occasion = Occasion("ascan(robx, 2, 4, 2, .1, diode1)", "7_ascan")
    for position in (2, 3, 4):
        at["robx"].move(position)
    at.occasion = Occasion("ascan(robx, 2, 4, 2, .1, diode1)", "8_ascan")
    at["robx"].move(0)
    last, scan, _ = read(at)
    move = scan.moves["robx"]
    assert (move.scan, move.count, move.start, move.reached) == ("7_ascan", 3, 1.0, 4.0)
    assert last.moves["robx"].scan == "8_ascan"


def test_a_move_that_fails_says_where_and_why(at):
    at.controller.motor(at["robx"]).fail_move(0.0001, "following error")
    with pytest.raises(DeviceError):
        at.run("mv", at["slow"], 50, at["robx"], 90)
    (batch,) = read(at)
    failed, stopped = batch.moves["robx"], batch.moves["slow"]
    assert failed.why.endswith("following error")
    assert 0 < failed.reached < 90
    assert stopped.why == failed.why  # the reason why it was stopped
    assert 0 <= stopped.reached < 50


def test_a_jog_has_no_target(at, path):
    at["slow"].jog(1.0)
    at["slow"].stop()
    assert [record.get("to", "none") for record in records(path)] == [None, "none"]
    (batch,) = read(at)
    assert batch.moves["slow"].reached == at["slow"].position


def test_a_move_that_never_ended_is_there(at, path):
    at["slow"].move(50, wait=False)
    (batch,) = read(at)
    assert (batch.moves["slow"].target, batch.moves["slow"].reached) == (50.0, None)
    at["slow"].stop()


def test_the_file_is_read_by_the_next_session(at, path):
    at.run("mv", at["robx"], 1)
    at.close()
    other = Commands(path)
    other.run("mv", other["robx"], 2)
    assert [batch.moves["robx"].reached for batch in read(other)] == [2.0, 1.0]
    other.close()


def test_lines_that_say_nothing_are_passed_over(at, path):
    at.run("mv", at["robx"], 1)
    with path.open("ab") as file:
        file.write(b'\xff\n[]\n{"began": 1}\n{"time": "now"}\n\n17\n{"time": 1.0, "axis": "ro')
    other = Commands(path)  # its first line stands apart from the torn one
    other.run("mv", other["robx"], 2)
    assert [batch.moves["robx"].reached for batch in read(other)] == [2.0, 1.0]
    other.close()


def test_a_large_file_makes_room(path, tmp_path):
    file = MoveFile(path, print, largest=100, pause=0)
    lines = [b"%030d\n" % number for number in range(40)]
    for line in lines:
        file.write(line)
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "moves.jsonl",
        *(f"moves.jsonl.{number}" for number in (1, 2, 3, 4)),
    ]
    found = [line + b"\n" for line in file.newest_first() if line]
    assert found == lines[: -len(found) - 1 : -1]
    assert 4 * 4 < len(found) < 40
    file.close()


def test_long_lines_and_files_are_read_backwards_whole(path):
    file = MoveFile(path, print)
    lines = [b"x" * length + b"\n" for length in (1, 70_000, 65_535, 65_536, 3, 200_000)]
    for line in lines:
        file.write(line)
    assert [line + b"\n" for line in file.newest_first() if line] == lines[::-1]
    file.close()


def test_a_file_that_somebody_removes_is_made_again(path):
    file = MoveFile(path, print, pause=0)
    file.write(b"one\n")
    path.unlink()
    file.write(b"two\n")
    assert path.read_bytes() == b"two\n"
    file.close()


def test_a_file_that_cannot_make_room_is_written_on(path):
    (path.parent / "moves.jsonl.4" / "in the way").mkdir(parents=True)
    (path.parent / "moves.jsonl.3").write_text("")
    warnings = []
    file = MoveFile(path, warnings.append, largest=3, pause=0)
    for line in (b"one\n", b"two\n", b"three\n"):
        file.write(line)
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    assert len(warnings) == 1
    file.close()


@pytest.mark.parametrize("kind", ["full", "folder"])
def test_a_disk_that_takes_nothing_costs_one_warning_and_no_move(tmp_path, kind):
    (tmp_path / "file").write_text("")
    at = Commands({"full": Path("/dev/full"), "folder": tmp_path / "file" / "moves.jsonl"}[kind])
    for position in (1, 2, 3):
        at.run("mv", at["robx"], position)
    assert at["robx"].position == 3.0
    (warning,) = at.warnings
    assert str(at.log.file.path) in warning
    assert "no move" not in warning
    assert "not all moves were recorded" in at.run("moves")
    at.close()


def test_the_folder_is_where_state_belongs(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    usual = "/home/me/.local/state/bliss-shell/demo/moves.jsonl"
    assert str(default_path("demo", {})) == usual
    assert str(default_path("demo", {"XDG_STATE_HOME": "not/absolute"})) == usual
    assert str(default_path("demo", {"XDG_STATE_HOME": "/s"})) == "/s/bliss-shell/demo/moves.jsonl"
