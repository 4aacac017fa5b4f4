"""How counters of every kind take part in a scan."""

import logging

import numpy as np
import pytest

import scans
from bliss.common.errors import DeviceError, ScanError, SettingError
from bliss.scanning.acquisition.timer import TimerMaster
from bliss.scanning.chain import AcquisitionSlave
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.default_chain import DEFAULT_CHAIN, DefaultChain, counting
from bliss.scanning.presets import ChainPreset
from bliss.scanning.states import Outcome
from hardware.calculated_counters import (
    CalcCounterController,
    ExpressionCounters,
    calc_counter,
    expression_counter,
)
from hardware.counters import IntegratingCounter, SamplingCounter
from hardware.soft_counter import SoftCounter


class Ramp:
    """A controller whose readings are 1, 2, 3 …; counts how often it is read."""

    name = "ramp"

    def __init__(self):
        self.reads = 0

    def read_all(self, counters):
        self.reads += 1
        return [float(self.reads)] * len(counters)


class Card:
    """A counter card that remembers what it was told."""

    name = "card"

    def __init__(self, value=7):
        self.calls = []
        self.value = value

    def prepare_counting(self, count_time, npoints, *, gain=1):
        self.calls.append(("prepare", count_time, npoints, gain))

    def start_counting(self):
        self.calls.append("start")

    def read_counting(self, counters):
        self.calls.append("read")
        return [self.value] * len(counters)

    def stop_counting(self):
        self.calls.append("stop")


@pytest.fixture
def chain_settings():
    """The default chain, as it was afterwards."""
    yield DEFAULT_CHAIN
    DEFAULT_CHAIN.set_settings([])


def counted(*counters, count_time=0.0, npoints=3):
    scan = scans.loopscan(npoints, count_time, *counters)
    assert scan.outcome is Outcome.COMPLETE
    return scan.get_data()


# --- sampling


def test_counters_of_one_controller_are_read_together(session):
    ramp = Ramp()
    counters = [SamplingCounter(name, ramp, mode="SINGLE") for name in "ab"]
    data = counted(*counters)
    assert ramp.reads == 3
    assert list(data["a"]) == list(data["b"]) == [1, 2, 3]


def test_stats_come_in_channels_of_their_own(session):
    data = counted(SamplingCounter("ct", Ramp(), mode="STATS"), count_time=0.02)
    assert {name for name in data if name.startswith("ramp")} == {
        f"ramp:ct{end}" for end in ("", "_N", "_std", "_var", "_min", "_max", "_p2v")
    }
    assert max(data["ct_N"]) > 1
    np.testing.assert_allclose(data["ct_p2v"], data["ct_N"] - 1)  # a ramp of steps of 1
    np.testing.assert_allclose(data["ct"], data["ct_min"] + data["ct_p2v"] / 2)
    np.testing.assert_allclose(data["ct_var"], (data["ct_N"] ** 2 - 1) / 12)


def test_samples_come_too(session):
    data = counted(SamplingCounter("ct", Ramp(), mode="SAMPLES"), count_time=0.02)
    assert len(data["ct_samples"]) == 3
    for mean, samples in zip(data["ct"], data["ct_samples"], strict=True):
        assert mean == pytest.approx(np.mean(samples))
        assert list(np.diff(samples)) == [1.0] * (len(samples) - 1)


def test_last_and_single_differ_where_there_is_time(session):
    ramp = Ramp()
    counters = [
        SamplingCounter("first", ramp, mode="SINGLE"),
        SamplingCounter("last", ramp, mode="LAST"),
    ]
    data = counted(*counters, count_time=0.02)
    assert any(data["last"] > data["first"])
    assert data["first"][1] == data["last"][0] + 1


def test_an_integral_is_the_mean_times_the_counting_time(session, demo):
    diode = demo["diode1"]
    diode.mode = "INTEGRATE"
    data = counted(diode, count_time=0.02)
    np.testing.assert_allclose(data["diode1"], 50 * 0.02, rtol=0.1)


def test_a_mode_can_be_changed_but_not_to_anything(demo):
    diode = demo["diode1"]
    diode.mode = "LAST"
    with pytest.raises(SettingError, match="diode1: 'MAX' is no mode; expected one of MEAN"):
        diode.mode = "MAX"
    assert diode.mode == "LAST"


def test_every_reading_is_converted(session):
    ramp = Ramp()
    counter = SamplingCounter("ct", ramp, mode="SINGLE", conversion_function=lambda v: 10 * v)
    assert list(counted(counter)["ct"]) == [10, 20, 30]
    assert counter.value == 40
    with pytest.raises(SettingError, match="ct: 3 is no conversion function"):
        counter.conversion_function = 3


def test_a_slow_controller_is_not_asked_more_often_than_it_allows(session):
    ramp = Ramp()
    ramp.max_sampling_frequency = 100.0
    data = counted(SamplingCounter("ct", ramp, mode="STATS"), count_time=0.055, npoints=1)
    assert data["ct_N"][0] <= 6


def test_a_device_that_is_lost_ends_a_long_point_at_once(session):
    class Lost(Ramp):
        def read_all(self, counters):
            if self.reads > 5:
                raise OSError("ramp is lost")
            return super().read_all(counters)

    with pytest.raises(OSError, match="ramp is lost"):
        scans.ct(1000, SamplingCounter("ct", Lost()))  # this test has a time limit


@pytest.mark.parametrize("mode", ["SINGLE", "MEAN"])
def test_a_controller_that_gives_too_little_is_named(session, mode):
    class Short(Ramp):
        def read_all(self, counters):
            return [1.0]

    short = Short()
    with pytest.raises(DeviceError, match="ramp: gave 1 values for 2 counters; expected one per"):
        counted(*[SamplingCounter(name, short, mode=mode) for name in "ab"])


def test_an_alias_is_what_is_shown(session):
    counter = SamplingCounter("ct", Ramp(), mode="SINGLE", alias="I0")
    scan = scans.ct(0, counter)
    (node,) = [n for n in scan.node.walk(filter="channel", wait=False) if n.name == "ramp:ct"]
    assert node.alias == "I0"
    assert scan.scan_info["acquisition_chain"]["timer"]["display_names"]["ramp:ct"] == "I0"
    counter.mode = "STATS"
    shown = scans.ct(0, counter).scan_info["acquisition_chain"]["timer"]["display_names"]
    assert shown["ramp:ct_std"] == "I0_std"
    with pytest.raises(SettingError, match="ct: '' is no alias"):
        counter.alias = ""


# --- integrating


def test_a_device_that_integrates_is_told_the_time_and_read_once_a_point(session):
    card = Card()
    data = counted(*[IntegratingCounter(n, card, dtype="<i8") for n in "ab"], count_time=0.001)
    assert list(data["a"]) == list(data["b"]) == [7, 7, 7]
    assert data["a"].dtype == "<i8"
    assert card.calls[1:-1] == ["start", "read"] * 3
    assert card.calls[0][:2] == ("prepare", 0.001)
    assert card.calls[-1] == "stop"


def test_settings_of_a_device_reach_it(session, chain_settings):
    card = Card()
    chain_settings.set_settings(
        [{"device": card, "acquisition_settings": {"gain": 5, "count_time": 0.5}}]
    )
    counted(IntegratingCounter("a", card, dtype="<i8"))
    (_, count_time, _, gain) = card.calls[0]
    assert (count_time, gain) == (0.5, 5)
    assert chain_settings.settings[0]["device"] is card
    chain_settings.set_settings([])
    card.calls.clear()
    counted(IntegratingCounter("a", card, dtype="<i8"))
    assert card.calls[0][3] == 1


def test_a_device_triggers_others(session, chain_settings):
    card, camera = Card(), Card(9)
    camera.name = "camera"
    camera.calls = card.calls = []  # one list, to see the order
    chain_settings.set_settings([{"device": camera, "master": card}])
    scan = scans.loopscan(1, 0, IntegratingCounter("image", camera))
    assert [call for call in card.calls if call in ("start", "read")] == ["start"] * 2 + [
        "read",
        "read",
    ]
    names = {
        node.db_name.removeprefix(scan.node.db_name): node.type
        for node in scan.node.walk(wait=False)
    }
    assert names[":timer:card"] == "master"
    assert names[":timer:card:camera:image"] == "channel"
    assert scan.get_data()["camera:image"] == [9]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ([{"device": "card", "acquisition_settings": {"gian": 2}}], "card: .*gian.*it knows gain"),
        ([{"device": "ramp", "acquisition_settings": {"gain": 2}}], "ramp: takes no acquisition"),
        ([{"device": "card", "master": "ramp"}], "card: its master ramp cannot trigger"),
        ([{"device": "card", "master": "card"}], "card: would trigger itself"),
    ],
)
def test_settings_that_cannot_be_are_refused_when_the_scan_is_made(session, settings, says):
    devices = {"card": Card(), "ramp": Ramp()}
    chain = DefaultChain()
    chain.set_settings(
        [{key: devices.get(value, value) if isinstance(value, str) else value
          for key, value in entry.items()} for entry in settings]
    )  # fmt: skip
    counters = [
        IntegratingCounter("a", devices["card"]),
        SamplingCounter("b", devices["ramp"], mode="SINGLE"),
    ]
    with pytest.raises(ScanError, match=says) as caught:
        chain.get({"count_time": 0, "npoints": 1}, counters)
    assert "\n" not in str(caught.value)
    assert devices["card"].calls == []


@pytest.mark.parametrize(
    "settings", [[3], [{}], [{"device": 1, "x": 2}], [{"device": 1, "acquisition_settings": 3}]]
)
def test_settings_that_are_none(settings):
    with pytest.raises(ScanError, match="expected a mapping"):
        DefaultChain().set_settings(settings)


@pytest.mark.parametrize("count_time", ["x", -1, float("nan"), float("inf"), None])
def test_a_counting_time_that_is_none(count_time):
    with pytest.raises(ScanError, match="in acquisition_settings: expected seconds"):
        DefaultChain().set_settings(
            [{"device": Card(), "acquisition_settings": {"count_time": count_time}}]
        )


def test_a_chain_is_had_as_in_bliss(demo):
    top, default = TimerMaster(0), DefaultChain()
    preset = ChainPreset()
    default.add_preset(preset)
    chain = default.get({"npoints": 4, "count_time": 0.1}, [demo["diode1"]], top_master=top)
    assert chain.npoints == 4
    assert [device.name for device in chain.devices] == ["timer", "timer", "simulated_diodes"]
    chain.prepare()
    assert chain.presets.prepared == [preset]


def test_a_controller_of_no_kind_is_refused(session):
    class Nothing:
        name = "nothing"

    with pytest.raises(ScanError, match=r"ct: its controller .* cannot be read in a scan"):
        counting(0.1, [IntegratingCounter("ct", Nothing())])


def test_a_controller_may_bring_its_own_part(session, chain_settings):
    class Own:
        name = "own"

        def create_acquisition(self, counters, *, count_time, npoints, offset=0):
            class Slave(AcquisitionSlave):
                def wait_ready(self):
                    self.channels[0].emit(offset + count_time)

            slave = Slave("own")
            slave.channels = [AcquisitionChannel(f"own:{counters[0].name}")]
            return slave

    own = Own()
    counter = IntegratingCounter("x", own)
    twice = calc_counter("twice", lambda x: 2 * x, counter)
    chain_settings.set_settings([{"device": own, "acquisition_settings": {"offset": 4}}])
    data = counted(twice, count_time=0.5, npoints=1)
    assert (data["x"], data["twice"]) == ([4.5], [9.0])
    own.create_acquisition = lambda counters, **_: 3
    with pytest.raises(ScanError, match="own: its create_acquisition gave 3; expected"):
        counting(0, [counter])


# --- calculated


def test_a_function_of_others_brings_them_in_and_reads_them_once(session):
    ramp = Ramp()
    a, b = (SamplingCounter(name, ramp, mode="SINGLE") for name in "ab")
    total = calc_counter("total", lambda a, b: a + b, a, b, unit="cts")
    data = counted(total, b, total)
    assert ramp.reads == 3
    assert list(data["total"]) == [2, 4, 6]
    assert {"ramp:a", "ramp:b"} < set(data)


def test_what_is_calculated_can_be_calculated_with(session):
    card = Card(8)
    counts = IntegratingCounter("counts", card, dtype="<i8")
    half = expression_counter("half", "counts / 2", counts=counts)
    quarter = expression_counter("quarter", "half / k", half=half, k=2, unit="cts")
    data = counted(quarter, half)
    assert (list(data["half"]), list(data["quarter"])) == ([4] * 3, [2] * 3)
    assert card.calls.count("read") == 3


def test_a_class_calculates_several(session):
    class Both(CalcCounterController):
        def calc_function(self, input_dict):
            return {"plus": input_dict["x"] + 1, "minus": input_dict["x"] - 1}

    counts = IntegratingCounter("counts", Card(8), dtype="<i8")
    both = Both("both", {"x": counts}, ["plus", "minus"])
    data = counted(*both.counters)
    assert (list(data["plus"]), list(data["minus"])) == ([9] * 3, [7] * 3)


def test_a_division_by_zero_does_not_end_a_scan(session):
    nothing = IntegratingCounter("nothing", Card(0), dtype="<i8")
    assert np.isinf(counted(expression_counter("x", "1 / n", n=nothing))["x"]).all()


def test_a_calculation_that_fails_names_its_controller(session):
    counts = IntegratingCounter("counts", Card(), dtype="<i8")
    scan = scans.ct(0, calc_counter("bad", lambda x: x.nothing, counts), run=False)
    with pytest.raises(AttributeError):
        scan.run()
    assert scan.reason.startswith("bad: AttributeError")
    wrong = CalcCounterController("wrong", {"x": counts}, ["y"], lambda _: {"z": 1})
    with pytest.raises(DeviceError, match=r"wrong: calculated \{'z': 1\}; expected a mapping with"):
        scans.ct(0, *wrong.counters)


def test_a_calculation_of_itself_is_refused(session):
    loop = CalcCounterController("loop", {}, ["a"], dict)
    loop.inputs["a"] = loop.counters.a
    with pytest.raises(ScanError, match="a: is calculated from itself"):
        counting(0, list(loop.counters))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, "calc: outputs is missing"),
        ({"outputs": [{"name": "x", "expression": "a"}]}, "calc: expression 'a': a is not known"),
        ({"outputs": [{"name": "x", "expression": "1 +"}]}, r"calc: expression '1 \+'"),
        (
            {
                "outputs": [{"name": "x", "expression": "1"}],
                "inputs": [{"counter": 3, "tags": "a"}],
            },
            "calc: inputs.0.counter is 3; a counter is expected",
        ),
        (
            {"outputs": [{"name": "x", "expression": "1"}], "constants": {"pi": 3.0}},
            "calc: pi means something in a formula",
        ),
    ],
)
def test_a_wrong_configuration_of_formulas(config, says):
    with pytest.raises(ValueError, match=says):
        ExpressionCounters("calc", config)


def test_what_is_no_input():
    with pytest.raises(SettingError, match="x: input input0 is 3; expected a counter"):
        calc_counter("x", abs, 3)
    with pytest.raises(ValueError, match="x: a is 'three'; expected a counter or a number"):
        expression_counter("x", "a", a="three")


# --- anything as a counter


class Gauge:
    name = "gauge"
    pressure = 3.0

    def read(self):
        return 4.0


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (lambda: SoftCounter(Gauge(), "pressure"), "gauge:pressure", 3.0),
        (lambda: SoftCounter(Gauge(), "read", name="p"), "gauge:p", 4.0),
        (lambda: SoftCounter(Gauge().read), "read:read", 4.0),
        (lambda: SoftCounter(value=Gauge().read, name="p"), "p:p", 4.0),
        (lambda: SoftCounter(Gauge(), "pressure", apply=lambda v: v / 2), "gauge:pressure", 1.5),
        (lambda: SoftCounter(lambda: 5, name="five", mode="LAST"), "five:five", 5),
        (lambda: SoftCounter(Gauge(), "pressure", controller_name="g"), "g:pressure", 3.0),
    ],
)
def test_a_soft_counter_reads_what_python_reads(session, make, name, value):
    assert list(counted(make())[name]) == [value] * 3


def test_soft_counters_of_one_object_are_scanned_together(session):
    gauge = Gauge()
    data = counted(SoftCounter(gauge, "pressure"), SoftCounter(gauge, "read"))
    assert data["pressure"][0] == 3.0
    assert data["gauge:read"][0] == 4.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "None has no 'value' to read"),
        ((Gauge(), "volume"), "has no 'volume' to read"),
        ((lambda: 1,), "'<lambda>' cannot be the name of"),
        ((Gauge(), "pressure", "a:b"), "'a:b' cannot be the name of"),
    ],
)
def test_what_is_no_soft_counter(arguments, says):
    with pytest.raises(SettingError, match=says):
        SoftCounter(*arguments)


def test_a_soft_counter_that_fails_ends_the_scan_and_is_named(session, caplog):
    caplog.set_level(logging.ERROR)

    def pressure():
        raise OSError("gauge is off")

    scan = scans.ct(0, SoftCounter(pressure), run=False)
    with pytest.raises(OSError, match="gauge is off"):
        scan.run()
    assert scan.reason == "pressure: OSError: gauge is off"
