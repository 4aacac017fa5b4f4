"""Bad arguments of every scan command: one sentence, nothing made, nothing moved; no server."""

import inspect
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scans
from bliss.common.errors import ArgumentError, LimitError
from bliss.scanning.scan import Scan, ScanState
from bliss.scanning.session import Session, set_current_session
from hardware.simulated_axes import SimulatedAxisController
from hardware.simulated_counters import SimulatedCounterController
from tests.scan_commands import NAMES

AXES = SimulatedAxisController(
    "motors",
    {
        "axes": [
            {"name": f"m{n}", "velocity": 1e3, "acceleration": 1e4, "limits": [-20, 20]}
            for n in range(1, 6)
        ]
    },
    settings=lambda _: {},
).devices
COUNTERS = SimulatedCounterController(
    "counters", {"counters": [{"name": n, "shape": "constant", "peak": 1} for n in ("c1", "c2")]}
).devices


@pytest.fixture(autouse=True, scope="module")
def _session():
    """A session that no server knows."""
    set_current_session(Session("pure", beacon=None))
    yield
    set_current_session(None)


NUMBERS = st.one_of(
    st.integers(-25, 25), st.floats(), st.just(10**400), st.sampled_from([True, np.float64(1.5)])
)
ODD = st.sampled_from(
    [None, "", "robz", "1", [], [1, 2], (), {}, object(), 1j, np.nan, np.bool_(True), b"1", Scan]
)
AXIS = st.one_of(st.sampled_from(list(AXES.values())), NUMBERS, ODD)
LISTS = st.one_of(
    st.lists(NUMBERS, max_size=4), st.just(np.arange(3.0)), st.just(np.eye(2)), ODD, NUMBERS
)
TUPLES = st.one_of(
    st.lists(st.tuples(AXIS, NUMBERS, NUMBERS), max_size=3),
    st.lists(st.tuples(AXIS, NUMBERS, NUMBERS, st.integers(-1, 4)), max_size=3),
    st.lists(st.tuples(AXIS, LISTS), max_size=3),
    LISTS,
)
COUNTER = st.one_of(st.sampled_from(list(COUNTERS.values())), AXIS)
OPTIONS = st.fixed_dictionaries(
    {"run": st.just(False)},
    optional={
        "name": st.one_of(st.text(max_size=5), ODD),
        "title": st.one_of(st.text(max_size=5), ODD),
        "save": st.one_of(st.booleans(), ODD),
        "sleep_time": st.one_of(NUMBERS, ODD),
        "scan_info": st.one_of(st.dictionaries(st.text(max_size=2), NUMBERS, max_size=2), ODD),
        "bogus": st.just(1),
    },
)


def _value_of(parameter):
    if parameter.name.startswith("motor") and parameter.name.endswith("list"):
        return TUPLES
    if parameter.name.startswith("motor"):
        return AXIS
    if parameter.name == "positions":
        return LISTS
    if parameter.name == "counter":
        return COUNTER
    return st.one_of(NUMBERS, ODD)


@st.composite
def calls(draw):
    name = draw(st.sampled_from(NAMES))
    command = getattr(scans, name)
    positional = [
        p
        for p in inspect.signature(command).parameters.values()
        if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    arguments = [draw(_value_of(parameter)) for parameter in positional]
    if "counter" not in inspect.signature(command).parameters:
        arguments += draw(st.lists(COUNTER, max_size=2))
    options = draw(OPTIONS)
    if "backnforth" in inspect.signature(command).parameters and draw(st.booleans()):
        options["backnforth"] = draw(st.one_of(st.booleans(), ODD))
    return name, command, arguments, options


@given(calls())
@settings(max_examples=1000, deadline=None)
def test_a_command_gives_a_scan_or_one_sentence(call):
    name, command, arguments, options = call
    try:
        answer = command(*arguments, **options)
    except (ArgumentError, LimitError) as error:
        answer = error
    if isinstance(answer, Scan):
        assert answer.state is ScanState.IDLE
    else:
        assert str(answer)
        assert "\n" not in str(answer)
        assert len(str(answer)) < 400
        # it begins with the command, or with the device that is not up to it
        assert str(answer).startswith((f"{name}: ", *(f"{axis}: " for axis in AXES)))
    assert all(axis.position == 0 and not axis.is_moving for axis in AXES.values())


def good(parameter):
    values = {
        "intervals": 3, "npoints": 3, "count_time": 0.1, "acq_time": 0.1, "positions": [1, 2],
        "start": 1, "stop": 2, "counter": COUNTERS["c1"],
    }  # fmt: skip
    name = parameter.name
    if name == "motor_positions_list":
        return [(AXES["m1"], [1, 2]), (AXES["m2"], [1, 2])]
    if name == "motor_tuple_list":
        return [(AXES["m1"], 1, 2), (AXES["m2"], 1, 2)]
    if name.startswith("motor"):
        return AXES[f"m{name[5:] or 1}"]
    return values[name.rstrip("12345")]


def good_call(name):
    command = getattr(scans, name)
    parameters = inspect.signature(command).parameters.values()
    positional = {p.name: good(p) for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
    if name == "anmesh":
        positional["motor_tuple_list"] = [(AXES["m1"], 1, 2, 3), (AXES["m2"], 1, 2, 3)]
    counters = [] if "counter" in positional else [COUNTERS["c1"]]
    return command, positional, counters


@pytest.mark.parametrize("name", NAMES)
def test_good_arguments_give_a_scan(name):
    """Else the tests here could pass as everything is refused."""
    command, arguments, counters = good_call(name)
    scan = command(*arguments.values(), *counters, run=False)
    assert scan.state is ScanState.IDLE
    assert scan.scan_info["type"] == name


BAD_NUMBERS = [math.nan, math.inf, -math.inf, True, "1", None, 10**400]


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_every_command_is_checked(name):
    command, arguments, counters = good_call(name)
    numbers = [each for each, value in arguments.items() if isinstance(value, int | float)]
    for wrong, bad in itertools.product(numbers, BAD_NUMBERS):
        with pytest.raises(ArgumentError, match=f"^{name}: {wrong} is "):
            command(*(arguments | {wrong: bad}).values(), *counters, run=False)


@pytest.mark.parametrize("name", [n for n in NAMES if n[1] in "2345" or "mesh" in n])
def test_an_axis_twice_is_refused(name):
    command, arguments, counters = good_call(name)
    if "motor2" in arguments:
        arguments["motor2"] = arguments["motor1"]
    else:
        arguments["motor_tuple_list"][1] = arguments["motor_tuple_list"][0]
    with pytest.raises(ArgumentError, match=f"^{name}: m1 is given twice; give each axis once"):
        command(*arguments.values(), *counters, run=False)


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ([], r"has \[\]: expected \[\(axis, positions\), ...\]"),
        ([(AXES["m1"],)], "has .*: expected"),
        ([(AXES["m1"], [])], r"positions are \[\]: expected a list of numbers"),
        ([(AXES["m1"], [1, math.nan])], r"positions\[1\] is nan"),
        ([(AXES["m1"], [1, 2]), (AXES["m2"], [1])], "2 for m1, 1 for m2: expected as many"),
        ([(AXES["m1"], [1]), (AXES["m1"], [2])], "m1 is given twice"),
    ],
)
def test_lists_of_positions(lists, said):
    with pytest.raises(ArgumentError, match=f"^lookupscan: .*{said}"):
        scans.lookupscan(lists, 0.1, COUNTERS["c1"], run=False)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"bogus": 1}, "unexpected keyword argument 'bogus'; expected some of name, title"),
        ({"save": "no"}, "save is 'no': expected True or False"),
        ({"name": 7}, "name is 7: expected a text"),
        ({"name": "a_data"}, "ends in one of"),
        ({"scan_info": [1]}, r"scan_info is \[1\]: expected a dict"),
        ({"scan_info": {1: 2}}, "a key of scan_info is 1: expected a text"),
        ({"scan_info": {"a": object()}}, r"scan_info\['a'\]: .*cannot|scan_info\['a'\]: .*object"),
        ({"sleep_time": -1}, "sleep_time is -1: expected a number, 0 or more"),
    ],
)
def test_options(option, said):
    with pytest.raises(ArgumentError, match=f"^ct: .*({said})"):
        scans.ct(0.1, COUNTERS["c1"], run=False, **option)


def test_more_points_than_anybody_can_want_are_refused():
    with pytest.raises(ArgumentError, match="intervals is 100000000: expected 10000000 or less"):
        scans.ascan(AXES["m1"], 0, 1, 10**8, 0, COUNTERS["c1"], run=False)
    many = [(AXES[f"m{n}"], 0, 1, 10_000) for n in (1, 2, 3)]
    with pytest.raises(ArgumentError, match=r"the number of points is .* or less"):
        scans.anmesh(many, 0, COUNTERS["c1"], run=False)


def test_help_and_tab_show_every_option():
    for name in NAMES:
        command = getattr(scans, name)
        parameters = inspect.signature(command).parameters
        assert list(parameters)[-7:] == [
            *("name", "title", "save", "run", "sleep_time", "scan_info", "check")
        ]
        assert parameters["save"].default is (name != "ct")
        assert "Options:" in command.__doc__
