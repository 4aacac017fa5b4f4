"""What every axis does, and how the simulated ones move and fail."""

import math

import gevent
import numpy as np
import pytest
from IPython.lib.pretty import pretty

from bliss.common import clock, protocols
from bliss.common.errors import ConfigError, DeviceError, LimitError
from hardware.simulated_axes import SimulatedAxisController

ROBY = {"name": "roby", "unit": "mm", "velocity": 100, "acceleration": 1000}
ROBZ = {**ROBY, "name": "robz", "velocity": 1000, "acceleration": 10_000, "limits": [-20, 20]}


class UnpredictableController(SimulatedAxisController):
    """Like hardware that never says when a motion will end."""

    def motion_end(self, axis):
        return None


@pytest.fixture(params=[SimulatedAxisController, UnpredictableController])
def controller(request):
    return request.param("simulated_motors", {"axes": [ROBY, ROBZ]}, settings=lambda _: {})


@pytest.fixture
def robz(controller):
    axis = controller.devices["robz"]
    yield axis
    axis.stop()
    controller.leave()


def wait_until_moving(axis):
    """Wait until `axis` is on its way, and greenlets spawned before are on theirs."""
    start = axis.position
    gevent.sleep(0.001)
    with gevent.Timeout(5):
        while axis.position == start:
            gevent.sleep(0.001)


# --- what every axis does


def test_has_what_scans_ask_for(robz):
    assert protocols.is_axis(robz)


def test_moves_to_its_target_exactly(robz):
    for target in (5.0, -3.3, -3.3, 0.02):
        robz.move(target)
        assert robz.position == robz.dial == target
        assert robz.state == "READY"


def test_move_without_waiting(robz):
    robz.move(10.0, wait=False)
    assert robz.is_moving
    assert robz.state == "MOVING"
    robz.wait_move()
    assert not robz.is_moving
    assert robz.position == 10.0


def test_rmove_is_relative_to_where_the_axis_is(robz):
    robz.move(1.5)
    robz.rmove(-0.5)
    assert robz.position == 1.0


def test_wait_move_without_a_move_returns(robz):
    robz.wait_move()


def test_positions_on_the_way_are_true(robz):
    robz.start_move(20.0)
    seen = []
    while robz.is_moving:
        seen.append(robz.position)
        clock.sleep(0.001)
    robz.wait_move()
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen) > 1
    assert 0 <= seen[0] < seen[-1] <= robz.position == 20.0


def test_others_run_during_a_move(robz):
    ran = gevent.event.Event()
    gevent.spawn(ran.set)
    robz.move(1.0)
    assert ran.is_set()


def test_axes_of_a_controller_move_together(controller, robz):
    roby = controller.devices["roby"]
    robz.start_move(4.0)
    roby.start_move(-1.0)
    assert robz.is_moving
    assert roby.is_moving
    robz.wait_move()
    roby.wait_move()
    assert (robz.position, roby.position) == (4.0, -1.0)


def test_a_second_move_is_refused(robz):
    robz.velocity = 10
    robz.start_move(10.0)
    with pytest.raises(DeviceError, match=r"robz: is moving to 10\.0 mm already; .*robz\.stop\(\)"):
        robz.move(3.0)
    assert robz.is_moving


def test_stop_brakes_and_stands_still(robz):
    robz.velocity = 50
    robz.move(20.0, wait=False)
    wait_until_moving(robz)
    robz.stop()
    assert not robz.is_moving
    position = robz.position
    assert 0 < position < 20
    gevent.sleep(0.01)
    assert robz.position == position


def test_stop_at_rest_is_harmless(robz):
    robz.move(2.0)
    robz.stop()
    assert (robz.position, robz.state) == (2.0, "READY")


def test_who_waits_for_a_move_is_back_soon_after_a_stop(robz):
    robz.velocity = 1
    robz.start_move(20.0)
    waiter = gevent.spawn(robz.wait_move)
    wait_until_moving(robz)
    robz.stop()
    waiter.get(timeout=5)  # the move would have taken 20 s


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, gevent.GreenletExit, RuntimeError])
def test_an_interrupted_move_stops_the_axis(robz, interruption):
    def move():
        with pytest.raises(interruption):
            robz.move(20.0)
        return robz.is_moving

    robz.velocity = 10
    mover = gevent.spawn(move)
    wait_until_moving(robz)
    mover.kill(interruption, block=False)
    assert mover.get(timeout=5) is False
    assert robz.position < 20.0


def test_an_interrupted_wait_leaves_the_axis_moving(robz):
    def wait():
        with pytest.raises(KeyboardInterrupt):
            robz.wait_move()
        return robz.is_moving

    robz.velocity = 10
    robz.start_move(20.0)
    waiter = gevent.spawn(wait)
    wait_until_moving(robz)
    waiter.kill(KeyboardInterrupt, block=False)
    assert waiter.get(timeout=5) is True


def test_velocity_and_acceleration_make_the_duration(robz):
    robz.velocity, robz.acceleration = 100, 2000
    start = clock.now()
    robz.move(10.0)  # 0.05 s up, 0.05 s at 100 mm/s, 0.05 s down
    assert clock.now() - start >= 0.15


# --- bad input


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (30.0, "robz: 30.0 mm is beyond the high limit (20.0 mm); see robz.limits"),
        (-30, "robz: -30.0 mm is beyond the low limit (-20.0 mm); see robz.limits"),
        (np.float32(30), "robz: 30.0 mm is beyond the high limit (20.0 mm); see robz.limits"),
        (math.nan, "robz: nan is no position; expected a finite number"),
        (math.inf, "robz: inf is no position; expected a finite number"),
        (10**400, f"robz: {10**400} is no position; expected a finite number"),
        ("5", "robz: '5' is no position; expected a finite number"),
        (None, "robz: None is no position; expected a finite number"),
        (True, "robz: True is no position; expected a finite number"),
        ([1.0], "robz: [1.0] is no position; expected a finite number"),
    ],
)
@pytest.mark.parametrize("method", ["check_target", "start_move", "move"])
def test_unreachable_targets(robz, method, target, sentence):
    with pytest.raises(LimitError) as caught:
        getattr(robz, method)(target)
    assert str(caught.value) == sentence
    assert isinstance(caught.value, ValueError)
    assert not robz.is_moving
    assert robz.position == 0.0


@pytest.mark.parametrize("target", [np.float64(1.5), np.float32(1.5), np.array(1.5), np.int16(1)])
def test_numbers_of_numpy_are_positions(robz, target):
    robz.move(target)
    assert robz.position == target
    assert type(robz.position) is float


def test_limits_themselves_can_be_reached(robz):
    robz.check_target(20.0)
    robz.check_target(-20.0)


def test_limits_can_be_set(robz):
    robz.low_limit = -5
    assert robz.limits == (-5.0, 20.0)
    robz.high_limit = None
    assert (robz.low_limit, robz.high_limit) == (-5.0, math.inf)
    robz.check_target(1e6)
    robz.limits = robz.limits
    robz.limits = None, None
    robz.check_target(-1e6)


@pytest.mark.parametrize("limits", [5, (1, 2, 3), ("a", 2), (math.nan, 1), (2, 1), None])
def test_wrong_limits(robz, limits):
    with pytest.raises(ValueError, match=r"^robz: "):
        robz.limits = limits
    assert robz.limits == (-20.0, 20.0)


@pytest.mark.parametrize("setting", ["velocity", "acceleration"])
@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf, "fast", None])
def test_wrong_settings(robz, setting, value):
    before = getattr(robz, setting)
    with pytest.raises(ValueError, match=f"^robz: {value!r} is no {setting}; expected a"):
        setattr(robz, setting, value)
    assert getattr(robz, setting) == before


# --- failures


def test_a_fault_ends_the_move(controller, robz):
    controller.motor(robz).fail_move(0.005, "following error")
    with pytest.raises(
        DeviceError, match=r"^robz: the move to 20\.0 mm failed at .* following error"
    ):
        robz.move(20.0)
    assert robz.state == "FAULT"
    assert not robz.is_moving
    position = robz.position
    assert 0 < position < 20
    robz.move(1.0)
    assert (robz.position, robz.state) == (1.0, "READY")


def test_a_fault_is_noticed_long_before_the_planned_end(controller, robz):
    robz.velocity = 0.1
    controller.motor(robz).fail_move(0.02)
    with gevent.Timeout(5), pytest.raises(DeviceError):  # the move would have taken 100 s
        robz.move(10.0)


def test_a_refused_move(controller, robz):
    controller.motor(robz).fail_start("no power")
    with pytest.raises(DeviceError, match=r"^robz: cannot be moved to 3\.0 mm: no power$"):
        robz.move(3.0)
    assert robz.position == 0.0
    robz.move(3.0)
    assert robz.position == 3.0


def test_an_axis_that_cannot_be_stopped_says_so_beside_the_first_error(robz, controller):
    def no_answer(axis):
        raise DeviceError(f"{axis.name}: no answer")

    controller.motor(robz).fail_start("no power")
    controller.stop = no_answer
    with pytest.raises(DeviceError, match="no power") as caught:
        robz.move(3.0)
    assert caught.value.__notes__ == ["and the axis could not be stopped: robz: no answer"]
    del controller.stop


# --- at the prompt


def test_is_shown_in_a_few_lines(robz):
    robz.move(1.25)
    shown = pretty(robz)
    for part in ("robz: axis of simulated_motors, READY", "1.25 mm", "-20.0 to 20.0 mm", "mm/s2"):
        assert part in shown
    assert pretty([robz]) == "[<Axis robz>]"


def test_repr_and_dir_do_not_talk_to_hardware():
    axis = SimulatedAxisController(
        "motors", {"axes": [{**ROBY, "name": "lost"}]}, settings=lambda _: {}
    ).axes["lost"]
    axis.controller.initialize = None  # asking anything would raise
    assert repr(axis) == "<Axis lost>"
    assert "position" in dir(axis)
    assert axis.limits == (-math.inf, math.inf)


# --- configuration


def test_devices_are_the_axes_by_name(controller):
    assert list(controller.devices) == ["roby", "robz"]
    assert repr(controller).endswith("simulated_motors: roby, robz>")


def test_an_axis_stands_where_the_configuration_says():
    controller = SimulatedAxisController(
        "motors", {"axes": [{**ROBZ, "position": 2.5}]}, settings=lambda _: {}
    )
    assert controller.devices["robz"].position == 2.5


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({}, "motors: axes is missing"),
        ({"axes": []}, "motors: axes is []"),
        ({"axes": [{**ROBZ, "velocity": "fast"}]}, "motors: axes.robz.velocity is 'fast'; "),
        ({"axes": [{**ROBZ, "velocity": 0}]}, "motors: axes.robz.velocity is 0; "),
        ({"axes": [{**ROBZ, "velosity": 1}]}, "motors: axes.robz.velosity is no field of it"),
        ({"axes": [{**ROBZ, "limits": [1]}]}, "motors: axes.robz.limits is [1]; "),
        ({"axes": [{**ROBZ, "limits": [2, 1]}]}, "motors: robz: the low limit (2.0 mm) is above"),
        ({"axes": [{"name": "robz", "velocity": 1}]}, "motors: axes.robz.acceleration is missing"),
        ({"axes": [{"velocity": 1, "acceleration": 1}]}, "motors: axes.0.name is missing"),
        ({"axes": [ROBZ, ROBZ]}, "motors: there are two axes of the name 'robz'"),
        ({"axes": ["robz"]}, "motors: axes.0 is 'robz'; "),
        ({"axes": 5}, "motors: axes is 5; "),
    ],
)
def test_wrong_configuration(config, sentence):
    with pytest.raises(ConfigError) as caught:
        SimulatedAxisController("motors", config, settings=lambda _: {})
    assert str(caught.value).startswith(sentence)
