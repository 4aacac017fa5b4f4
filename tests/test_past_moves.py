"""moves() and undo()."""

import re

import pytest

from bliss.common.errors import ArgumentError, DeviceError, LimitError
from bliss_shell.move_log import Occasion
from hardware.slits import SlitsController
from tests.motion_commands import ROBX, Commands


@pytest.fixture
def at(tmp_path):
    commands = Commands(tmp_path / "moves.jsonl")
    yield commands
    commands.close()


def rows(shown):
    return [re.split(r"\s{2,}", line, maxsplit=4)[1:] for line in shown.splitlines()[1:]]


def scan(at, axis, *positions):
    at.occasion = Occasion("ascan(...)", "7_ascan")
    for position in positions:
        axis.move(position)
    at.occasion = Occasion("", None)


def test_moves_shows_the_last_ones_the_newest_at_the_end(at):
    assert at.run("moves") == "no moves so far\n"
    at.run("mv", at["robx"], 1, at["roby"], 2)
    at.run("umvr", at["robx"], 1.5)
    scan(at, at["robx"], 3, 4, 5)
    robx = [
        ["robx", "0.0000", "1.0000 mm", "mv(robx, 1, roby, 2)"],
        ["robx", "1.0000", "2.5000 mm", "umvr(robx, 1.5)"],
        ["robx", "2.5000", "5.0000 mm", "7_ascan, 3 moves"],
    ]
    assert rows(at.run("moves", at["robx"])) == robx
    assert rows(at.run("moves", at["robx"], 2)) == robx[1:]
    roby = ["roby", "0.0000", "2.0000 mm", "mv(robx, 1, roby, 2)"]
    assert rows(at.run("moves")) == [robx[0], roby, *robx[1:]]


def test_moves_says_how_one_ended(at):
    at["slow"].move(50, wait=False)
    assert rows(at.run("moves"))[0][-1].endswith("; it is not known where it ended")
    at["slow"].stop()
    assert rows(at.run("moves"))[0][-1].endswith("; not at 50.0")
    at.controller.motor(at["robx"]).fail_move(0.0001, "following error")
    with pytest.raises(DeviceError):
        at.run("mv", at["robx"], 90)
    assert re.search(
        r"mv\(robx, 90\); the move to 90\.0 mm failed.*following error", at.run("moves")
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((5,), "moves: 5 is not an axis"),
        (("robx",), "moves: 'robx' is not an axis"),
        ((None, 0), "moves: count is 0; expected a whole number above 0"),
        ((None, 1.5), "moves: count is 1.5; "),
        ((None, "all"), "moves: count is 'all'; "),
        ((None, True), "moves: count is True; "),
    ],
)
def test_moves_refuses_what_it_cannot_show(at, arguments, said):
    with pytest.raises(ArgumentError) as caught:
        at.run("moves", *arguments)
    assert str(caught.value).startswith(said)


def test_undo_takes_all_axes_of_the_last_command_back_and_then_itself(at):
    at.run("mv", at["robx"], 1, at["roby"], 2)
    at.run("mv", at["robx"], 3, at["roby"], 4)
    shown = at.run("undo")
    assert re.fullmatch(
        r"undo mv\(robx, 3, roby, 4\) of \d\d:\d\d:\d\d:\n"
        r"  robx 3\.0 → 1\.0 mm\n  roby 4\.0 → 2\.0 mm\n",
        shown,
    )
    assert at.questions == ["move there? (y/n) "]
    assert (at["robx"].position, at["roby"].position) == (1.0, 2.0)
    at.run("undo")
    assert (at["robx"].position, at["roby"].position) == (3.0, 4.0)


def test_undo_takes_a_scan_back(at):
    at.run("mv", at["robx"], 1)
    scan(at, at["robx"], 3, 4, 5)
    assert "undo 7_ascan of" in at.run("undo", ask=False)
    assert at.questions == []
    assert at["robx"].position == 1.0


def test_undo_moves_nothing_when_the_answer_is_no(at):
    at.run("mv", at["robx"], 1)
    at.answer = False
    at.run("undo")
    assert at["robx"].position == 1.0


def test_undo_in_the_next_session(at, tmp_path):
    at.run("mv", at["robx"], 1)
    at.close()
    other = Commands(tmp_path / "moves.jsonl", axes=[{**ROBX, "position": 1.0}])
    print(other.run("undo"))
    assert other["robx"].position == 0.0
    other.close()


def test_undo_says_that_an_axis_was_moved_since_by_somebody_else(at):
    at.run("mv", at["robx"], 1)
    at["robx"].listeners.clear()
    at["robx"].move(5)
    assert "robx 5.0 → 0.0 mm (the move ended at 1.0: it was moved since)" in at.run("undo")
    assert at["robx"].position == 0.0


def test_undo_of_what_left_all_where_it_was(at):
    scan(at, at["robx"], 3, 4, 0)
    assert "nothing to undo: all is where it was before 7_ascan" in at.run("undo")
    assert at.questions == []


def test_undo_of_nothing(at):
    with pytest.raises(DeviceError, match=r"^undo: no move is recorded"):
        at.run("undo")


def test_undo_does_not_guess_what_a_position_means_now(at):
    at.run("mv", at["robx"], 1)
    at["robx"].position = 7
    with pytest.raises(DeviceError, match=r"^undo: the offset or sign of robx was changed since"):
        at.run("undo")
    assert at["robx"].position == 7.0


def test_undo_keeps_to_the_limits(at):
    at.run("mv", at["robx"], 1, at["roby"], 1)
    at["roby"].limits = (0.5, 2)
    with pytest.raises(LimitError, match=r"^roby: 0\.0 mm is beyond the low limit"):
        at.run("undo")
    assert at.questions == []
    assert at["robx"].position == 1.0


def test_undo_of_an_axis_that_is_not_in_the_session_any_more(at, tmp_path):
    at.run("mv", at["robx"], 1, at["roby"], 1)
    at.close()
    other = Commands(tmp_path / "moves.jsonl", axes=[ROBX])
    with pytest.raises(DeviceError, match=r"^undo: roby was moved, which is not in this session"):
        other.run("undo")
    other.close()


@pytest.mark.parametrize("in_session", [{"robx", "roby"}, {"robx"}, set()])
def test_undo_of_a_calculated_axis_whichever_of_its_real_ones_are_in_the_session(
    tmp_path, in_session
):
    at = Commands(tmp_path / "moves.jsonl")
    slits = SlitsController(
        "slits",
        {
            "real": {"upper": at["robx"], "lower": at["roby"]},
            "axes": [{"name": "gap"}, {"name": "offset"}],
        },
        settings=lambda _: {},
    )
    gap, offset = slits.axes["gap"], slits.axes["offset"]
    at.run("mv", at["robx"], 2, at["roby"], 1)
    at.log.file.path.write_text("")
    for axis in at.axes:
        axis.listeners.clear()
    at.show([gap, offset, *(at[name] for name in in_session)])
    at.run("mv", gap, 6)
    assert (at["robx"].position, at["roby"].position) == (3.5, 2.5)
    assert "gap" in at.run("moves")
    at.run("undo")
    assert (at["robx"].position, at["roby"].position) == (2.0, 1.0)
    at.close()
