"""SPEC's way of typing as Python: what is changed, and what is never touched."""

import ast
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bliss_shell.spec_syntax import Command, as_python
from scans import ascan, ct, timescan


def mv(*axes_and_positions):
    """As the command."""


def wa():
    """As the command."""


def lsobj(pattern: str | None = None):
    """As the command."""


def run_file(path: str, *arguments: str, dry: bool = False):
    """A command that wants text."""


def mine(x, y=1):
    """A function of the user's own: it does not run by its name alone."""


FUNCTIONS = {"ascan": ascan, "ct": ct, "timescan": timescan, "mv": mv, "umv": mv, "wa": wa,
             "sta": wa, "lsobj": lsobj, "run_file": run_file}  # fmt: skip
COMMANDS = {
    **{name: Command(inspect.signature(each), runs_alone=True) for name, each in FUNCTIONS.items()},
    "mine": Command(inspect.signature(mine)),
    "mine0": Command(inspect.signature(wa)),
}
KNOWN = {*COMMANDS, "robx", "robz", "sim_ct_gauss_noise", "diode1", "x", "s", "group"}

CHANGED = [
    ("ascan robz -5 5 500 .001 sim_ct_gauss_noise",
     "ascan(robz, -5, 5, 500, .001, sim_ct_gauss_noise)"),
    ("umv robx 1", "umv(robx, 1)"),
    ("umv robx -1", "umv(robx, -1)"),
    ("umv robx +1", "umv(robx, +1)"),
    ("umv robx 1 robz -2.5e-3", "umv(robx, 1, robz, -2.5e-3)"),
    ("umv  robx\t 1", "umv(robx, 1)"),
    ("umv robx, 1", "umv(robx, 1)"),
    ("umv robx 1   # home", "umv(robx, 1)   # home"),
    ("umv robx 1; ct 1", "umv(robx, 1); ct(1)"),
    ("umv robx 1; x = 3", "umv(robx, 1); x = 3"),
    ("wa; sta", "wa(); sta()"),
    ("umv robx 1;", "umv(robx, 1);"),
    ("umv robx = 1", "umv(robx=1)"),
    ("ct; x -1", "ct(); x -1"),
    ("umv robx 1\n", "umv(robx, 1)\n"),
    ("  umv robx 1", "  umv(robx, 1)"),
    ("umv robx robz.position", "umv(robx, robz.position)"),
    ("umv robx -robz.position", "umv(robx, -robz.position)"),
    ("umv robx robz.position+1", "umv(robx, robz.position+1)"),
    ("umv robx (robz.position + 1)", "umv(robx, (robz.position + 1))"),
    ("umv robx (1 + 2)/3", "umv(robx, (1 + 2)/3)"),
    ("umv robx [1, 2][0]", "umv(robx, [1, 2][0])"),
    ("umv robx max(1, 2)", "umv(robx, max(1, 2))"),
    ("umv robx x==1", "umv(robx, x==1)"),
    ("umv robx {'a': 1}['a']", "umv(robx, {'a': 1}['a'])"),
    ("ascan robz 0 1 10 .1 diode1 save=False", "ascan(robz, 0, 1, 10, .1, diode1, save=False)"),
    ("ascan robz 0 1 10 .1 diode1 save = False", "ascan(robz, 0, 1, 10, .1, diode1, save=False)"),
    ("ascan robz 0 1 10 .1 save=False diode1", "ascan(robz, 0, 1, 10, .1, diode1, save=False)"),
    ("ascan robz 0 1 10 .1 diode1 name='a b'", "ascan(robz, 0, 1, 10, .1, diode1, name='a b')"),
    ('ascan robz 0 1 10 .1 diode1 title="it\'s #1; ok"',
     'ascan(robz, 0, 1, 10, .1, diode1, title="it\'s #1; ok")'),
    ("ascan robz 0 1 10 .1 diode1 name=align", "ascan(robz, 0, 1, 10, .1, diode1, name='align')"),
    ("ascan robz 0 1 10 .1 diode1 name=s", "ascan(robz, 0, 1, 10, .1, diode1, name=s)"),
    ("ascan robz 0 1 10 .1 diode1 run=x>1", "ascan(robz, 0, 1, 10, .1, diode1, run=x>1)"),
    ("s = ascan robz 0 1 10 .1 diode1", "s = ascan(robz, 0, 1, 10, .1, diode1)"),
    ("s, x = mine 1", "s, x = mine(1)"),
    ("ct .1", "ct(.1)"),
    ("ct 1", "ct(1)"),
    ("ct -1", "ct(-1)"),
    ("ct -x", "ct(-x)"),
    ("ct *group", "ct(*group)"),
    ("ct 1 *group", "ct(1, *group)"),
    ("ct (1) diode1", "ct((1), diode1)"),
    ("ct", "ct()"),
    ("wa", "wa()"),
    ("wa ", "wa() "),
    ("wa  # where", "wa()  # where"),
    ("lsobj", "lsobj()"),
    ("lsobj sim*", "lsobj('sim*')"),
    ("lsobj rob? x", "lsobj('rob?', x)"),
    ("lsobj 'sim*'", "lsobj('sim*')"),
    ("lsobj nothing", "lsobj('nothing')"),
    ("run_file my_script", "run_file('my_script')"),
    ("run_file my_script.py one two", "run_file('my_script.py', 'one', 'two')"),
    ("run_file ~/my-script.py dry=True", "run_file('~/my-script.py', dry=True)"),
    ("run_file s", "run_file(s)"),
    ("run_file s.name", "run_file(s.name)"),
    ("mine 1", "mine(1)"),
    ("mine 'a'", "mine('a')"),
    ("mine r'a\\'b' 2", "mine(r'a\\'b', 2)"),
    ("timescan .1 diode1 sleep_time=.5", "timescan(.1, diode1, sleep_time=.5)"),
]  # fmt: skip

UNTOUCHED = [
    "", " ", "\n", "# umv robx 1", "a = 1", "x -1", "x - 1", "x", "robz", "robz.position",
    "ascan", "mv", "mine", "mine0", "umv(robx, 1)", "umv (robx, 1)", "ct (1)", "ct - 1",
    "ct = 1", "ct == 1", "ct, 1", "ct is None", "ct if x else 1", "ct and wa", "ct in [ct]",
    "ct.__doc__", "ct[1]", "ct [1]", "ct * 2", "ct ** 2", "ct **x", "s = ct", "s = ascan(robz)",
    "if x: umv(robx, 1)", "if x:\n    umv(robx, 1)", "for a in range(3):\n    ct(1)\n",
    "umv robx 1\numv robz 1", "import wa", "from scans import ct", "def wa(): pass", "del wa",
    "lambda: ct", "print(ct)", "print x", "%time ct(1)", "%%time\nct 1", "!ls", "ct?", "?ct",
    "ct robx?", "robz??", "/ct 1", ",ct 1", "umv robx 1 + 1", "umv robx (1", "umv robx 1)",
    "umv robx 'a", "umv robx lambda: 1", "umv robx if x else 1", "nosuch robx 1", "return ct",
    "ct 1 if x else 2", "a = b = ct 1", "ct += 1", "ct: int = 1", "global ct", "assert ct",
    "umv robx \\\n1", "with ct as x: pass", "await ct", "x = umv", "umv robx 1 =",
    "'''ct 1'''", "not ct", "ct or 1", "lsobj rob?",
]  # fmt: skip


@pytest.mark.parametrize(("typed", "python"), CHANGED)
def test_spec_becomes_python(typed, python):
    assert as_python(typed, COMMANDS, KNOWN) == python


@pytest.mark.parametrize("typed", UNTOUCHED)
def test_anything_else_is_not_touched(typed):
    assert as_python(typed, COMMANDS, KNOWN) == typed


@given(st.text(alphabet="ct umvrobx1-+*/=()[]{},.;:#'\"\\\n?%!@", max_size=40))
def test_what_comes_out_is_python_or_what_went_in(text):
    changed = as_python(text, COMMANDS, KNOWN)
    assert changed == text or ast.parse(changed.strip())


@given(st.text(alphabet="axyz umvrobx1-+*/=()[]{},.;:#'\"\\\n", max_size=40))
def test_without_commands_nothing_changes(text):
    assert as_python(text, {}, KNOWN) == text
