"""Counter card, spectrometer and camera: what is particular to each."""

import numpy as np
import pytest
from IPython.lib.pretty import pretty

import scans
from bliss.common import clock
from bliss.common.errors import ConfigError, DeviceError, SettingError
from bliss.config.settings import HashSetting
from bliss.scanning.default_chain import DEFAULT_CHAIN
from bliss.scanning.states import Outcome
from hardware.simulated_axes import SimulatedAxisController
from hardware.simulated_camera import SimulatedCamera
from hardware.simulated_counter_card import SimulatedCounterCard
from hardware.simulated_gate import GateConfig, SimulatedGate
from hardware.simulated_mca import SimulatedMCA

LINES = [{"channel": 100, "sigma": 3.0, "rate": 1e5}, {"channel": 200, "sigma": 3.0, "rate": 1e4}]
LIGHT = {"name": "light", "shape": "constant", "peak": 1e6}


@pytest.fixture
def robx(session):
    config = {"axes": [{"name": "robx", "velocity": 1e4, "acceleration": 1e6}]}
    controller = SimulatedAxisController("motors", config)
    HashSetting("axis:robx").clear()
    yield controller.devices["robx"]
    controller.leave()


@pytest.fixture
def mca(session):
    made = SimulatedMCA("mca1", {"channels": 512, "lines": LINES, "seed": 1})
    made.rois.clear()
    return made


@pytest.fixture
def camera(session, robx):
    spot = {"axes": [robx], "pixels_per_unit": 5.0, "sigma": 4.0, "peak": 1e6}
    made = SimulatedCamera("camera1", {"width": 64, "height": 48, "spot": spot, "seed": 1})
    made.roi_counters.clear()
    return made


@pytest.fixture
def chain_settings():
    yield DEFAULT_CHAIN.set_settings
    DEFAULT_CHAIN.set_settings([])


# --- the clock of a device


def test_a_gate_takes_its_delays_and_has_a_clock_of_its_own():
    config = GateConfig(latency=0.004, readout=0.003, clock_error=0.5)
    gate = SimulatedGate("gate", config)
    gate.prepare(0.01)
    began = clock.now()
    gate.start()
    assert gate.wait_end() == 0.01  # by its own clock
    assert clock.now() - began >= 0.004 + 0.015
    gate.wait_readout()
    assert clock.now() - began >= 0.004 + 0.015 + 0.003
    assert gate.dead_time == 0.007


def test_a_gate_that_ends_before_its_time_says_how_long_it_was():
    gate = SimulatedGate("gate", GateConfig())
    gate.prepare(100)
    began = clock.now()
    gate.start()
    gate.end()
    assert 0 <= gate.wait_end() <= clock.now() - began


def test_a_gate_that_nothing_begins_is_given_up():
    gate = SimulatedGate("gate", GateConfig())
    gate.timeout = 0.01
    gate.prepare(0.01)
    with pytest.raises(DeviceError, match=r"gate: waited 0\.01 s for its start, and it did not"):
        gate.wait_end()


# --- counter card


def test_a_card_counts_whole_pulses_of_its_gate_time(session):
    card = SimulatedCounterCard("card", {"counters": [LIGHT], "seed": 1})
    data = scans.loopscan(5, 0.01, card).get_data()
    assert data["light"].dtype == "<i8"
    np.testing.assert_allclose(data["light"], 1e4, rtol=0.05)
    assert len(set(data["light"])) > 1


def test_two_counters_of_one_name_on_a_card():
    with pytest.raises(ConfigError, match="card: there are two counters of the name 'light'"):
        SimulatedCounterCard("card", {"counters": [LIGHT, LIGHT]})


# --- spectrometer


def test_a_spectrum_has_its_lines(mca):
    data = scans.ct(0.1, mca).get_data()
    (spectrum,) = data["spectrum"]
    assert spectrum.dtype == "<u4"
    assert abs(int(spectrum.argmax()) - 100) <= 3
    assert spectrum[190:211].sum() == pytest.approx(1e4 * data["live_time"][0], rel=0.2)


def test_a_busy_spectrometer_misses_time(mca):
    data = scans.ct(0.1, mca).get_data()
    assert data["real_time"] == [0.1]
    rate = 1e5 + 1e4 + 100
    assert data["live_time"][0] == pytest.approx(0.1 / (1 + rate * 1e-6))
    assert data["deadtime"][0] == pytest.approx(1 - data["live_time"][0] / 0.1)


def test_regions_are_counters_from_the_next_scan_on(mca):
    mca.rois.set("cu", 90, 110)
    mca.rois["fe"] = 200, 200
    data = scans.ct(0.05, mca).get_data()
    (spectrum,) = data["spectrum"]
    assert data["cu"] == [spectrum[90:111].sum()]  # both ends belong to it
    assert data["fe"] == [spectrum[200]]
    del mca.rois["cu"]
    only = scans.ct(0.01, mca.counters.fe).get_data()
    assert {name for name in only if name.startswith("mca1")} == {"mca1:fe"}


def test_regions_are_kept(mca):
    mca.rois.set("cu", 90, 110)
    again = SimulatedMCA("mca1", {"channels": 512})
    assert dict(again.rois) == {"cu": (90, 110)}
    assert "cu" in [counter.name for counter in again.counters]
    assert pretty(again.rois).splitlines()[0] == "mca1: 1 regions"
    assert "mca1: multichannel analyser of 512 channels" in pretty(again)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cu", 10, 5), "region cu is (10, 5); expected 0 <= start <= stop <= 511"),
        (("cu", 0, 512), "region cu is (0, 512); expected 0 <= start"),
        (("cu", -1, 5), "region cu is (-1, 5); expected 0 <= start"),
        (("cu", 1), "region cu is (1,); expected whole numbers: start, stop"),
        (("cu", 1.5, 5), "region cu is (1.5, 5); expected whole numbers"),
        (("cu", "a", 5), "region cu is ('a', 5); expected whole numbers"),
        (("cu", float("nan"), 5), "region cu is (nan, 5); expected whole numbers"),
        (("c u", 1, 5), "'c u' is no name of a region"),
        (("spectrum", 1, 5), "'spectrum' is the name of another of its counters"),
    ],
)
def test_what_is_no_region(mca, arguments, says):
    with pytest.raises(SettingError) as caught:
        mca.rois.set(*arguments)
    assert str(caught.value).startswith(f"mca1: {says}")
    assert not mca.rois


def test_a_region_that_is_not_there_cannot_be_removed(mca):
    with pytest.raises(SettingError, match="mca1: no region 'zn'; there are none"):
        mca.rois.remove("zn")


# --- camera


def test_an_image_follows_what_the_camera_sees(camera, robx):
    data = scans.ascan(robx, -2, 2, 2, 0.01, camera).get_data()
    assert data["image"].shape == (3, 48, 64)
    assert data["image"].dtype == "<u2"
    across = [np.unravel_index(image.argmax(), image.shape)[1] for image in data["image"]]
    assert across == [22, 32, 42]


def test_regions_of_an_image_are_five_counters_each(camera):
    camera.roi_counters.set("spot", (20, 10, 8, 4))
    data = scans.ct(0.01, camera).get_data()
    part = data["image"][0][10:14, 20:28]
    told = [data[f"spot_{end}"][0] for end in ("sum", "avg", "std", "min", "max")]
    np.testing.assert_allclose(told, [part.sum(), part.mean(), part.std(), part.min(), part.max()])


def test_an_image_that_is_not_asked_for_is_not_published(camera):
    camera.roi_counters.set("spot", 20, 10, 8, 4)
    data = scans.ct(0.01, camera.counters.spot_avg).get_data()
    assert {name for name in data if name.startswith("camera1")} == {"camera1:spot_avg"}


@pytest.mark.parametrize("box", [(0, 0, 65, 1), (60, 0, 5, 1), (0, 0, 0, 1), (0, -1, 1, 2)])
def test_what_is_no_region_of_an_image(camera, box):
    with pytest.raises(SettingError, match=r"camera1: region r is .* expected a rectangle in the"):
        camera.roi_counters.set("r", box)


def test_exposure_is_the_counting_time_or_its_own(camera, chain_settings):
    def brightest(count_time):
        return scans.ct(count_time, camera).get_data()["image"].max()

    assert brightest(0.02) == pytest.approx(2 * brightest(0.01), rel=0.02)
    camera.exposure = 0.01
    assert brightest(0.02) == pytest.approx(brightest(0.01), rel=0.02)
    chain_settings([{"device": camera, "acquisition_settings": {"exposure": 0.03}}])
    assert brightest(0.02) == pytest.approx(3e4, rel=0.02)
    assert "exposure      0.01 s" in pretty(camera)


@pytest.mark.parametrize("seconds", [0, 1e-6, 100, float("nan"), "x", True])
def test_an_exposure_that_the_camera_refuses(camera, seconds):
    with pytest.raises(SettingError, match=r"camera1: cannot expose for .* expected 1e-05 to 60 s"):
        camera.exposure = seconds
    assert camera.exposure is None


def test_a_scan_with_an_exposure_that_is_refused_moves_nothing(session, camera, robx):
    with pytest.raises(SettingError, match="camera1: cannot expose for 0"):
        scans.ascan(robx, 1, 2, 2, 0, camera)
    assert robx.position == 0
    assert not session.scans  # it was not even made known
    with pytest.raises(SettingError, match="camera1: cannot expose for 0"):
        camera.check_counting(0, 3)
    with pytest.raises(SettingError, match="camera1: 'x' is no trigger mode"):
        camera.check_counting(0, 3, exposure=1, trigger_mode="x")


def test_a_dropped_frame_ends_the_scan_and_is_named(camera):
    camera.drop(2)
    scan = scans.loopscan(5, 0.001, camera, run=False)
    with pytest.raises(DeviceError, match="camera1: frame 2 was dropped"):
        scan.run()
    assert len(scan.get_data()["image"]) == 2
    assert scans.loopscan(5, 0.001, camera).outcome is Outcome.COMPLETE


def wired(**config):
    card = SimulatedCounterCard("card", {"counters": [LIGHT]})
    camera = SimulatedCamera("camera2", {"width": 8, "height": 8, "trigger": card, **config})
    camera.gate.timeout = 0.05
    return card, camera


def test_a_camera_is_triggered_by_what_it_is_wired_to(session, chain_settings):
    card, camera = wired()
    chain_settings(
        [
            {
                "device": camera,
                "acquisition_settings": {"trigger_mode": "HARDWARE"},
                "master": card,
            }
        ]
    )
    scan = scans.loopscan(3, 0.002, camera)  # the card counts too, though none of its counters is
    assert scan.outcome is Outcome.COMPLETE
    assert len(scan.get_data()["image"]) == 3


def test_a_trigger_that_does_not_come_is_missed_in_words(session):
    _, camera = wired()
    camera.trigger_mode = "HARDWARE"
    with pytest.raises(DeviceError, match=r"camera2: waited 0\.05 s for a trigger pulse, and it"):
        scans.ct(0.002, camera)


def test_a_trigger_that_comes_too_early_is_not_seen(session):
    card, camera = wired()
    camera.trigger_mode = "HARDWARE"
    with pytest.raises(DeviceError, match="camera2: waited"):
        scans.ct(0.002, card, camera)  # side by side: the card begins before the camera listens


def test_a_camera_that_is_not_wired_has_no_hardware_trigger(camera):
    camera.trigger_mode = "HARDWARE"
    with pytest.raises(DeviceError, match="camera1: its trigger input is not connected"):
        scans.ct(0.01, camera)
    with pytest.raises(SettingError, match="camera1: 'x' is no trigger mode; expected one of SOFT"):
        camera.trigger_mode = "x"


@pytest.mark.parametrize(
    ("make", "config", "says"),
    [
        (SimulatedMCA, {"channels": 0}, "dev: channels is 0"),
        (SimulatedMCA, {"lines": [{"channel": 3}]}, r"dev: lines\.0\.rate is missing"),
        (SimulatedCamera, {"width": "wide"}, "dev: width is 'wide'"),
        (SimulatedCamera, {"trigger": 3}, "dev: trigger is 3; a device that gives triggers"),
        (SimulatedCamera, {"spot": {"axes": [3]}}, "an axis is expected"),
        (SimulatedCounterCard, {"counters": []}, "dev: counters"),
        (SimulatedCounterCard, {"counters": [LIGHT], "readout": -1.0}, "dev: readout is -1"),
    ],
)
def test_a_wrong_configuration(session, make, config, says):
    with pytest.raises(ConfigError, match=says):
        make("dev", config)
