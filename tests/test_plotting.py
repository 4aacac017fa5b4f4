"""`plot()`: in a session, at a terminal, elsewhere."""

import io
import re
import signal

import pytest

import scans
from bliss.common.errors import ScanError
from bliss.scanning.scan import ScanState
from bliss_shell.plots import ASCII, Style
from bliss_shell.plotting import plot, style_of
from tests.screen import Screen


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environment", "style"),
    [
        ({"TERM": "xterm-256color"}, Style(colours=256)),
        ({"TERM": "xterm"}, Style(colours=8)),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, Style(colours=256)),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, Style()),
        ({"TERM": "linux"}, Style(unicode=False, colours=8)),
        ({"TERM": "dumb"}, ASCII),
        ({}, ASCII),
    ],
)
def test_what_the_terminal_can_show(monkeypatch, environment, style):
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert style_of(_Terminal()) == style
    assert style_of(io.StringIO()) == ASCII


def test_a_terminal_without_unicode(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    terminal = _Terminal()
    terminal.encoding = "latin-1"
    assert not style_of(terminal).unicode


def test_a_file_gets_ascii(demo, capsys):
    scans.ascan(demo["robz"], -5, 5, 50, 0, demo["sim_ct_gauss"])
    plot()
    shown = capsys.readouterr().out
    assert shown.isascii()
    lines = shown.splitlines()
    assert re.match(r"sim_ct_gauss \[cts\]   \d+_ascan: ascan robz -5 5 50 0", lines[0])
    assert lines[1].strip() == "peak, centre"
    assert "robz [mm]" in lines[-2]
    assert re.fullmatch(r"peak \S+, centre \S+ mm", lines[-1])
    assert max(map(len, lines)) <= 80


def test_a_mesh_is_a_heat_map(demo, capsys):
    robx, roby = demo["robx"], demo["roby"]
    scans.amesh(robx, -4, 0, 8, roby, -1, 3, 8, 0, demo["fluo_diode"])
    plot()
    lines = capsys.readouterr().out.splitlines()
    assert "P: peak" in lines[1]
    assert "@" in "".join(lines)
    assert re.match(r"peak -\d\.\d+, \d\.\d+; mass ", lines[-1])


def test_the_last_plane_of_a_mesh_of_three_axes(demo, capsys):
    robx, roby, robz = demo["robx"], demo["roby"], demo["robz"]
    scans.a3mesh(robx, -4, 0, 4, roby, -1, 3, 4, robz, 0, 1, 1, 0, demo["fluo_diode"])
    plot()
    assert "at robz 1" in capsys.readouterr().out


def test_what_has_no_peak_says_why(demo, capsys):
    scans.loopscan(20, 0, demo["diode1"])
    plot()
    lines = capsys.readouterr().out.splitlines()
    assert "elapsed_time [s]" in lines[-2]
    assert lines[-1].startswith("no peak: ")


def test_there_has_to_be_a_scan(session):
    with pytest.raises(ScanError, match="plot: there was no scan"):
        plot()


def test_outside_a_terminal_a_running_scan_is_drawn_when_it_has_ended(demo, capsys):
    scan = scans.ascan(demo["robz"], -5, 5, 50, 0.002, demo["sim_ct_gauss"], run=False)
    running = scan.start()
    scan.wait_state(ScanState.STARTING)
    plot()
    assert scan.state is ScanState.DONE
    assert capsys.readouterr().out.count("_ascan: ascan") == 1
    running.join()


def test_at_the_prompt(beacon, tmp_path):
    """From a scan to `goto_cen()` and a live picture, at 80 columns."""
    with Screen(
        "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
    ) as screen:
        screen.resize(columns=80)
        screen.wait_for_prompt()
        screen.run("s = ascan(robz, -4.5, 5, 38, 0, sim_ct_gauss, save=False)")
        screen.run("plot")
        lines = screen.lines
        assert all(len(line) <= 80 for line in lines)
        (top,) = [line for line in lines if line.startswith("100 ┤")]
        assert re.search("[⠀-⣿]", top)
        assert any(line.strip() == "peak, centre" for line in lines)
        assert any(re.match(r"peak \S+, centre \S+ mm$", line) for line in lines)
        screen.run("robz.velocity = 1")
        since = screen.type("goto_cen()\r")
        screen.wait_for(
            r"moving robz from 5\.0000 to -?0\.0000 mm, the centre of sim_", since=since
        )
        screen.signal(signal.SIGINT)
        assert "interrupted" in screen.finish(since)
        assert "robz at 5.0" in screen.run("print('robz at', robz.position)")
        screen.run("robz.velocity = 1000; clear")
        screen.run("s = ascan(robz, -5, 5, 20, .1, sim_ct_gauss, save=False, run=False)")
        screen.run("task = s.start()")
        since = screen.type("plot()\r")
        shown = screen.finish(since)
        assert shown.count("robz [mm]") > 2  # it was drawn again and again
        titles = [line for line in screen.lines if line.startswith("sim_ct_gauss [cts]")]
        assert len(titles) == 1  # in place
        assert any(re.match(r"_\d+_ascan: complete after", line) for line in screen.lines)
