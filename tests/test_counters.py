"""What every sampling counter does, and what the simulated ones see."""

import math
import statistics

import pytest
from IPython.lib.pretty import pretty

from bliss.common import protocols
from bliss.common.errors import ConfigError
from hardware.counters import SamplingCounter
from hardware.simulated_axes import SimulatedAxisController
from hardware.simulated_counters import SimulatedCounterController

AXES = {"axes": [{"name": "robz", "unit": "mm", "velocity": 1e5, "acceleration": 1e7}]}
GAUSS = {"name": "sim_ct_gauss", "shape": "gauss", "peak": 100, "centre": 0, "sigma": 1}
NOISE = {**GAUSS, "name": "sim_ct_gauss_noise", "noise": 0.05}
DIODE = {"name": "diode1", "shape": "constant", "peak": 50, "noise": 0.02}


@pytest.fixture
def robz():
    return SimulatedAxisController("simulated_motors", AXES, settings=lambda _: {}).devices["robz"]


def make_controller(robz, seed=None):
    counters = [{**GAUSS, "axis": robz}, {**NOISE, "axis": robz}, DIODE]
    config = {"counters": counters, "seed": seed}
    return SimulatedCounterController("simulation_counter_controller", config)


@pytest.fixture
def controller(robz):
    return make_controller(robz, seed=1)


@pytest.fixture(params=["sim_ct_gauss", "sim_ct_gauss_noise", "diode1"])
def counter(request, controller):
    return controller.devices[request.param]


# --- what every sampling counter does


def test_has_what_scans_ask_for(counter):
    assert protocols.is_sampling_counter(counter)
    assert protocols.is_sampling_controller(counter.controller)


def test_describes_its_values(counter):
    assert (counter.unit, counter.dtype, counter.shape) == ("cts", "<f8", ())
    assert counter.mode in ("SINGLE", "MEAN")
    assert counter.fullname == f"simulation_counter_controller:{counter.name}"


def test_values_are_floats(counter):
    assert type(counter.value) is float
    [value] = counter.controller.read_all([counter])
    assert type(value) is float


def test_is_shown_in_a_few_lines(counter):
    shown = pretty(counter)
    assert f"{counter.name}: counter of simulation_counter_controller" in shown
    assert " cts" in shown
    assert pretty([counter]) == f"[<SamplingCounter {counter.fullname}>]"


def test_repr_does_not_talk_to_hardware():
    class Lost:
        name = "lost"

    counter = SamplingCounter("ct", Lost())  # type: ignore[arg-type]
    assert repr(counter) == "<SamplingCounter lost:ct>"


# --- what the simulated ones see


@pytest.mark.parametrize("position", [0.0, 0.5, -1.0, 3.0])
def test_gauss_follows_its_axis(robz, controller, position):
    robz.move(position)
    assert controller.devices["sim_ct_gauss"].value == 100 * math.exp(-(position**2) / 2)


def test_values_come_in_the_order_asked(robz, controller):
    gauss, _, diode = controller.devices.values()
    robz.move(10.0)
    assert [value > 1 for value in controller.read_all([diode, gauss, diode])] == [
        True,
        False,
        True,
    ]
    assert controller.read_all([]) == []


@pytest.mark.parametrize(("position", "signal"), [(0.0, 100.0), (3.0, 100 * math.exp(-4.5))])
def test_noise_is_relative_to_the_signal(robz, controller, position, signal):
    robz.move(position)
    noisy = controller.devices["sim_ct_gauss_noise"]
    values = [noisy.value for _ in range(4000)]
    assert statistics.fmean(values) == pytest.approx(signal, rel=0.005)
    assert statistics.stdev(values) == pytest.approx(0.05 * signal, rel=0.05)
    assert len(set(values)) == len(values)  # neither rounded nor repeated


def test_readings_are_independent(robz, controller):
    noisy = controller.devices["sim_ct_gauss_noise"]
    values = [noisy.value for _ in range(4000)]
    assert abs(statistics.correlation(values[1:], values[:-1])) < 0.05


def test_diode_stays_around_its_level(controller):
    values = [controller.devices["diode1"].value for _ in range(1000)]
    assert statistics.fmean(values) == pytest.approx(50, rel=0.01)
    assert statistics.stdev(values) == pytest.approx(1.0, rel=0.1)


def test_modes_by_default(controller):
    modes = {name: counter.mode for name, counter in controller.devices.items()}
    assert modes == {"sim_ct_gauss": "SINGLE", "sim_ct_gauss_noise": "SINGLE", "diode1": "MEAN"}


def test_the_same_seed_gives_the_same_values(robz):
    def first_values(seed):
        controller = make_controller(robz, seed)
        return controller.read_all([controller.devices["diode1"]] * 5)

    assert first_values(7) == first_values(7) != first_values(8)
    assert first_values(None) != first_values(None)


# --- configuration


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({}, "diodes: counters is missing"),
        ({"counters": [{**GAUSS, "axis": "robz"}]}, "diodes: counters.sim_ct_gauss.axis is 'robz'"),
        ({"counters": [GAUSS]}, "diodes: counters.sim_ct_gauss.axis is missing"),
        ({"counters": [{**DIODE, "noise": -1}]}, "diodes: counters.diode1.noise is -1; "),
        ({"counters": [{**DIODE, "mode": "MAX"}]}, "diodes: counters.diode1.mode is 'MAX'; "),
        ({"counters": [{**DIODE, "shape": "box"}]}, "diodes: counters.diode1: input tag 'box' "),
        ({"counters": [{"name": "diode1"}]}, "diodes: counters.diode1: unable to extract tag"),
        ({"counters": [{**DIODE, "sigma": 1}]}, "diodes: counters.diode1.sigma is no field of it"),
        ({"counters": [DIODE, DIODE]}, "diodes: there are two counters of the name 'diode1'"),
        ({"counters": [DIODE], "seed": "x"}, "diodes: seed is 'x'; "),
    ],
)
def test_wrong_configuration(config, sentence):
    with pytest.raises(ConfigError) as caught:
        SimulatedCounterController("diodes", config)
    assert str(caught.value).startswith(sentence)
