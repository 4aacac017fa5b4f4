"""What holds for every device with counters, whatever its kind."""

import gevent
import numpy as np
import pytest

import scans
from bliss.common import clock, protocols
from bliss.common.errors import DeviceError
from bliss.data.encoding import PointType
from bliss.scanning.scan import ScanState
from bliss.scanning.states import Outcome
from hardware.calculated_counters import ExpressionCounters, calc_counter
from hardware.simulated_camera import SimulatedCamera
from hardware.simulated_counter_card import SimulatedCounterCard
from hardware.simulated_counters import SimulatedCounterController
from hardware.simulated_mca import SimulatedMCA
from hardware.soft_counter import SoftCounter

LIGHT = {"name": "light", "shape": "constant", "peak": 1000}


class Stage:
    """Where something could be moved to."""

    position = 0.0


def sampled():
    blob = {"at": [0.0, 0.0], "sigma": 1.0, "peak": 10.0}
    counters = [
        {"name": "gauss", "shape": "gauss", "axis": Stage(), "peak": 100, "sigma": 1},
        {"name": "blobs", "shape": "blobs", "axes": [Stage(), Stage()], "blobs": [blob]},
        *({**LIGHT, "name": mode.lower(), "mode": mode} for mode in ("STATS", "SAMPLES", "LAST")),
    ]
    return SimulatedCounterController("sampled", {"counters": counters})


def card():
    return SimulatedCounterCard("card", {"counters": [LIGHT], "latency": 1e-4, "readout": 1e-4})


def mca():
    made = SimulatedMCA("contract_mca", {"channels": 128, "lines": [{"channel": 40, "rate": 1e4}]})
    made.rois.set("line", 30, 50)
    return made


def camera():
    made = SimulatedCamera("contract_camera", {"width": 16, "height": 12})
    made.roi_counters["spot"] = 2, 3, 4, 5
    return made


def formulas():
    light = sampled().counters.last
    config = {
        "inputs": [{"counter": light, "tags": "light"}],
        "outputs": [{"name": "double", "expression": "2 * light"}],
    }
    return ExpressionCounters("formulas", config)


def function():
    spectrum = mca().counters.spectrum
    return calc_counter("halved", lambda s: s / 2, spectrum, shape=(128,)).controller


def soft():
    counter = SoftCounter(lambda: 3.0, name="soft")
    counter.controller.counters = [counter]
    return counter.controller


KINDS = (sampled, card, mca, camera, formulas, function, soft)
WITH_FAULTS = (card, mca, camera)


@pytest.fixture(params=KINDS, ids=lambda make: make.__name__)
def device(request, session):
    return request.param()


@pytest.fixture(params=WITH_FAULTS, ids=lambda make: make.__name__)
def faulty(request, session):
    made = request.param()
    made.gate.timeout = 0.1
    return made


def counters_of(device):
    return list(device.counters)


# --- what every one of them has


def test_it_is_of_exactly_one_kind(device):
    kinds = (
        protocols.is_sampling_controller(device),
        protocols.is_integrating_controller(device),
        protocols.is_calculating_controller(device),
        protocols.is_acquisition_provider(device),
    )
    assert sum(kinds) == 1


def test_its_counters_say_what_they_give(device):
    assert device.name.isidentifier()
    for counter in counters_of(device):
        assert protocols.is_counter(counter)
        assert counter.controller is device
        assert counter.fullname == f"{device.name}:{counter.name}"
        PointType(counter.dtype, counter.shape)


def test_its_counters_stay_the_same(device):
    assert counters_of(device) == counters_of(device)


def test_all_of_it_takes_part_in_a_scan_and_then_in_the_next(device):
    for _ in range(2):
        scan = scans.loopscan(2, 0.005, device)
        assert scan.outcome is Outcome.COMPLETE
        data = scan.get_data()
        for counter in counters_of(device):
            points = data[counter.fullname]
            assert points.shape == (2, *counter.shape)
            assert points.dtype == counter.dtype


def test_what_it_shows_names_it(device):
    assert device.name in repr(device)
    for counter in counters_of(device):
        assert counter.name in counter.__info__()


# --- what every one has that counts by itself


def test_it_counts_as_long_as_it_is_told(faulty):
    counters = counters_of(faulty)
    faulty.prepare_counting(0.2, 1)
    began = clock.now()
    faulty.start_counting()
    assert clock.now() - began < 0.2
    faulty.read_counting(counters)
    assert clock.now() - began >= 0.2


def test_values_come_in_the_order_asked(faulty):
    counters = counters_of(faulty)
    faulty.prepare_counting(0.001, 1)
    for asked in (counters, counters[::-1], counters[:1], []):
        faulty.start_counting()
        values = faulty.read_counting(asked)
        assert [np.shape(value) for value in values] == [counter.shape for counter in asked]


def test_stopping_is_harmless(faulty):
    faulty.stop_counting()
    faulty.prepare_counting(10, 1)
    faulty.start_counting()
    faulty.stop_counting()
    faulty.stop_counting()
    faulty.prepare_counting(0.001, 1)
    faulty.start_counting()
    assert faulty.read_counting(counters_of(faulty))


def test_it_ends_before_its_time_and_is_as_before(faulty):
    counters = counters_of(faulty)
    faulty.end_counting()  # when there is nothing to end
    faulty.prepare_counting(9, 2)
    began = clock.now()
    faulty.start_counting()
    faulty.end_counting()
    assert len(faulty.read_counting(counters)) == len(counters)
    assert clock.now() - began < 9
    faulty.prepare_counting(0.1, 1)
    began = clock.now()
    faulty.start_counting()
    faulty.read_counting(counters)
    assert clock.now() - began >= 0.1


def test_a_scan_is_aborted_while_it_counts(faulty):
    scan = scans.ct(50, faulty, run=False)
    running = gevent.spawn(scan.run)
    scan.wait_state(ScanState.STARTING, timeout=5)
    scan.abort()
    running.get(timeout=5)
    assert scan.outcome is Outcome.ABORTED
    assert scans.ct(0.001, faulty).outcome is Outcome.COMPLETE


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("prepare", "cannot prepare (broken)"),
        ("start", "cannot start (broken)"),
        ("read", "cannot read (broken)"),
        ("hang", "was not ready 0.1 s after the end of its counting time"),
        ("disconnect", "does not answer; is it connected? (broken)"),
    ],
)
def test_each_fault_ends_the_scan_with_a_line_that_names_it(faulty, fault, says):
    after = 0 if fault == "prepare" else 1
    faulty.gate.fail(fault, "broken", after=after)
    with pytest.raises(DeviceError) as caught:
        scans.loopscan(3, 0.001, faulty)
    assert str(caught.value) == f"{faulty.name}: {says}"
    faulty.gate.repair()
    assert scans.ct(0.001, faulty).outcome is Outcome.COMPLETE


def test_one_that_cannot_be_stopped_is_told(faulty):
    faulty.gate.fail("stop", "broken")
    with pytest.raises(DeviceError, match=rf"{faulty.name}: cannot stop \(broken\)"):
        scans.ct(0.001, faulty)


def test_there_is_no_other_fault(faulty):
    with pytest.raises(ValueError, match="no fault 'explode'; there are prepare, start"):
        faulty.gate.fail("explode")
