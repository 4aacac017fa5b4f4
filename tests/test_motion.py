"""The trapezoidal profile, for any move and a stop at any instant of it."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hardware.motion import Profile

positions = st.floats(-1e3, 1e3).map(lambda x: round(x, 6))
velocities = st.floats(1e-2, 1e4)
accelerations = st.floats(1e-1, 1e5)
instants = st.floats(0.0, 1e6)
shares = st.floats(0.0, 1.0)


@st.composite
def moves(draw, start_times=instants):
    velocity = draw(velocities)
    move = Profile.between(
        draw(positions),
        draw(positions),
        velocity=velocity,
        acceleration=draw(accelerations),
        start_time=draw(start_times),
    )
    assert move.peak_velocity <= velocity
    return move


@st.composite
def stopped_moves(draw):
    """A move, the instant of a stop, and what becomes of it."""
    move = draw(moves())
    instant = move.start_time + draw(shares) * move.duration
    return move, instant, move.stopped_at(instant)


def at(profile, share):
    return profile.start_time + share * profile.duration


def rounding(profile):
    """What the finite resolution of an instant (and of a position) makes of a position."""
    instants = math.ulp(profile.end_time) * profile.peak_velocity
    return 4 * instants + 1e-9 * (1 + abs(profile.target - profile.start))


@given(moves())
def test_begins_and_ends_exactly(move):
    assert move.position(move.start_time - 1) == move.start
    assert move.position(move.start_time) == move.start
    assert move.position(move.end_time) == move.target
    assert move.position(move.end_time + 1) == move.target
    assert move.velocity(move.start_time) == 0
    assert move.velocity(move.end_time) == 0


@given(moves(), shares, shares)
def test_never_turns_back(move, one, other):
    early, late = sorted((at(move, one), at(move, other)))
    way = (move.position(late) - move.position(early)) * (1 if move.target > move.start else -1)
    assert way >= -rounding(move)


@given(moves(), shares)
def test_stays_between_start_and_target(move, share):
    low, high = sorted((move.start, move.target))
    assert low - 1e-9 <= move.position(at(move, share)) <= high + 1e-9


@given(moves(start_times=st.just(0.0)), shares, shares)
def test_keeps_velocity_and_acceleration(move, one, other):
    early, late = sorted((at(move, one), at(move, other)))
    change = abs(move.velocity(late) - move.velocity(early))
    way = abs(move.position(late) - move.position(early))
    assert abs(move.velocity(early)) <= move.peak_velocity
    assert change <= move.acceleration * (late - early) + 1e-9 * move.peak_velocity
    assert way <= move.peak_velocity * (late - early) + rounding(move)


@given(moves(), shares, shares)
def test_no_jump(move, one, other):
    early, late = sorted((at(move, one), at(move, other)))
    middle = (early + late) / 2
    parts = (
        move.position(middle) - move.position(early),
        move.position(late) - move.position(middle),
    )
    for way in parts:
        assert abs(way) <= move.peak_velocity * (late - early) / 2 + rounding(move)


@given(moves(start_times=st.just(0.0)), st.floats(0.01, 0.99))
def test_velocity_is_the_slope_of_the_position(move, share):
    # The slope over a short time differs from the velocity by half of what that can change in it.
    assume(move.start != move.target)
    step = move.duration * 1e-4
    instant = at(move, share)
    slope = (move.position(instant + step) - move.position(instant)) / step
    resolution = 2 * math.ulp(max(abs(move.start), abs(move.target))) / step
    allowed = move.acceleration * step + resolution + 1e-6 * move.peak_velocity
    assert abs(slope - move.velocity(instant)) <= allowed


@given(stopped_moves())
def test_a_stop_goes_on_from_where_the_axis_is(stopped_move):
    move, instant, stopped = stopped_move
    assert stopped.position(instant) == pytest.approx(move.position(instant), abs=rounding(move))
    resolution = 4 * math.ulp(move.end_time) * move.acceleration
    if stopped.start != stopped.target:  # a way too short for a float has no direction
        velocity = pytest.approx(move.velocity(instant), abs=resolution)
        assert stopped.velocity(instant) == velocity


@given(stopped_moves())
def test_a_stop_ends_no_later_and_no_further(stopped_move):
    move, instant, stopped = stopped_move
    low, high = sorted((move.start, move.target))
    assert low - rounding(move) <= stopped.target <= high + rounding(move)
    assert instant - 1e-9 <= stopped.end_time <= move.end_time + 1e-9 * (1 + move.end_time)
    assert stopped.position(stopped.end_time) == stopped.target


@given(stopped_moves())
def test_the_stopping_distance_is_that_of_even_braking(stopped_move):
    move, instant, stopped = stopped_move
    velocity = move.velocity(instant)
    braking = velocity * abs(velocity) / (2 * move.acceleration)
    assert stopped.target - move.position(instant) == pytest.approx(
        braking, rel=1e-6, abs=rounding(move)
    )


@given(stopped_moves(), shares)
def test_a_second_stop_changes_nothing(stopped_move, share):
    _, instant, stopped = stopped_move
    instant += share * (stopped.end_time - instant)
    assert stopped.stopped_at(instant) is stopped


def test_a_stop_before_the_start_never_moves():
    move = Profile.between(1.0, 2.0, velocity=1.0, acceleration=1.0, start_time=10.0)
    stopped = move.stopped_at(9.0)
    assert (stopped.target, stopped.duration) == (1.0, 0.0)
    assert stopped.position(11.0) == 1.0


@pytest.mark.parametrize(
    ("distance", "velocity", "acceleration", "duration"),
    [
        (0.02, 1000.0, 10_000.0, 2 * math.sqrt(0.02 / 10_000)),  # a triangle: 2.83 ms
        (-0.02, 1000.0, 10_000.0, 2 * math.sqrt(0.02 / 10_000)),
        (100.0, 1000.0, 10_000.0, 0.2),  # the velocity is just reached
        (1100.0, 1000.0, 10_000.0, 1.2),  # 0.1 s up, 1 s at 1000 mm/s, 0.1 s down
        (0.0, 1000.0, 10_000.0, 0.0),
    ],
)
def test_duration(distance, velocity, acceleration, duration):
    move = Profile.between(0.0, distance, velocity=velocity, acceleration=acceleration)
    assert move.duration == pytest.approx(duration, rel=1e-12)


@pytest.mark.parametrize(
    ("instant", "target", "end_time"),
    [
        (0.05, 25.0, 0.1),  # speeding up, 500 mm/s at 12.5 mm
        (0.5, 500.0, 0.6),  # cruising, 1000 mm/s at 450 mm
        (1.15, 1100.0, 1.2),  # braking already
        (2.0, 1100.0, 1.2),  # at rest
    ],
)
def test_stop(instant, target, end_time):
    move = Profile.between(0.0, 1100.0, velocity=1000.0, acceleration=10_000.0)
    stopped = move.stopped_at(instant)
    assert stopped.target == pytest.approx(target)
    assert stopped.end_time == pytest.approx(end_time)
