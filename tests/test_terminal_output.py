"""A terminal that takes nothing: what runs goes on."""

import os
import pty

import gevent
import pytest
from gevent.socket import wait_read

from bliss.beacon import set_beacon
from bliss.data import node
from bliss.data.node import EventType
from bliss_shell.terminal_output import show
from tests.beacon_process import BeaconProcess
from tests.terminal import Terminal


@pytest.fixture
def terminal():
    """What reads a terminal, and a file that writes there."""
    screen, keyboard = pty.openpty()
    with os.fdopen(screen, "rb", buffering=0) as reader, os.fdopen(keyboard, "w") as writer:
        yield reader, writer


def test_other_greenlets_run_while_it_stands_still(terminal):
    reader, writer = terminal
    text = "".join(f"{number}\n" for number in range(50_000))
    showing = gevent.spawn(show, text, writer)
    gevent.sleep(0.05)  # would not come back
    assert not showing.dead
    shown = b""
    while not shown.endswith(b"49999\r\n"):
        wait_read(reader.fileno())
        shown += reader.read(65536)
    showing.get(timeout=5)
    assert shown.decode().replace("\r\n", "\n") == text


def test_what_need_not_be_shown_is_given_up(terminal):
    _, writer = terminal
    assert not show("x" * 1_000_000, writer, patience=0.05)
    assert not show("x" * 1_000_000, writer, patience=0)


def test_what_is_no_terminal_is_written_as_ever(tmp_path):
    with (tmp_path / "file").open("w") as out:
        print("before", file=out)
        show("é", out)
        print("behind", file=out)
    assert (tmp_path / "file").read_text() == "before\nébehind\n"


def test_what_was_printed_before_comes_before(terminal):
    reader, writer = terminal
    print("first", file=writer)
    show("second\n", writer)
    expected, shown = b"first\r\nsecond\r\n", b""
    while len(shown) < len(expected):
        shown += reader.read(100)
    assert shown == expected


def test_a_scan_goes_on_though_nobody_reads_its_table(beacon: BeaconProcess, tmp_path):
    with (
        beacon.client() as client,
        Terminal(
            "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
        ) as shell,
    ):
        set_beacon(client)
        shell.wait_for_prompt()
        events = node.get_session_node("demo_session").walk_on_new_events(filter="scan")
        shell.type("loopscan(5000, .0002, diode1); loopscan(1, .01, diode1)\r")
        ends = (e for e in events if e.type is EventType.END_SCAN)
        assert [next(ends).data.outcome for _ in range(2)] == ["complete", "complete"]
        assert "5000 points" not in shell.text
        since = len(shell.text)
        shell.wait_for(r"^DEMO_SESSION \[2\]:", since=since)
        set_beacon(None)
