"""What of an axis outlives its session, and what two sessions that share an axis know of it."""

import os
import signal

import gevent
import pytest

from bliss.common.errors import DeviceError
from bliss_shell.devices import build_devices


@pytest.fixture
def robz(demo):
    return demo["robz"]


@pytest.fixture
def elsewhere(demo, session):
    """The same axis in another session."""
    axis = build_devices(session.beacon.session_config(session.name))[0]["robz"]
    yield axis
    axis.controller.leave()


def in_the_next_session(axis, session):
    """The same axis when its session has ended and another one has begun."""
    axis.controller.leave()
    devices, _ = build_devices(session.beacon.session_config(session.name))
    return devices[axis.name]


def test_settings_outlive_the_session(robz, session):
    robz.velocity, robz.acceleration = 500, 2000
    robz.limits = -3, 4
    robz.move(1.5)
    robz.position = 10
    robz.sign = -1
    again = in_the_next_session(robz, session)
    try:
        assert (again.velocity, again.acceleration, again.acctime) == (500, 2000, 0.25)
        assert (again.position, again.dial, again.offset, again.sign) == (10, 1.5, 11.5, -1)
        assert again.dial_limits == (-3, 4)
        assert again.limits == (7.5, 14.5)
    finally:
        again.controller.leave()


def test_the_configuration_counts_again(robz):
    robz.velocity, robz.limits = 500, (-1, 1)
    robz.position = 3
    robz.apply_config()
    assert (robz.velocity, robz.dial_limits, robz.position) == (1000, (-20, 20), 3)


def test_another_session_hears_of_a_new_position(robz, elsewhere):
    assert elsewhere.position == 0
    robz.position = 5
    robz.velocity = 123
    with gevent.Timeout(5):
        while elsewhere.offset != 5 or elsewhere.velocity != 123:
            gevent.sleep(0.001)
    assert elsewhere.position == 5


def test_a_dial_that_a_crash_interrupted_is_settled(robz, session):
    robz.move(2)
    # as if the session had died when the hardware had the new dial, but the offset was not stored
    robz.settings.update({"dial_to_be": 7.0, "position_to_keep": 2.0})
    robz.controller.set_position(robz, 7.0)
    robz.settings.saw(seen=7.0)
    again = in_the_next_session(robz, session)
    try:
        assert (again.dial, again.position) == (7, 2)
        assert again.settings["dial_to_be"] is None
    finally:
        again.controller.leave()


def test_a_dial_that_the_hardware_never_had_is_forgotten(robz, session):
    robz.move(2)
    robz.settings.update({"dial_to_be": 7.0, "position_to_keep": 2.0})
    again = in_the_next_session(robz, session)
    try:
        assert (again.dial, again.position) == (2, 2)
        assert again.settings["dial_to_be"] is None
    finally:
        again.controller.leave()


def test_a_lost_settings_server_costs_no_move(own_demo, own_session):
    robz = own_demo["robz"]
    robz.move(1)

    def server_pid():
        return own_session.beacon.status()["servers"]["settings"]["pid"]

    killed = server_pid()
    os.kill(killed, signal.SIGKILL)
    robz.move(2)
    assert robz.position == 2
    with gevent.Timeout(10):
        while server_pid() in (killed, None):
            gevent.sleep(0.01)
    robz.position = 0
    assert robz.position == 0


def test_a_velocity_that_cannot_be_kept_is_not_set(robz):
    motor = robz.controller.motor(robz)
    with pytest.raises(DeviceError, match=r"robz: -1 is no velocity"):
        robz.velocity = -1
    assert motor.velocity == 1000
