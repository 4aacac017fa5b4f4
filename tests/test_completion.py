"""What Tab offers inside a call; devices are looked at, never read."""

import inspect

import pytest

from bliss_shell.call_place import Place, place_of
from bliss_shell.completion import offer
from bliss_shell.toolbar import signature_line
from bliss_shell.usage import introduction, usage
from scans import ascan, ct


class Untouchable:
    """A device that no one may read."""

    def __init__(self, name):
        self.__dict__["name"] = name

    @property
    def position(self):
        raise AssertionError("the position was read")

    dial = state = is_moving = unit = dtype = shape = controller = position

    def __getattr__(self, name):
        raise AssertionError(f"{name} was read")

    def __repr__(self):
        raise AssertionError("it was shown")

    def __eq__(self, other):
        raise AssertionError("it was compared")

    __hash__ = None


class UntouchableAxis(Untouchable):
    def check_target(self, target): ...

    def start_move(self, target): ...

    def wait_move(self): ...

    def stop(self): ...


def mv(*axes_and_positions): ...


def mesh(fast_motor, start1, stop1, intervals1, slow_motor, start2, stop2, intervals2,
         count_time, *counters, backandforth: bool = False): ...  # fmt: skip


def mine(axis, counter, how="fast"): ...


COMMANDS = {
    name: inspect.signature(each)
    for name, each in (("ascan", ascan), ("ct", ct), ("mv", mv), ("mesh", mesh), ("mine", mine))
}
NAMESPACE = {
    "robx": UntouchableAxis("robx"),
    "roby": UntouchableAxis("roby"),
    "diode1": Untouchable("diode1"),
    "diode2": Untouchable("diode2"),
    "_hidden": UntouchableAxis("_hidden"),
    "Axis": UntouchableAxis,
    "text": "text",
    "ascan": ascan,
}
AXES = ["robx", "roby"]
COUNTERS = ["diode1", "diode2"]
KEYWORDS = [f"{p.name}=" for p in COMMANDS["ascan"].parameters.values() if p.kind is p.KEYWORD_ONLY]


def offered(text):
    place = place_of(text, COMMANDS)
    assert place is not None, text
    found = offer(place, COMMANDS[place.command], NAMESPACE)
    return [word for word, _ in found.words], found.is_all


@pytest.mark.parametrize(
    ("text", "words", "is_all"),
    [
        ("ascan(", AXES, True),
        ("ascan(ro", AXES, True),
        ("ascan(robx", ["robx"], True),
        ("ascan(zz", [], False),
        ("ascan(robx, ", [], True),
        ("ascan(robx, -5, ", [], True),
        ("ascan(robx, -5, te", [], False),
        ("ascan(robx, -5, 5, 10, .1, ", [*COUNTERS, *KEYWORDS], True),
        ("ascan(robx, (1, 2)[0], max([1, 2]), 10, .1, di", COUNTERS, True),
        ("ascan(robx, -5, 5, 10, .1, diode1, ", ["diode2", *KEYWORDS], True),
        ("ascan(robx, -5, 5, 10, .1, diode1, sa", ["save="], False),
        ("ascan(robx, -5, 5, 10, .1, diode1, save=", ["True", "False"], True),
        ("ascan(robx, -5, 5, 10, .1, diode1, save=F", ["False"], True),
        ("ascan(robx, -5, 5, 10, .1, save=False, run", ["run="], False),
        ("s = ascan(", AXES, True),
        ("for i in range(3):\n    ascan(", AXES, True),
        ("ascan(robx,\n  -5, 5, 10, .1,\n  di", COUNTERS, True),
        ("print(ascan(", AXES, True),
        ("ascan ", AXES, True),
        ("ascan ro", AXES, True),
        ("ascan robx ", [], True),
        ("ascan robx -5 5 10 .1 ", [*COUNTERS, *KEYWORDS], True),
        ("ascan robx -5 5 10 .1 diode1 di", ["diode2"], True),
        ("ascan robx -5 5 10 .1 diode1 save=", ["True", "False"], True),
        ("s = ascan robx -5 5 10 .1 di", COUNTERS, True),
        ("wa; mv ", AXES, True),
        ("mv(", AXES, True),
        ("mv(robx, ", [], True),
        ("mv(robx, 1, ", ["roby"], True),
        ("mv robx 1 ", ["roby"], True),
        ("mesh(robx, 0, 1, 10, ", ["roby"], True),
        ("mesh robx 0 1 10 roby 0 1 10 ", [], True),
        ("ct(", ["count_time=", *KEYWORDS], True),
        ("mine(", AXES, True),
        ("mine(robx, ", COUNTERS, True),
        ("mine(robx, diode1, ", ["how="], False),
    ],
)
def test_devices_of_the_right_kind_are_offered(text, words, is_all):
    found, everything = offered(text)
    assert found == words
    assert everything is is_all


@pytest.mark.parametrize(
    "text",
    ["", "ascan", "x = 1", "print(", "ascan[", "ascan([", "ascan('", "ascan = ", "ascan + ",
     "def ascan(", "x.ascan(", "# ascan(", "ascan(robx)", "if x: ", "ascan == r"],
)  # fmt: skip
def test_elsewhere_ipython_completes(text):
    assert place_of(text, COMMANDS) is None


def test_what_is_not_spec_while_that_is_off():
    assert place_of("ascan ro", COMMANDS, spec=False) is None
    assert place_of("ascan(ro", COMMANDS, spec=False) == Place("ascan", (), frozenset(), "", "ro")


def shown(text, width=200):
    place = place_of(text, COMMANDS)
    return signature_line(place, COMMANDS[place.command], width)


def test_the_signature_is_shown_with_the_argument_at_hand():
    line = shown("ascan robx -5 ")
    assert "".join(text for _, text in line).startswith(" ascan(motor, start, stop, intervals,")
    assert [text for style, text in line if style] == ["stop"]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_signature_fits_the_line(width):
    for text in ("ascan ", "ascan robx 1 2 3 4 diode1 scan_info=", "mesh robx 0 1 10 roby "):
        line = shown(text, width)
        assert sum(len(word) for _, word in line) <= width
    (here,) = [word for style, word in shown("ascan robx 1 2 3 4 sleep_time=", 80) if style]
    assert here.startswith("sleep_time")


def test_a_command_is_introduced():
    text = introduction("ascan", ascan)
    assert text.startswith("ascan(motor, start, stop, intervals, count_time, *counters, name=None")
    assert "Step an axis from `start` to `stop`" in text
    assert "ascan(robz, -5, 5, 500, .001, sim_ct_gauss_noise)" in text
    assert "Args:" not in text
    assert usage("mv", mv) == "mv(*axes_and_positions)"
