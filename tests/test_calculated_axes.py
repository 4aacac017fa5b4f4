"""Calculated axes, groups, soft axes and named positions: several axes that act as one."""

import math

import gevent
import pytest

from bliss.common.errors import ArgumentError, ConfigError, DeviceError, LimitError
from hardware.calculated_axes import FunctionAxisController
from hardware.group import Group
from hardware.named_positions import NamedPositions
from hardware.simulated_axes import SimulatedAxisController
from hardware.slits import SlitsController
from hardware.soft_axis import SoftAxis

BLADE = {"unit": "mm", "velocity": 200, "acceleration": 10_000, "limits": [-10, 10]}


@pytest.fixture
def motors():
    entries = [{"name": name, **BLADE} for name in ("up", "down", "table")]
    controller = SimulatedAxisController("motors", {"axes": entries}, settings=lambda _: {})
    yield controller
    Group(*controller.axes.values()).stop()
    controller.leave()


@pytest.fixture
def slits(motors):
    return SlitsController(
        "slits",
        {
            "real": {"upper": motors.axes["up"], "lower": motors.axes["down"]},
            "axes": [
                {"name": "gap", "role": "gap", "unit": "mm", "limits": [0, 30]},
                {"name": "offset", "role": "offset", "unit": "mm"},
            ],
        },
        settings=lambda _: {},
    )


@pytest.fixture
def axes(motors, slits):
    return {**motors.axes, **slits.axes}


def positions(axes, *names):
    return tuple(axes[name].position for name in names)


# --- calculated axes


def test_a_gap_moves_both_blades(axes):
    axes["gap"].move(4)
    assert positions(axes, "gap", "offset", "up", "down") == (4, 0, 2, 2)
    axes["offset"].move(-1)
    assert positions(axes, "gap", "offset", "up", "down") == (4, -1, 1, 3)


def test_gap_and_offset_go_together(axes):
    Group(axes["gap"], axes["offset"]).move(axes["gap"], 2, axes["offset"], 3)
    assert positions(axes, "up", "down") == (4, -2)


def test_its_state_is_that_of_the_real_axes(axes):
    axes["up"].velocity = 10
    axes["up"].start_move(5)
    assert axes["gap"].is_moving
    with pytest.raises(DeviceError, match="gap: is moving already"):
        axes["gap"].move(1)
    axes["up"].stop()
    assert axes["gap"].state == "READY"


def test_stopping_it_stops_the_real_axes(axes):
    axes["up"].velocity = axes["down"].velocity = 10
    axes["gap"].move(20, wait=False)
    gevent.sleep(0.02)
    axes["gap"].stop()
    assert not axes["up"].is_moving
    assert not axes["down"].is_moving
    assert 0 < axes["gap"].position < 20


@pytest.mark.parametrize(
    ("axis", "target", "sentence"),
    [
        ("gap", 25, "gap: needs up: 12.5 mm is beyond the high limit (10.0 mm); see up.limits"),
        ("gap", 31, "gap: 31.0 mm is beyond the high limit (30.0 mm); see gap.limits"),
        ("offset", -11, "offset: needs up: -11.0 mm is beyond the low limit (-10.0 mm); see "
         "up.limits"),
    ],
)  # fmt: skip
def test_limits_of_real_axes_count(axes, axis, target, sentence):
    for method in (axes[axis].check_target, axes[axis].move):
        with pytest.raises(LimitError) as caught:
            method(target)
        assert str(caught.value) == sentence
    assert positions(axes, "up", "down") == (0, 0)


def test_one_place_only_for_a_real_axis(axes):
    with pytest.raises(ArgumentError, match="up: is moved by gap already"):
        Group(axes["gap"], axes["up"]).move(axes["gap"], 2, axes["up"], 5)
    assert positions(axes, "up", "down") == (0, 0)
    Group(axes["gap"], axes["up"]).move(axes["gap"], 2, axes["up"], 1)
    assert positions(axes, "up", "down") == (1, 1)


def test_when_a_real_axis_fails_the_other_stops(axes, motors):
    for name in ("up", "down"):
        axes[name].velocity = 10
    motors.motor(axes["up"]).fail_move(0.02, "following error")
    with pytest.raises(DeviceError, match=r"gap: the move to 20\.0 mm failed .*up: following"):
        axes["gap"].move(20)
    assert not axes["down"].is_moving
    assert axes["down"].position < 5
    assert axes["gap"].state == "FAULT"


def test_rounding_does_not_let_the_other_one_creep(axes):
    axes["offset"].move(0.1)
    for _ in range(50):
        axes["gap"].move(1 / 3)
        axes["gap"].move(2 / 3)
    assert axes["offset"].position == pytest.approx(0.1, abs=1e-12)


def test_it_has_an_offset_of_its_own(axes):
    axes["gap"].move(2)
    axes["gap"].position = 0
    axes["gap"].move(1)
    assert positions(axes, "gap", "up", "down") == (1, 1.5, 1.5)


def energy_from_angle(real):
    return {"energy": 12.398 / (2 * 3.1356 * math.sin(math.radians(real["bragg"])))}


def angle_from_energy(calculated):
    return {"bragg": math.degrees(math.asin(12.398 / (2 * 3.1356 * calculated["energy"])))}


def functions(bragg, **changed):
    config = {
        "real": {"bragg": bragg},
        "from_real": f"{__name__}.energy_from_angle",
        "to_real": f"{__name__}.angle_from_energy",
        "axes": [{"name": "energy", "unit": "keV"}],
    }
    return FunctionAxisController("mono", {**config, **changed}, settings=lambda _: {})


def test_two_functions_make_an_axis(motors):
    motors.axes["up"].limits = None, 90
    motors.axes["up"].move(10)
    energy = functions(motors.axes["up"]).axes["energy"]
    energy.move(8)
    assert energy.position == pytest.approx(8)
    assert motors.axes["up"].position == pytest.approx(14.30, abs=0.01)
    with pytest.raises(DeviceError, match=r"mono: to_real\(.*\) failed \(ValueError"):
        energy.move(0.5)  # no angle diffracts that
    assert energy.position == pytest.approx(8)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"real": {"bragg": 5}}, "mono: real.bragg is 5; expected an axis, as in bragg: $robx"),
        ({"to_real": "no.such.function"}, "mono: no function 'no.such.function'"),
        ({"to_real": "math.pi"}, "mono: math.pi is 3.14"),
    ],
)
def test_wrong_calculations(motors, changed, sentence):
    with pytest.raises(ConfigError) as caught:
        functions(motors.axes["up"], **changed)
    assert str(caught.value).startswith(sentence)


# --- groups


def test_a_group_moves_relative_and_without_waiting(axes):
    group = Group(axes["up"], axes["table"])
    group.move({axes["up"]: 1, axes["table"]: 2})
    group.rmove(axes["up"], 0.5)
    assert group.position == {"up": 1.5, "table": 2.0}
    group.move(axes["up"], 0, axes["table"], 0, wait=False)
    assert group.is_moving
    group.wait_move()
    assert group.position == {"up": 0.0, "table": 0.0}
    assert group.state == "READY"


def test_when_one_of_a_group_fails_all_stop(axes, motors):
    for name in ("up", "table"):
        axes[name].velocity = 10
    motors.motor(axes["table"]).fail_move(0.02, "no power")
    with pytest.raises(DeviceError, match=r"table: the move to 10\.0 mm failed .*: no power"):
        Group(axes["up"], axes["table"]).move(axes["up"], 10, axes["table"], 10)
    assert not axes["up"].is_moving
    assert axes["up"].position < 5


def test_when_one_cannot_be_begun_none_goes_on(axes, motors):
    motors.motor(axes["table"]).fail_start("no power")
    axes["up"].velocity = 1
    with pytest.raises(DeviceError, match=r"table: cannot be moved to 10\.0 mm: no power"):
        Group(axes["up"], axes["table"]).move(axes["up"], 10, axes["table"], 10)
    assert not axes["up"].is_moving
    assert axes["up"].position < 9


def test_an_interrupted_group_stops(axes):
    group = Group(axes["up"], axes["table"])
    axes["up"].velocity = 1
    mover = gevent.spawn(group.move, axes["up"], 10, axes["table"], 10)
    gevent.sleep(0.02)
    mover.kill()
    assert not group.is_moving


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ((), "expected pairs of axis and position"),
        (("up",), "expected pairs"),
        (("up", 1, "up", 2), "up is given twice"),
        (("gap", 1), "<Axis gap> is not of this group"),
        (("up", 1, "table", 99), "table: 99.0 mm is beyond the high limit"),
        (("up", "far"), "up: 'far' is no position"),
    ],
)
def test_wrong_moves_of_a_group(axes, pairs, sentence):
    given = [axes.get(each, each) if isinstance(each, str) else each for each in pairs]
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is looked at
        Group(axes["up"], axes["table"]).move(*given)
    assert str(caught.value).startswith(sentence)
    assert positions(axes, "up", "table") == (0, 0)


def test_a_group_is_of_axes():
    with pytest.raises(ArgumentError, match="5 is not an axis"):
        Group(5)


# --- soft axes


class Furnace:
    def __init__(self):
        self.temperature = 20.0
        self._heater = None

    def read(self):
        return self.temperature

    def heat(self, target):
        self._heater = gevent.spawn(self._heat, target)

    def _heat(self, target):
        while self.temperature < target:
            self.temperature = min(self.temperature + 10, target)
            gevent.sleep(0.002)

    def state(self):
        return "MOVING" if self._heater and not self._heater.ready() else "READY"

    def stop(self):
        self._heater.kill()


def test_an_attribute_is_an_axis():
    furnace = Furnace()
    axis = SoftAxis("furnace", furnace, position="temperature", unit="degC", high_limit=100)
    axis.move(50)
    assert (furnace.temperature, axis.position, axis.state) == (50, 50, "READY")
    axis.rmove(-10)
    assert furnace.temperature == 40
    with pytest.raises(LimitError, match=r"furnace: 200\.0 degC is beyond the high limit"):
        axis.move(200)


def test_methods_are_an_axis_that_takes_time():
    furnace = Furnace()
    axis = SoftAxis("furnace", furnace, position="read", move="heat", state="state", stop="stop")
    axis.move(100, wait=False)
    assert axis.is_moving
    axis.wait_move()
    assert axis.position == 100
    axis.move(1e6, wait=False)
    axis.stop()
    assert axis.position < 1e6


def test_a_soft_axis_says_what_its_object_raised():
    axis = SoftAxis("furnace", Furnace(), position=lambda: 1 / 0, move=print)
    with pytest.raises(
        DeviceError, match=r"furnace: position of Furnace failed .ZeroDivisionError"
    ):
        _ = axis.position


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"position": "temprature"}, r"furnace: position='temprature': .* has no such attribute"),
        ({"position": lambda: 1}, "furnace: say with move= how to go to a position"),
    ],
)
def test_wrong_soft_axes(options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        SoftAxis("furnace", Furnace(), **options)


# --- named positions


@pytest.fixture
def filters(axes):
    def place(label, up, table):
        target = [
            {"axis": axes["up"], "position": up, "tolerance": 0.01},
            {"axis": axes["table"], "position": table},
        ]
        return {"label": label, "target": target}

    return NamedPositions("filters", {"positions": [place("open", 0, 0), place("copper", 1, 2)]})


def test_places_have_names(axes, filters):
    assert filters.position == "open"
    filters.move("copper")
    assert (filters.position, axes["up"].position, axes["table"].position) == ("copper", 1, 2)
    axes["up"].rmove(0.1)
    assert filters.position == "unknown"
    assert filters.labels == ["open", "copper"]
    assert "copper       up 1.0 mm, table 2.0 mm" in filters.__info__()


def test_a_place_that_is_not_there(filters):
    with pytest.raises(ArgumentError, match="filters: no position 'gold'; expected one of open, c"):
        filters.move("gold")


def test_wrong_named_positions():
    with pytest.raises(ConfigError, match="filters: positions is missing"):
        NamedPositions("filters", {})
    target = {"axis": 5, "position": 1}
    with pytest.raises(ConfigError, match="filters: open: 5 is not an axis"):
        NamedPositions("filters", {"positions": [{"label": "open", "target": [target]}]})
