"""wa wm wu sta stm lsmot sync: aligned, within the width, and never lost for one axis."""

import pytest

from bliss.common.errors import ArgumentError, DeviceError
from bliss_shell.columns import Column, lines_of
from hardware.axis_state import AxisState
from tests.motion_commands import Commands

TABLES = ("wa", "wm", "wu", "sta", "stm", "lsmot")


@pytest.fixture
def at(tmp_path):
    commands = Commands(tmp_path / "moves.jsonl")
    commands["roby"].position = 1.0
    commands["robx"].move(-12.5)
    yield commands
    commands.close()


def test_wa_and_wu(at):
    assert at.run("wa").splitlines() == [
        "axis      user          dial",
        "robx  -12.5000 mm   -12.5000 mm",
        "roby    1.0000 mm     0.0000 mm",
        "robz    0.0000 deg    0.0000 deg",
        "slow    0.0000 mm     0.0000 mm",
    ]
    assert at.run("wu").splitlines()[:2] == ["axis      user", "robx  -12.5000 mm"]


def test_wm(at):
    assert at.run("wm", at["roby"], at["slow"], at["roby"]).splitlines() == [
        "axis  unit    user    dial  offset      low     high      velocity",
        "roby  mm    1.0000  0.0000  1.0000  -9.0000  11.0000  1000000.0000",
        "slow  mm    0.0000  0.0000  0.0000     -inf      inf        1.0000",
    ]
    assert len(at.run("wm").splitlines()) == 5


def test_sta_and_stm(at):
    at.controller.motor(at["robx"]).lie = AxisState(("FAULT", "following error"))
    at["roby"].disable()
    assert at.run("sta").splitlines() == [
        "axis  state",
        "robx  FAULT (following error)",
        "roby  DISABLED",
        "robz  READY",
        "slow  READY",
    ]
    assert at.run("stm", at["robx"], at["robz"]).splitlines() == [
        "axis      user      state  meaning",
        "robx  -12.5000 mm   FAULT  following error",
        "robz    0.0000 deg  READY  stands still and can be moved",
    ]
    assert at.run("sta", at["slow"]).splitlines() == ["axis  state", "slow  READY"]


def test_lsmot(at):
    assert at.run("lsmot").splitlines()[:2] == [
        "axis      user      state  controller",
        "robx  -12.5000 mm   READY  motors",
    ]


@pytest.mark.parametrize("command", TABLES)
def test_an_axis_that_cannot_be_read_says_why_and_costs_the_others_nothing(at, command):
    read = at.controller.read_position, at.controller.state

    def lost(axis, method):
        if axis.name == "roby":
            raise DeviceError("roby: no answer from the crate")
        return method(axis)

    at.controller.read_position = lambda axis: lost(axis, read[0])
    at.controller.state = lambda axis: lost(axis, read[1])
    lines = at.run(command).splitlines()
    assert lines[2] == "roby  not known: no answer from the crate"
    assert [line.split()[0] for line in lines] == ["axis", "robx", "roby", "robz", "slow"]
    del at.controller.read_position, at.controller.state


@pytest.mark.parametrize("command", ["wm", "sta", "stm", "sync"])
def test_what_is_no_axis_is_refused(at, command):
    with pytest.raises(ArgumentError, match=rf"^{command}: 'robx' is not an axis; wa\(\)"):
        at.run(command, at["robx"], "robx")


def test_a_session_without_axes(tmp_path, at):
    at.tables._axes = []
    for command in TABLES:
        assert at.run(command) == "this session has no axes\n"
    assert at.run("sync") == ""


def test_an_axis_that_does_not_answer_in_time(at, monkeypatch):
    at.controller.delay = 1000
    monkeypatch.setattr("bliss_shell.side_by_side.ask.__defaults__", (0.05,))
    assert at.run("wu").splitlines()[1:] == [
        f"{name}  not known: no answer within 0.05 s" for name in ("robx", "roby", "robz", "slow")
    ]
    at.controller.delay = 0


def test_sync_has_the_hardware_looked_at_again(at):
    at.controller.motor(at["robx"]).velocity = 5.0  # somebody at the front panel
    at.controller.motor(at["robz"]).velocity = 5.0
    assert at.run("sync", at["robx"]) == ""
    assert at.controller.motor(at["robx"]).velocity == 1e6
    assert at.controller.motor(at["robz"]).velocity == 5.0
    at.run("sync")
    assert at.controller.motor(at["robz"]).velocity == 1e6


def test_sync_names_all_that_fail(at):
    at.controller.is_lost = True
    with pytest.raises(DeviceError, match=r"^robx: motors does not answer") as caught:
        at.run("sync")
    assert [note.partition(":")[2].split(":")[0] for note in caught.value.__notes__] == [
        " roby",
        " robz",
        " slow",
    ]
    at.controller.is_lost = False


COLUMNS = (Column("axis"), Column("user", is_number=True), Column("dial", is_number=True))


def test_numbers_that_do_not_fit_stand_one_a_line():
    assert lines_of(COLUMNS, [["robx", "1.0", "12.0"], ["roby", "not known: lost"]], 15) == [
        "robx",
        "  user   1.0",
        "  dial  12.0",
        "roby",
        "  not known: lost",
    ]


def test_a_text_that_does_not_fit_is_wrapped():
    rows = [["robx", "one two three four five"], ["roby", "1.0", "2.0"]]
    assert lines_of(COLUMNS, rows, 26) == [
        "axis  user  dial",
        "robx  one two three four",
        "      five",
        "roby   1.0   2.0",
    ]
