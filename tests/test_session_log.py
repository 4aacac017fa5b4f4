"""The session's log: what was typed, every scan, what libraries say."""

import errno
import io
import json
import logging
import sys
import warnings
from pathlib import Path

import pytest

from bliss_shell.messages import is_for_the_user, messages_to
from bliss_shell.move_file import MoveFile
from bliss_shell.screen import InPlace
from bliss_shell.session_log import SessionLog


@pytest.fixture
def log(tmp_path):
    log = SessionLog("demo", MoveFile(tmp_path / "log.jsonl", print, what="commands"))
    yield log
    log.close()


def records(log):
    return [json.loads(line) for line in log.file.path.read_text().splitlines()]


def test_commands_are_written_down(log):
    log.on_command("ct(1)\n", 1.0, None, interrupted=False)
    log.on_command("mv(x, 'é')", 0.1, "x: no", interrupted=False)
    log.on_command("ct(9)", 0.5, "interrupted", interrupted=True)
    log.on_command("x" * 10_000, 0, None, interrupted=False)
    first, second, third, long = records(log)
    assert {**first, "time": 0} == {
        "time": 0, "kind": "command", "session": "demo", "text": "ct(1)", "outcome": "ok",
        "seconds": 1.0,
    }  # fmt: skip
    assert (second["outcome"], second["error"], second["text"]) == ("error", "x: no", "mv(x, 'é')")
    assert (third["outcome"], "error" in third) == ("interrupted", False)
    assert len(long["text"]) == 4000


def test_a_full_disk_costs_one_warning(capsys):
    said = []
    log = SessionLog("demo", MoveFile(Path("/dev/full"), said.append,
                                      what="commands"))  # fmt: skip
    for _ in range(3):
        log.on_command("ct(1)", 1.0, None, interrupted=False)
    log.close()
    assert len(said) == 1
    assert said[0].startswith("commands are not recorded in /dev/full: ")


def test_libraries_speak_to_the_log(log, capsys):
    with messages_to(log.on_message, InPlace()):
        logging.getLogger("somewhere").warning("of a %s", "library")
        logging.getLogger("somewhere").info("unimportant")
        logging.getLogger("bliss.x").warning("ours")
        with warnings.catch_warnings(action="default"):
            warnings.warn_explicit("old", DeprecationWarning, warnings.__file__, 1)
    assert capsys.readouterr().err == "ours\n"
    said = [(each["logger"], each["text"]) for each in records(log)]
    assert said[:2] == [("somewhere", "of a library"), ("bliss.x", "ours")]
    assert said[2][0] == "py.warnings"
    assert "old" in said[2][1]
    assert not logging.getLogger().handlers or "Messages" not in str(logging.getLogger().handlers)


def test_who_logs_does_not_fail_when_it_cannot_be_shown(log, monkeypatch):
    class HungUp(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

    with messages_to(log.on_message, InPlace()), monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", HungUp())
        logging.getLogger("bliss.x").warning("nobody can read this")
    assert records(log)[0]["text"] == "nobody can read this"


def test_what_the_user_has_done_is_for_the_user():
    assert is_for_the_user(RuntimeWarning, "<ipython-input-1-abc>")
    assert is_for_the_user(UserWarning, "/home/me/scripts/align.py")
    assert not is_for_the_user(RuntimeWarning, json.__file__)
    assert not is_for_the_user(UserWarning, f"{sys.prefix}/lib/x.py")
