"""What every controller has to do, whatever drives its motors; over each of `tests.axis_rigs`."""

import math
import random

import gevent
import pytest

from bliss.common import clock
from bliss.common.errors import DeviceError, LimitError, NotSupportedError
from hardware.motion_hook import MotionHook
from tests.axis_moves import make_random_moves
from tests.axis_rigs import TcpRig, rigs
from tests.motor_server import MotorServer

WAIT = 10.0  #: s that anything here may take


@pytest.fixture(scope="module", autouse=True)
def _motor_server():
    with MotorServer() as server:
        TcpRig.server = server
        yield


def pytest_generate_tests(metafunc):
    """Run each test over all rigs, but not over those that cannot do what it needs."""
    needed = {what for mark in metafunc.definition.iter_markers("needs") for what in mark.args}
    able = {name: rig for name, rig in rigs().items() if not needed & rig.cannot}
    if "rig" in metafunc.fixturenames:
        metafunc.parametrize("rig", able.values(), ids=able.keys(), indirect=True)


@pytest.fixture
def rig(request):
    made = request.param()
    try:
        with gevent.Timeout(WAIT):
            for each in made.controller.axes.values():
                each.move(0.0)
            yield made
    finally:
        made.find()
        made.close()


@pytest.fixture
def plain(rig):
    return rig.plain


@pytest.fixture
def worm(rig):
    return rig.worm


@pytest.fixture(params=["plain", "worm"])
def axis(rig, request):
    return rig.controller.axes[request.param]


def is_at(axis, position):
    return abs(axis.position - position) <= axis.resolution * (1 + 1e-6)


def wait_until_moving(axis):
    """Wait until `axis` is on its way, and greenlets spawned before are on theirs."""
    start = axis.position
    gevent.sleep(0.001)
    while abs(axis.position - start) < 2 * axis.resolution:
        gevent.sleep(0.001)


def begin_slow_move(rig, axis, target=20.0):
    rig.set_motion(axis, 10)
    axis.start_move(target)
    wait_until_moving(axis)


# --- moving


def test_moves_exactly(axis):
    for target in (5.0, -3.3, -3.3, 0.02, 0.0):
        axis.move(target)
        assert is_at(axis, target)
        assert axis.state == "READY"


@pytest.mark.parametrize("seed", range(2))
def test_positions_are_right_to_a_step_after_many_random_moves(rig, axis, seed):
    rig.set_motion(axis, 1000, acceleration=1e8)
    make_random_moves(rig, axis, random.Random(seed), 60)


def test_is_where_it_should_be_on_its_way(rig, plain):
    rig.set_motion(plain, 100)
    plain.start_move(20.0)
    seen = []
    while plain.is_moving:
        seen.append(plain.position)
        clock.sleep(0.001)
    plain.wait_move()
    assert seen == sorted(seen)
    assert 0 <= seen[0] <= seen[-1] <= 20.0
    assert is_at(plain, 20.0)


@pytest.mark.needs("backlash")
def test_comes_to_each_position_from_the_same_side(rig, worm, monkeypatch):
    told = []
    start_one = rig.controller.start_one
    monkeypatch.setattr(
        rig.controller, "start_one", lambda motion: told.append(motion) or start_one(motion)
    )
    for target in (2.0, 1.0):
        worm.move(target)
        assert is_at(worm, target)
    # sign and steps are both negative: the hardware counts up, too
    assert [motion.target for motion in told] == pytest.approx([800, 320, 400])
    assert [motion.delta for motion in told] == pytest.approx([800, -480, 80])


def test_several_begin_together(rig):
    from hardware.group import Group

    both = Group(rig.plain, rig.worm)
    both.move(rig.plain, 3.0, rig.worm, -2.0)
    assert is_at(rig.plain, 3.0)
    assert is_at(rig.worm, -2.0)


def test_stops(rig, axis):
    begin_slow_move(rig, axis)
    axis.stop()
    assert axis.state == "READY"
    position = axis.position
    assert 0 < position < 20
    gevent.sleep(0.01)
    assert axis.position == position
    axis.stop()
    assert axis.position == position
    axis.move(1.0)
    assert is_at(axis, 1.0)


def test_limits_are_kept(axis):
    low, high = axis.limits
    for target in (high + 1, low - 1):
        with pytest.raises(LimitError, match=f"^{axis.name}: .* is beyond the"):
            axis.move(target)
    assert is_at(axis, 0.0)


def test_a_fault_on_the_way(rig, axis):
    rig.set_motion(axis, 50)
    rig.fault(axis, 0.05, "no air")
    with pytest.raises(DeviceError, match=f"^{axis.name}: the move to 20.0 .* failed at .*no air"):
        axis.move(20.0)
    assert axis.state == "FAULT"
    assert 0 < axis.position < 20
    axis.move(1.0)
    assert is_at(axis, 1.0)
    assert axis.state == "READY"


def test_a_refused_move(rig, axis):
    axis.move(1.0)
    rig.refuse(axis, "no air")
    with pytest.raises(DeviceError, match=f"^{rig.blamed(axis)}: .*no air"):
        axis.move(3.0)
    assert is_at(axis, 1.0)
    assert axis.state == "READY"
    axis.move(3.0)
    assert is_at(axis, 3.0)


def test_when_one_refuses_the_other_stays(rig):
    from hardware.group import Group

    rig.set_motion(rig.plain, 10)
    rig.refuse(rig.worm, "no air")
    with pytest.raises(DeviceError, match="no air"):
        Group(rig.plain, rig.worm).move(rig.plain, 30.0, rig.worm, 30.0)
    assert rig.plain.state == rig.worm.state == "READY"
    assert rig.plain.position < 29
    assert is_at(rig.worm, 0)


def test_slow_answers(rig, axis):
    rig.slow(0.01)
    axis.move(2.0)
    assert is_at(axis, 2.0)


def test_a_wrong_final_position_is_told_where_a_tolerance_says_what_is_wrong(rig):
    rig.miss(rig.worm, 40)
    said = f"^{rig.blamed(rig.worm)}: it stands at .* after the move to .* deg, fart"
    with pytest.raises(DeviceError, match=said):
        rig.worm.move(2.0)
    rig.miss(rig.plain, 40)
    rig.plain.move(2.0)
    assert is_at(rig.plain, 2.04)


def test_a_controller_that_says_too_early_that_it_is_ready(rig, worm):
    rig.set_motion(worm, 10)
    rig.lie(worm, "READY")
    said = f"^{rig.blamed(worm)}: it stands at .* after the move to 2[01].0 deg"
    with pytest.raises(DeviceError, match=said):
        worm.move(20.0)
    rig.lie(worm)
    worm.wait_move()
    assert worm.state == "READY"  # it was stopped, although it said that it does not move
    assert worm.position < 5


def test_a_controller_that_never_says_that_it_is_ready(rig, plain):
    plain.start_move(1.0)
    rig.lie(plain, "MOVING")
    with gevent.Timeout(0.1, False):
        plain.wait_move()  # it can be interrupted
    with pytest.raises(DeviceError, match=r"plain: is moving to 1\.0 mm already"):
        plain.move(2.0)
    rig.lie(plain)
    plain.wait_move()
    assert is_at(plain, 1.0)


@pytest.mark.needs("switches")
def test_a_limit_switch_on_the_way(rig, plain):
    rig.switches(plain, -4000, 6000)
    with pytest.raises(
        DeviceError, match=r"^plain: the move to 20.0 mm failed at 6.0 mm.*positive"
    ):
        plain.move(20.0)
    assert "LIMPOS" in plain.state
    plain.move(0.0)
    with pytest.raises(
        DeviceError, match=r"failed at -4.0 mm: it ran into its negative limit swit"
    ):
        plain.move(-5.0)
    assert "LIMNEG" in plain.state
    plain.move(-3.0)
    assert plain.state == "READY"


def test_a_connection_lost_on_the_way(rig, axis):
    begin_slow_move(rig, axis)
    rig.lose()
    with pytest.raises(DeviceError, match=f"^{rig.blamed(axis)}: ") as caught:
        axis.wait_move()
    with pytest.raises(DeviceError, match=f"^({rig.blamed(axis)}|motors): "):
        axis.position  # noqa: B018
    rig.find()
    axis.stop()
    assert 0 < axis.position < 20, caught
    rig.set_motion(axis, 1000)
    axis.move(1.0)
    assert is_at(axis, 1.0)


# --- searches, jog, power


@pytest.mark.needs("home_search")
def test_home(rig, axis):
    axis.move(3.0)
    axis.home()
    assert "HOME" in axis.state
    assert is_at(axis, 0.0)


@pytest.mark.needs("limit_search")
@pytest.mark.parametrize(("direction", "state"), [(1, "LIMPOS"), (-1, "LIMNEG")])
def test_limit_search(rig, plain, direction, state):
    rig.switches(plain, -4000, 4000)
    plain.limits = -1, 1
    plain.limit_search(direction)
    assert is_at(plain, 4.0 * direction)
    assert state in plain.state


@pytest.mark.needs("limit_search")
def test_a_limit_search_goes_where_the_user_counts_up(rig, worm):
    rig.switches(worm, -2000, 1000)
    worm.limit_search(1)  # sign and steps are both negative: the hardware counts up, too
    assert is_at(worm, 2.5)


@pytest.mark.needs("start_jog", "set_velocity")
def test_jog(rig, axis):
    axis.jog(50)
    wait_until_moving(axis)
    axis.stop()
    reached = axis.position
    assert 0 < reached < 50
    axis.limits = None, None
    axis.jog(-50)
    wait_until_moving(axis)
    axis.stop()
    assert axis.position < reached
    axis.move(1.0)
    assert is_at(axis, 1.0)
    assert axis.velocity == 1000


@pytest.mark.needs("start_jog", "set_velocity")
def test_jog_ends_at_the_limit(rig, plain):
    plain.limits = -1, 2
    plain.jog(500)
    plain.wait_move()
    assert is_at(plain, 2.0)


@pytest.mark.needs("start_jog", "set_velocity")
def test_of_two_that_jog_it_at_once_one_sets_the_speed(rig, plain):
    def jog(speed):
        try:
            plain.jog(speed)
        except DeviceError:
            return 0
        return speed

    rig.slow(0.002)
    jogs = [gevent.spawn(jog, speed) for speed in (5, 7)]
    (speed,) = filter(None, [each.get() for each in jogs])
    assert plain.controller.read_velocity(plain) == speed * 1000
    plain.stop()
    assert plain.controller.read_velocity(plain) == plain.velocity * 1000 == 1e6


@pytest.mark.needs("set_off", "set_on")
def test_off_and_on(rig, axis):
    axis.off()
    assert "OFF" in axis.state
    with pytest.raises(DeviceError, match=f"^{axis.name}: cannot be moved, it has no power; on()"):
        axis.move(1.0)
    axis.on()
    axis.move(1.0)
    assert is_at(axis, 1.0)


def test_disabled(axis):
    axis.disable()
    with pytest.raises(DeviceError, match=f"^{axis.name}: cannot be moved, it is not to be used"):
        axis.move(1.0)
    axis.enable()
    axis.move(1.0)


@pytest.mark.needs("read_encoder")
def test_an_encoder(rig):
    rig.worm.move(3.0)
    assert abs(rig.worm.measured_position - 3.0) <= rig.worm.resolution
    with pytest.raises(NotSupportedError, match=r"^plain: has no encoder"):
        rig.plain.measured_position  # noqa: B018


# --- settings


@pytest.mark.parametrize("setting", ["position", "dial", "sign"])
def test_what_a_position_is_cannot_be_set_while_it_changes(rig, axis, setting):
    begin_slow_move(rig, axis)
    before = axis.offset, axis.sign
    with pytest.raises(DeviceError, match=f"^{axis.name}: its {setting} cannot be set while it mo"):
        setattr(axis, setting, -1)
    assert (axis.offset, axis.sign) == before
    axis.stop()


def test_position_and_sign(rig, axis):
    axis.move(3.0)
    place, dial = rig.place(axis), axis.dial
    axis.position = 10.0
    assert is_at(axis, 10.0)
    axis.sign = -axis.sign
    assert is_at(axis, 10.0)
    assert axis.dial == dial
    assert rig.place(axis) == place
    axis.move(11.0)
    assert is_at(axis, 11.0)
    assert abs(rig.place(axis) - place - axis.sign * axis.steps_per_unit) <= 1


@pytest.mark.needs("set_position")
def test_dial(rig, axis):
    axis.move(3.0)
    place = rig.place(axis)
    axis.dial = 4.0
    assert abs(axis.dial - 4.0) <= axis.resolution
    assert is_at(axis, 3.0)
    axis.position = 10.0
    assert abs(axis.dial - 4.0) <= axis.resolution
    assert rig.place(axis) == place
    axis.move(11.0)
    assert is_at(axis, 11.0)
    assert abs(rig.place(axis) - place - axis.sign * axis.steps_per_unit) <= 1


@pytest.mark.parametrize("setting", ["position", "sign"])
def test_rmove_goes_from_where_it_is_once_that_was_said(rig, worm, setting):
    rig.miss(worm, 2)  # within its tolerance, so it is where it was sent
    worm.move(2.0)
    assert worm.set_position == 2.0
    assert not is_at(worm, 2.0 + worm.resolution / 2)
    setattr(worm, setting, {"position": 2.0, "sign": -worm.sign}[setting])
    before = worm.position
    worm.rmove(0.5)
    assert is_at(worm, before + 0.5)


def test_rmove_goes_from_where_a_stop_left_it(rig, worm):
    worm.move(2.0)
    worm.tolerance = 50.0
    begin_slow_move(rig, worm)
    worm.stop()
    before = worm.position
    worm.rmove(0.5)
    assert is_at(worm, before + 0.5)


@pytest.mark.needs("set_velocity", "set_acceleration")
def test_velocity_and_acceleration(rig, plain):
    for wrong in (0.001, 2000):
        with pytest.raises(ValueError, match=f"plain: a velocity of {wrong}.* is outside its limi"):
            plain.velocity = wrong
    plain.velocity = 100
    plain.acctime = 0.05
    assert plain.acceleration == pytest.approx(2000)
    start = clock.now()
    plain.move(10.0)  # 0.05 s up, 0.05 s at 100 mm/s, 0.05 s down
    assert clock.now() - start >= 0.15


@pytest.mark.needs("settings")
def test_what_was_set_outlives_the_session(rig, axis):
    axis.move(2.0)
    axis.position = 5.0
    if "set_velocity" not in rig.cannot:
        axis.velocity = 7.0
    axis.limits = -3, 9
    axis.sign = -axis.sign
    axis.settings.flush()
    another = rig.make(rig.settings)
    try:
        again = another.axes[axis.name]
        assert is_at(again, 5.0)
        assert (again.limits, again.sign) == (axis.limits, axis.sign)
        assert again.settings["velocity"] == axis.settings["velocity"]
    finally:
        another.leave()


# --- hooks, and several greenlets at once


class Note(MotionHook):
    def __init__(self):
        self.said = []
        self.forbids = False

    def pre_move(self, moves):
        self.said += [("pre", axis.name, way) for axis, way in moves.items()]
        if self.forbids:
            raise DeviceError("the air cushion has no air")

    def post_move(self, axes):
        self.said += [("post", axis.name, axis.is_moving) for axis in axes]


def test_hooks(plain):
    hook = Note()
    plain.motion_hooks.append(hook)
    plain.move(2.0)
    assert hook.said == [("pre", "plain", (0.0, 2.0)), ("post", "plain", False)]
    hook.forbids = True
    with pytest.raises(DeviceError, match="the air cushion has no air"):
        plain.move(3.0)
    assert is_at(plain, 2.0)
    hook.forbids = False
    plain.move(3.0)


def test_of_two_that_begin_to_move_it_at_once_one_wins(rig, axis):
    def move(target):
        try:
            axis.start_move(target)
        except DeviceError as problem:
            return str(problem)
        return None

    rig.set_motion(axis, 10)
    rig.slow(0.002)
    movers = [gevent.spawn(move, target) for target in (5.0, 15.0)]
    said = [mover.get() for mover in movers]
    (sentence,) = [text for text in said if text]
    loser = said.index(sentence)
    assert sentence == (
        f"{axis.name}: is moving to {axis.amount((15.0, 5.0)[loser])} already; "
        f"wait with {axis.name}.wait_move() or end it with {axis.name}.stop()"
    )
    axis.stop()


def test_its_position_is_not_set_while_it_begins_to_move(rig, axis):
    rig.set_motion(axis, 10)
    assert is_at(axis, 0.0)
    rig.slow(0.02)
    mover = gevent.spawn(axis.start_move, 15.0)
    gevent.sleep(0)
    with pytest.raises(DeviceError, match=f"^{axis.name}: is moving to 15.0 .* already"):
        axis.position = 3.0
    mover.get()
    axis.stop()
    gevent.sleep(0.005)  # what was read before is old
    setter = gevent.spawn(setattr, axis, "position", 3.0)
    gevent.sleep(0)
    with pytest.raises(DeviceError, match=f"^{axis.name}: its position is being set; wait for tha"):
        axis.move(1.0)
    setter.get()
    assert is_at(axis, 3.0)


@pytest.mark.parametrize("turns", range(0, 12, 2))
def test_a_stop_while_it_begins_to_move_is_not_lost(rig, axis, turns):
    rig.set_motion(axis, 10)
    rig.slow(0.001)
    mover = gevent.spawn(axis.start_move, 15.0)
    gevent.sleep(0.001 * turns)
    axis.stop()
    mover.join()
    rig.slow(0)
    assert axis.state == "READY"
    assert axis.position < 5
    assert mover.exception is None or "was stopped" in str(mover.exception)
    axis.move(0.0)


def test_a_move_that_nobody_waited_for_is_over_when_the_next_one_begins(worm, caplog):
    for target in (1.0, 2.0, 1.0):
        worm.move(target, wait=False)
        while worm.is_moving:
            gevent.sleep(0)
    worm.move(3.0)
    gevent.sleep(0.02)  # whoever watches the first move would have looked by now
    assert is_at(worm, 3.0)
    assert not caplog.records


def test_positions_are_finite_numbers(axis):
    assert math.isfinite(axis.position)
    assert math.isfinite(axis.dial)
    assert "MOVING" not in axis.state


# --- moves that are worked out before they begin


@pytest.fixture
def prepared(plain, monkeypatch):
    monkeypatch.setattr("hardware._prepared.FRESH", math.inf)
    plain.prepare_move(2.0)
    return plain


def asked_by_the_start_of(axis, target, monkeypatch):
    asked = []
    for what in ("state", "read_position"):
        ask = getattr(axis.controller, what)
        monkeypatch.setattr(
            axis.controller, what, lambda axis, ask=ask: asked.append(axis) or ask(axis)
        )
    axis.start_move(target)
    before = list(asked)
    axis.wait_move()
    assert is_at(axis, target)
    return before


def test_a_prepared_move_asks_nothing_when_it_begins(prepared, monkeypatch):
    asked = asked_by_the_start_of(prepared, 2.0, monkeypatch)
    assert bool(asked) is bool(prepared.real_axes)  # calculated ones are asked as ever


def test_a_move_to_somewhere_else_is_not_the_one_that_was_prepared(prepared, monkeypatch):
    assert asked_by_the_start_of(prepared, 3.0, monkeypatch)


def test_what_the_hardware_said_long_ago_does_not_count(prepared, monkeypatch):
    monkeypatch.setattr("hardware._prepared.FRESH", 0.0)
    assert asked_by_the_start_of(prepared, 2.0, monkeypatch)


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda axis: axis.move(5.0),
        lambda axis: axis.sync_hard(),
        lambda axis: axis.stop(),
        lambda axis: axis.prepare_move(7.0),
        lambda axis: axis.prepare_move(1e9),
    ],
)
def test_whatever_is_done_after_a_move_was_prepared_it_ends_where_it_should(prepared, meanwhile):
    meanwhile(prepared)
    prepared.move(2.0)
    assert is_at(prepared, 2.0)
    prepared.move(0.0)
    assert is_at(prepared, 0.0)


@pytest.mark.needs("settings")
def test_a_position_set_after_a_move_was_prepared_counts(prepared):
    prepared.position = 1.0
    prepared.move(2.0)
    assert is_at(prepared, 2.0)
    assert prepared.dial == pytest.approx(1.0, abs=prepared.resolution)


def test_limits_set_after_a_move_was_prepared_count(prepared):
    prepared.limits = -1, 1
    with pytest.raises(LimitError):
        prepared.move(2.0)
    assert is_at(prepared, 0.0)


def test_an_axis_disabled_after_its_move_was_prepared_does_not_move(prepared):
    prepared.disable()
    with pytest.raises(DeviceError, match="cannot be moved"):
        prepared.move(2.0)
    assert is_at(prepared, 0.0)


def test_a_hook_attached_after_a_move_was_prepared_is_called(prepared):
    hook = Note()
    prepared.motion_hooks.append(hook)
    prepared.move(2.0)
    assert hook.said == [("pre", "plain", (0.0, 2.0)), ("post", "plain", False)]


def test_what_is_wrong_with_a_move_is_said_when_it_begins(rig, plain):
    plain.prepare_move(1e9)
    with pytest.raises(LimitError):
        plain.move(1e9)
    rig.lose()
    plain.prepare_move(2.0)
    with pytest.raises(DeviceError):
        plain.move(2.0)


def test_prepared_moves_begin_together(rig, monkeypatch):
    from hardware.group import Group

    monkeypatch.setattr("hardware._prepared.FRESH", math.inf)
    rig.plain.prepare_move(3.0)
    rig.worm.prepare_move(-2.0)
    Group(rig.plain, rig.worm).move(rig.plain, 3.0, rig.worm, -2.0)
    assert is_at(rig.plain, 3.0)
    assert is_at(rig.worm, -2.0)
