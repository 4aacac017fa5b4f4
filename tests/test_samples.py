"""What each mode makes of the samples of a point; no device and no clock."""

import statistics
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bliss.common.errors import SettingError
from bliss.common.sampling import SamplingMode, checked_mode
from bliss.scanning.acquisition._samples import EXTRA_CHANNELS, extra_unit, samples_of


def made_of(mode, samples, count_time=1.0):
    kind = samples_of(SimpleNamespace(name="ct", mode=mode, shape=()), count_time)
    kind.begin(samples[0])
    for sample in samples[1:]:
        kind.add(sample)
    return kind.end()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("MEAN", 3.0), ("SINGLE", 1.0), ("LAST", 6.0), ("INTEGRATE", 1.5), ("STATS", 3.0)],
)
def test_the_value_of_a_mode(mode, expected):
    assert made_of(mode, [1.0, 2.0, 6.0], count_time=0.5)[0] == expected


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(-1e9, 1e9))
def test_stats_are_those_of_all_samples(samples, offset):
    samples = [sample + offset for sample in samples]
    mean, number, std, var, least, largest, p2v = made_of("STATS", samples)
    assert number == len(samples)
    assert (least, largest, p2v) == (min(samples), max(samples), max(samples) - min(samples))
    assert mean == pytest.approx(statistics.fmean(samples), rel=1e-9, abs=1e-6)
    assert var == pytest.approx(np.var(samples), rel=1e-4, abs=1e-3)
    assert std**2 == pytest.approx(var)


def test_samples_are_all_there():
    mean, samples = made_of("SAMPLES", [1.0, 3.0])
    assert mean == 2.0
    np.testing.assert_array_equal(samples, [1.0, 3.0])


def test_a_point_knows_nothing_of_the_one_before():
    for mode in SamplingMode:
        kind = samples_of(SimpleNamespace(name="ct", mode=mode, shape=()), 1.0)
        for value in (5.0, 7.0):
            kind.begin(value)
            assert kind.end()[0] == value


def test_every_mode_emits_as_many_values_as_it_has_channels():
    for mode in SamplingMode:
        assert len(made_of(mode, [1.0, 2.0])) == 1 + len(EXTRA_CHANNELS.get(mode, {}))


def test_the_mean_of_spectra_leaves_them_as_they_were():
    first, second = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    (mean,) = made_of("MEAN", [first, second])
    np.testing.assert_array_equal(mean, [2.0, 3.0])
    np.testing.assert_array_equal(first, [1.0, 2.0])


@pytest.mark.parametrize(
    ("mode", "shape", "sentence"),
    [
        ("MAX", (), "ct: 'MAX' is no mode; expected one of MEAN, STATS, SAMPLES, SINGLE"),
        (None, (), "ct: None is no mode"),
        ("mean", (), "ct: 'mean' is no mode"),
        ("STATS", (8,), "ct: mode STATS is for counters of a number; its values have shape"),
    ],
)
def test_what_is_no_mode(mode, shape, sentence):
    with pytest.raises(SettingError, match=sentence.replace("(", r"\(")):
        checked_mode("ct", mode, shape)


def test_units_of_what_stats_adds():
    units = {end: extra_unit(end, "mA") for end in EXTRA_CHANNELS[SamplingMode.STATS]}
    expected = {"_N": None, "_var": "mA^2", **dict.fromkeys(("_std", "_min", "_max", "_p2v"), "mA")}
    assert units == expected
    assert extra_unit("_var", None) is None
