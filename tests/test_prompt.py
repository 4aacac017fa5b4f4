"""The prompt at a real terminal, as a person sees it, at 80 and at 200 columns."""

import json
import os
import re
import signal

import pytest

from bliss.config.channels import Channel
from tests.beacon_process import BeaconProcess
from tests.contrast import illegible, shown
from tests.screen import Screen


@pytest.fixture(scope="module")
def shared_beacon(tmp_path_factory):
    with BeaconProcess(tmp_path_factory.mktemp("state")) as process:
        yield process


@pytest.fixture(scope="module")
def shared_screen(shared_beacon, tmp_path_factory):
    """A shell for tests that leave it as it was."""
    home, environment = tmp_path_factory.mktemp("screen"), shared_beacon.env
    with Screen("-s", "demo_session", home=home, environment=environment) as opened:
        opened.wait_for_prompt()
        yield opened


@pytest.fixture(params=[80, 200])
def screen(request, shared_screen):
    shared_screen.resize(columns=request.param)
    shared_screen.new_line()
    yield shared_screen
    shared_screen.new_line()


def test_spec_is_shown_as_python_and_runs(screen):
    screen.run("umv robx 1.5")
    screen.wait_to_see(r"^-> umv\(robx, 1\.5\)$")
    screen.wait_to_see(r"^robx +1\.5000 mm$")
    screen.run("wa")
    screen.wait_to_see(r"^-> wa\(\)\n.*\nrobx +1\.5000 mm")
    screen.run("umv robx (1 + 2) roby -1")
    screen.wait_to_see(r"^-> umv\(robx, \(1 \+ 2\), roby, -1\)$")
    screen.run("ascan robz -.5 .5 2 .001 diode1 save=False title='a b'")
    screen.wait_to_see(r"^-> ascan\(robz, -\.5, \.5, 2, \.001, diode1, save=False, title='a b'\)$")
    screen.wait_to_see(r"^_\d+_ascan: a b$")
    screen.run("mv(robx, 0, roby, 0)")


def test_a_command_that_needs_arguments_shows_how_it_is_called(screen):
    screen.run("ascan")
    screen.wait_to_see(r"^ascan\(motor, start, stop, intervals")
    screen.wait_to_see("^    Step an axis from `start` to `stop`, and count at each point.$")
    screen.wait_to_see(r"ascan\(robz, -5, 5, 500, .001, sim_ct_gauss_noise\)$")


def test_python_is_python(screen):
    screen.run("x = 3")
    screen.run("x -1")
    screen.wait_to_see(r"Out \[\d+\]: 2$")
    screen.run("umv = 3")
    screen.wait_to_see("^umv would be overwritten: it is a command;")
    screen.run("if x: print('yes', x)\r")
    screen.wait_to_see("^yes 3$")
    screen.run("%pwd")
    screen.wait_to_see(rf"Out \[\d+\]: '{screen.home}'$")
    screen.run("robx?")
    screen.wait_to_see("^Type: +Axis$")
    screen.wait_not_to_see("^->")


def test_a_name_alone_shows_the_object(screen):
    screen.run("robx")
    screen.wait_to_see("^  position +\\S+ mm$")
    screen.wait_to_see("^  limits +-100.0 to 100.0 mm$")


def test_the_typing_helper_can_be_switched_off(screen):
    screen.run("typing_helper False")
    screen.run("wa 1")
    screen.wait_to_see("SyntaxError")
    screen.run("typing_helper(True)")
    screen.wait_to_see("the typing helper is on")


@pytest.mark.parametrize("call", ["ascan(", "ascan "])
def test_tab_offers_axes_first(screen, call):
    screen.type(f"{call}\t")
    screen.wait_to_see(r"^ +robx tx\n +roby ty\n +robz$")
    shown = screen.wait_to_see(r"^ ascan\(motor, start, stop, intervals, count_time")
    assert "sim_ct_gauss" not in "\n".join(shown)


@pytest.mark.parametrize("call", ["ascan(robz, -5, 5, 10, .1, ", "ascan robz -5 5 10 .1 "])
def test_tab_offers_counters_behind_the_numbers(screen, call):
    screen.type(f"{call}\t")
    screen.wait_to_see(r"sim_ct_gauss_noise")
    screen.wait_to_see(r"save=")
    shown = screen.wait_to_see("diode1")
    assert not re.search(r"\brob[xy]\b", "\n".join(shown))


def test_ctrl_r_finds_what_was_typed(screen):
    screen.run("found = 'it'")
    screen.run("x = 3")
    screen.type("\x12foun")
    screen.wait_to_see(r"\]: found = 'it'$")
    screen.type("\x07")


def test_the_session_is_shown_below(screen):
    screen.wait_to_see(r"^ demo_session")


@pytest.mark.parametrize("columns", [80, 200])
def test_a_killed_session_loses_no_line(beacon, tmp_path, columns):
    at = {"home": tmp_path, "environment": {"BEACON_HOST": beacon.host}, "columns": columns}
    with Screen("-s", "demo_session", **at) as screen:
        screen.wait_for_prompt()
        screen.run("first = 1")
        since = screen.type("print('it' + ' runs'); [None for _ in iter(int, 1)]\r")
        screen.wait_for("it runs", since=since)
        screen.signal(signal.SIGKILL)
        screen.process.wait()
    with Screen("-s", "demo_session", **at) as screen:
        screen.wait_for_prompt()
        screen.type("\x1b[A")  # up
        screen.wait_to_see(r"\]: print\('it' \+ ' runs'\)")
        screen.type("\x15\x12first")  # Ctrl-R
        screen.wait_to_see(r"\]: first = 1")
        screen.type("\x07\x15")
        assert screen.leave() == 0


def test_a_device_keeps_its_name(screen):
    screen.run("for robz in range(3): pass")
    screen.wait_to_see(r"^robz would be overwritten: it is this session\'s Axis;")
    screen.run("ct = 5")
    screen.wait_to_see(r"^ct would be overwritten: it is a command;")
    screen.run("exec('robz = 5')")
    screen.wait_to_see(r"^robz was overwritten, and stands for what the session has again;")
    screen.run("robz.name")
    screen.wait_to_see(r"Out \[\d+\]: 'robz'$")


def records(screen):
    """The session's log."""
    log = screen.home / ".local/state/bliss-shell/demo_session/log.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_what_is_typed_is_written_down(screen):
    screen.run("ct .01 diode1")
    screen.run("umv robx 1e6")
    screen.run("1 / 0")
    logged = records(screen)
    commands = [(r["text"], r["outcome"]) for r in logged if r["kind"] == "command"]
    assert commands[-3:] == [("ct .01 diode1", "ok"), ("umv robx 1e6", "error"), ("1 / 0", "error")]
    errors = [r["error"] for r in logged if "error" in r]
    assert "robx: 1000000.0 mm" in errors[-2]
    assert errors[-1] == "ZeroDivisionError: division by zero"
    assert [r["outcome"] for r in logged if r["kind"] == "scan"][-1] == "complete"


TYPED = "def f(x: int = 1): return {'a': f'{x!r}', \"\\n\": None} if x and not 3.5 else max(self)"


@pytest.mark.parametrize("columns", [80, 200])
def test_every_colour_can_be_read_on_black_and_on_white(shared_screen, columns):
    screen, found, colours = shared_screen, set(), set()
    screen.resize(columns=columns)
    screen.new_line()

    def look(pattern):
        screen.wait_to_see(pattern)
        found.update(illegible(screen.emulator))
        colours.update(colour for _, *both in shown(screen.emulator) for colour in both)

    for line, seen in (
        (TYPED + " # why", r"# why$"),
        ("import os; @", "@$"),
        ("class A(ValueError): __name__ = 1", "= 1$"),
        ("ascan(rob", r"^ ascan\(motor"),
        ("ascan(\t", r"^ +roby ty$"),
        ("\x12", "search"),
    ):
        screen.type(line)
        look(seen)
        screen.type("\x07\x03")
        screen.new_line()
    for line, seen in (
        ("1 / 0", "^ZeroDivisionError"),
        ("def f(x): return x(f)\n", r"\]:$"),
        ("f(1)", "^TypeError: "),
        ("1 +", "^SyntaxError"),
        ("robx?", "^Type: "),
        ("robx", "^ *Out"),
        ("umv robx 1e6", "^robx: 1000000"),
        ("ascan robz -3 3 20 0 sim_ct_gauss; plot()", r"^peak .*, centre"),
        ("amesh robx -4 0 10 roby -1 3 10 0 fluo_diode; plot()", r"^peak .*; mass"),
    ):
        screen.run(line)
        look(seen)
    screen.run("mv(robx, 0, roby, 0, robz, 0)")
    assert not found
    assert len(colours) > 10  # it was not plain


def test_what_there_is_can_be_listed(screen):
    screen.run("lsobj rob*")
    screen.wait_to_see("^robx  roby  robz$")
    screen.run("lsconfig roby")
    screen.wait_to_see("^  simulated_motors: hardware.simulated_axes.SimulatedAxisController$")
    screen.run("def mine(x):\n    return x\n\n")
    screen.new_line()
    screen.run("prdef mine")
    screen.wait_to_see("^def mine")
    screen.run("history 3")
    screen.wait_to_see("^prdef mine$")


def test_the_status_is_one_screen(screen, shared_beacon):
    screen.run("add_suspender(Suspender('beam', diode1, below=-1))")
    screen.run("s = timescan(.1, diode1, run=False); task = s.start()")
    screen.wait_to_see(r"^ demo_session  \d+_timescan for \d+\.\d s$")
    with shared_beacon.client("viewer") as follower:
        follower.redis("data")
        screen.run("status")
        screen.wait_to_see("^session demo_session of ")
        screen.wait_to_see(r"^scans +\d+_timescan for .* s \(timescan 0\.1\)$")
        screen.wait_to_see(r"^suspenders +beam: diode1 is below -1$")
        screen.wait_to_see(r"^memory +\d+ MB$")
        screen.wait_to_see(r"^Beacon .* at 127\.0\.0\.1:")
        lines = screen.wait_to_see(rf"^followers +viewer \w+@.* \(process {os.getpid()}\)$")
    prompts = [n for n, line in enumerate(lines) if line.startswith("DEMO_SESSION")]
    assert prompts[-1] - lines.index("-> status()") < 24
    screen.run("s.stop(); s.wait(); remove_suspender('beam')")
    screen.wait_to_see("^ demo_session$")


def test_loggers_tell_more_or_less(screen):
    screen.run("debugon hardware.axis_sett*")
    screen.wait_to_see("^DEBUG: hardware.axis_settings$")
    screen.run("lsdebug")
    screen.wait_to_see("^hardware.axis_settings  DEBUG$")
    screen.run("debugoff robx")
    screen.wait_to_see("^as by default: nothing to change$")
    screen.run("debugoff")
    screen.wait_to_see("^as by default: hardware.axis_settings$")
    screen.run("lsdebug")
    screen.wait_to_see("^none$")
    screen.run("lslog bliss.data*")
    screen.wait_to_see("^bliss.data._follow +WARNING$")


def test_debugon_shows_moves_scans_and_what_beacon_is_asked(screen):
    screen.run("mv(robx, 0); debugon(robx)")
    screen.wait_to_see(r"^DEBUG: hardware\.driven_axis.*, hardware\.moves\.robx$")
    screen.run("mv(robx, 2)")
    screen.wait_to_see(r"^hardware\.moves\.robx: from 0\.0 mm to 2\.0 mm\n.*: at 2\.0 mm$")
    screen.run("debugoff(robx); len(robx.listeners)")
    screen.wait_to_see(r"Out \[\d+\]: 1$")
    screen.run("debugon bliss.beacon.client")
    screen.run("lsconfig robx")
    screen.wait_to_see(
        r"^bliss\.beacon\.client: localhost:\d+: session_config \{'name': 'demo_sess"
    )
    screen.run("debugoff")
    screen.run("debugon bliss.scanning.scan")
    screen.run("ct .001 diode1")
    screen.wait_to_see(r"^bliss\.scanning\.scan: _\d+_ct: starting -> stopping$")
    screen.run("debugoff")


def test_what_libraries_say_is_not_for_the_screen(screen):
    since = len(screen.text)
    screen.run("import logging; logging.getLogger('somewhere').warning('of a %s', 'library')")
    logged = records(screen)[-2]
    assert (logged["logger"], logged["text"]) == ("somewhere", "of a library")
    assert "of a library" not in screen.text[since:]


def test_the_table_keeps_up_and_ends_complete(screen):
    since = len(screen.text)
    screen.run("loopscan 1000 0 diode1")
    screen.wait_to_see("^complete after 1000 points")
    # a row is written over the line that said how far it was
    text = re.sub(r"^ +\d+ of 1000 points.*?left", "", screen.text[since:], flags=re.M)
    rows = re.findall(r"^ +(\d+) +\S+ +\S+$", text, re.M)
    assert rows == [str(number) for number in range(1000)]


def test_a_wide_table_fits(screen):
    counters = ["diode1", "i0", "it", "sim_ct_gauss", "sim_ct_gauss_noise"]
    screen.run(f"ascan(robz, 0, 1, 2, 0, {', '.join(counters)})")
    lines = screen.wait_to_see("^complete after 3 points")
    head = next(n for n, line in enumerate(lines) if "robz[mm]" in line)
    assert [line.split()[0] for line in lines[head + 1 : head + 4]] == ["0", "1", "2"]
    assert lines[head].endswith("sim_ct_gauss_noise[cts]" if screen.is_wide else "monitor[cts]  +3")


def test_columns_of_the_table_are_chosen_apart_from_plots(screen):
    screen.run("tableselect diode1 'sim*'")
    screen.wait_to_see(r"^tables show the axes and diode1, sim\*$")
    screen.run("ascan robz 0 1 2 0 diode1 i0 sim_ct_gauss")
    screen.wait_to_see(r"^ +# +robz\[mm\] +diode1\[cts\] +sim_ct_gauss\[cts\]$")
    screen.wait_to_see(r"^complete after 3 points")
    screen.run("plotselect(i0); plotselect(None)")
    screen.run("loopscan 2 0 i0")
    screen.wait_to_see(r"^ +# +elapsed_time\[s\] +monitor\[cts\]$")
    screen.run("tableselect 5")
    screen.wait_to_see("^tableselect: 5 is no counter; expected counters or names")
    screen.run("tableselect None")
    screen.wait_to_see(r"^tables show all that a scan has$")


def test_a_scan_tells_how_far_it_is(screen):
    screen.type("loopscan 100 .1 diode1\r")
    screen.wait_to_see(r"^  ([2-9]|\d\d) of 100 points, \d+ %, \d+\.\d s left$")
    screen.interrupt()
    between = "; " if screen.is_wide else r"\n  "
    screen.wait_to_see(f"^aborted after .*: interrupted by Ctrl-C{between}dead time .* %")
    screen.wait_not_to_see(r" left|\^C")
    screen.wait_to_see(r"^DEMO_SESSION \[\d+\]:$")
    rows = [line for line in screen.lines if re.match(r" +\d+ +\S+ +\S+$", line)]
    assert [int(row.split()[0]) for row in rows] == list(range(len(rows)))
    screen.skip_prompts()


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("umv", r"^robx +\d+\.\d+ mm   roby +\d+\.\d+ mm\n  \d+ %, \d+\.\d s left$"),
        ("mv", r"^waiting for robx: MOVING \S+ → 80\.0, \d s, \d+ %, \d+\.\d s left$"),
    ],
)
def test_a_move_tells_how_far_it_is(screen, command, shown):
    screen.run("mv(robx, 0, roby, 0); robx.velocity = 5")
    screen.type(f"{command} robx 80 roby 3\r")
    screen.wait_to_see(shown)
    screen.interrupt()
    screen.wait_to_see("^interrupted$")
    screen.wait_not_to_see(r" left|waiting|\^C")
    screen.wait_to_see(r"^DEMO_SESSION \[\d+\]:$")
    screen.skip_prompts()
    screen.run("robx.velocity = 1000")


def test_what_goes_on_is_shown_below(screen):
    screen.run("robx.velocity = 1")
    screen.run("move robx robx.position+5 wait=False")
    screen.wait_to_see("^ demo_session  robx moves$")
    screen.run("robx.stop(); robx.velocity = 1000")
    screen.wait_to_see("^ demo_session$")
    screen.run("import gevent; s = timescan(.1, diode1, run=False); g = gevent.spawn(s.run)")
    screen.wait_to_see(r"^ demo_session  \d+_timescan for \d+\.\d s$")
    screen.run("s.stop(); g.join()")
    screen.wait_to_see("^ demo_session$")
    screen.run("s = loopscan(50, 1, diode1, run=False); task = s.start()")
    screen.wait_to_see(r"^ demo_session  \d+_loopscan about 4\d\.\d s left$")
    screen.run("pause('to look')")
    screen.wait_to_see(r"^ demo_session  \d+_loopscan paused: to look$")
    screen.run("s.abort(); s.wait()")
    screen.wait_to_see("^ demo_session$")


def test_watched_channels_are_shown_below(screen, shared_beacon):
    screen.run("watch_channel lamp")
    screen.wait_to_see("^ demo_session  lamp: no value$")
    with shared_beacon.client() as client, Channel("lamp", value=1 / 3, beacon=client) as lamp:
        screen.wait_to_see(r"^ demo_session  lamp: 0\.333333$")
        lamp.value = "of\nseveral lines, and far too long for it"
        screen.wait_to_see(r"^ demo_session  lamp: 'of\\nseveral \.\.\.o long for it'$")
    screen.run("unwatch_channel lamp")
    screen.wait_to_see("^ demo_session$")
    screen.run("unwatch_channel lamp")
    screen.wait_to_see("^unwatch_channel: 'lamp' is not watched; those that are: none$")
    screen.run("watch_channel 5")
    screen.wait_to_see("^watch_channel: 5 is no name of a Channel; expected one in quotes")


def test_without_a_place_for_history_and_log_it_works_all_the_same(beacon, tmp_path):
    (tmp_path / ".local").write_text("no folder")
    environment = {"BEACON_HOST": beacon.host}
    with Screen("-s", "demo_session", home=tmp_path, environment=environment) as screen:
        screen.wait_for_prompt()
        for what in ("commands are not recorded in", "the history is not kept:"):
            screen.wait_to_see(f"^{what} .*: Not a directory$")
        screen.run("ct .01 diode1")
        screen.wait_to_see("^complete after 1 point")
        assert len(re.findall("Not a directory", screen.text)) == 3  # moves, too
        assert screen.leave() == 0
