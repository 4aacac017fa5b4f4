"""A session asks Linux to run it promptly; what it starts has the usual turns."""

import platform
import re
import subprocess
import sys

import pytest

from bliss.common import scheduling

PROGRAM = """
import ctypes, subprocess, sys, threading
from bliss.common import scheduling
from bliss.scanning.session import Session, set_current_session

def tell(pid=0):
    attributes = ctypes.create_string_buffer(48)
    call = scheduling._CALLS[sys.argv[1]][1]
    assert ctypes.CDLL(None).syscall(call, pid, attributes, 48, 0) == 0
    _, policy, _, nice, _, turn, *_ = scheduling._ATTRIBUTES.unpack(attributes.raw)
    print(policy, nice, turn)

tell()
set_current_session(Session("a_session", None))
tell()
child = subprocess.Popen(["sleep", "100"])
tell(child.pid)
child.kill()
thread = threading.Thread(target=tell)
thread.start()
thread.join()
"""


def can_be_asked():
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    version = tuple(map(int, release.groups())) if release else (0, 0)
    return (
        sys.platform == "linux" and platform.machine() in scheduling._CALLS and version >= (6, 12)
    )


@pytest.mark.skipif(not can_be_asked(), reason="needs Linux 6.12, which lets threads choose turns")
def test_a_session_has_short_turns_and_what_it_starts_the_usual_ones():
    command = [sys.executable, "-c", PROGRAM, platform.machine()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    before, after, child, thread = (line.split() for line in shown.splitlines())
    assert after == [*before[:2], str(scheduling.SLICE)]
    assert int(before[2]) > scheduling.SLICE
    assert before == child == thread


def test_where_it_cannot_be_asked_nothing_happens(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "m68k")
    assert scheduling.run_promptly() is False
