"""Lines that change in place, on a screen as a terminal has it."""

import io

import pyte
import pytest

from bliss_shell.numbers import aligned, short
from bliss_shell.screen import InPlace, Picture, arrow, frame


class Window(io.StringIO):
    """A terminal that can be looked at."""

    def __init__(self, columns=20, lines=6):
        super().__init__()
        self.screen = pyte.Screen(columns, lines)
        self.screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self.screen)

    def isatty(self):
        return True

    def write(self, text):
        self._stream.feed(text)
        return len(text)

    def shown(self):
        return [line.rstrip() for line in self.screen.display if line.rstrip()]


@pytest.fixture
def window(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "6")
    return Window()


def test_a_frame_replaces_the_one_before(window):
    window.write("before\n")
    picture = Picture(window)
    picture.draw(["a long line", "b"])
    picture.draw(["c", "d", "e"])
    assert window.shown() == ["before", "c", "d", "e"]
    picture.draw(["f"])
    assert window.shown() == ["before", "f"]
    picture.leave(["g", "h"])
    window.write("after")
    assert window.shown() == ["before", "g", "h", "after"]


def test_what_was_shown_can_be_taken_away(window):
    window.write("before\n")
    picture = Picture(window)
    picture.clear()
    picture.draw(["a", "b"])
    picture.clear()
    window.write("after")
    assert window.shown() == ["before", "after"]


def test_messages_in_between_stay(window):
    in_place = InPlace()
    picture = Picture(window, in_place)
    picture.draw(["a", "b"])
    window.write(f"{in_place.erasure()}stopping\n")
    picture.draw(["c"])
    assert window.shown() == ["stopping", "c"]
    picture.leave(["d"])
    window.write(f"{in_place.erasure()}after\n")
    assert window.shown() == ["stopping", "d", "after"]


def test_more_lines_than_there_is_room_for_are_counted(window):
    picture = Picture(window)
    for number in range(3):
        picture.draw([f"{number} {line}" for line in range(10)])
    assert window.shown() == ["2 0", "2 1", "2 2", "2 3", "... and 6 more"]


def test_a_line_is_never_longer_than_the_terminal():
    assert frame(["x" * 30], 0, width=20, height=6).count("x") == 19


@pytest.mark.parametrize("term", ["dumb", ""])
def test_nothing_is_written_over_where_that_is_not_possible(window, monkeypatch, term):
    monkeypatch.setenv("TERM", term or "dumb")
    for out in (window, io.StringIO()):
        picture = Picture(out)
        picture.draw(["a"])
        picture.leave(["b"])
    assert window.shown() == ["b"]
    assert out.getvalue() == "b\n"


def test_an_arrow_is_written_where_it_can_be():
    assert arrow(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) == "→"
    assert arrow(io.TextIOWrapper(io.BytesIO(), encoding="ascii")) == "->"
    assert arrow(io.StringIO()) == "→"


def test_numbers():
    assert aligned(-0.00001, 4) == "0.0000"
    assert aligned(float("inf"), 4) == "inf"
    assert short(1 / 3, 5) == "0.33333"
