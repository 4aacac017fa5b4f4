"""Peak functions: right to 1 % of the width, or refused with the reason."""

import contextlib
import doctest
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bliss.common.errors import BlissError, NoPeakError
from scans import peaks
from scans.peaks import _forms
from scans.peaks._curve import Curve
from scans.peaks._shape import find_peak

FWHM = 2 * math.sqrt(2 * math.log(2))  # of a Gaussian, in sigmas
X = np.linspace(-5, 5, 101)
POSITIONS = (peaks.cen, peaks.com, peaks.peak)


def gauss(x, centre=0.0, sigma=1.0):
    return np.exp(-(((x - centre) / sigma) ** 2) / 2)


def edge(x, centre=0.0, sigma=1.0):
    return np.array([math.erf((value - centre) / sigma / math.sqrt(2)) for value in x])


def uneven(seed=1, n=101):
    return np.random.default_rng(seed).uniform(-5, 5, n)


# name: x, y, centre, width
RIGHT = {
    "Gaussian": (X, 100 * gauss(X, 0.3), 0.3, FWHM),
    "on a background": (X, 1e6 + gauss(X, 0.3), 0.3, FWHM),
    "Lorentzian": (X, 1 / (1 + ((X - 0.3) / 0.5) ** 2), 0.3, 1.0),
    "triangle": (X, np.clip(2 - abs(X - 0.3), 0, None), 0.3, 2.0),
    "slit": (X, (abs(X - 0.3) < 1.25) * 7.0, 0.3, 2.5),
    "unsorted": (X[::-1], gauss(X[::-1], 0.3), 0.3, FWHM),
    "shuffled": (uneven(), gauss(uneven(), 0.3), 0.3, FWHM),
    "repeated": (np.repeat(X, 3), np.repeat(gauss(X, 0.3), 3), 0.3, FWHM),
    "NaN": (X, np.where(np.arange(101) % 7 == 3, np.nan, gauss(X, 0.3)), 0.3, FWHM),
    "integers": (np.arange(50), (1000 * gauss(np.arange(50), 20, 4)).astype(int), 20, 4 * FWHM),
    "few points": (X[::7], gauss(X[::7], 0.3), 0.3, FWHM),
    "cut at 30 %": (X[X < 1.8], gauss(X[X < 1.8], 0.3), 0.3, FWHM),
    "second, half as high": (X, gauss(X, -2, 0.5) + 0.5 * gauss(X, 2, 0.5), -2, FWHM / 2),
    "second, close": (X, gauss(X, -1, 0.5) + 0.5 * gauss(X, 1.9, 0.5), -1, FWHM / 2),
    "second, wider": (X, gauss(X, -3, 0.4) + 0.7 * gauss(X, 2, 0.9), -3, 0.4 * FWHM),
    "huge": (X * 1e300, gauss(X, 0.3) * 1e300, 0.3e300, FWHM * 1e300),
    "tiny": (X * 1e-9, gauss(X, 0.3) * 1e-12, 0.3e-9, FWHM * 1e-9),
}
CUT = {"cut at 30 %"}  # has no centre of mass


@pytest.mark.parametrize("name", RIGHT)
def test_the_table_of_cases(name):
    x, y, centre, width = RIGHT[name]
    for turned in (y, -y):
        highest = peaks.peak if turned is y else peaks.trough
        assert peaks.cen(x, turned) == pytest.approx(centre, abs=0.01 * width)
        assert highest(x, turned) == pytest.approx(centre, abs=0.01 * width)
        assert peaks.fwhm(x, turned) == pytest.approx(width, rel=0.01)
        if name in CUT:
            with pytest.raises(NoPeakError, match="cut off"):
                peaks.com(x, turned)
        else:
            assert peaks.com(x, turned) == pytest.approx(centre, abs=0.01 * width)


def test_a_lopsided_peak_has_three_different_places():
    x = np.linspace(0, 10, 201)
    y = x**2 * np.exp(-2 * x)
    assert peaks.peak(x, y) == pytest.approx(1.0, abs=0.005)
    assert peaks.com(x, y) == pytest.approx(1.5, abs=0.01)
    fine = np.linspace(0, 10, 200_001)
    above = fine[fine**2 * np.exp(-2 * fine) > math.exp(-2) / 2]
    assert peaks.cen(x, y) == pytest.approx((above[0] + above[-1]) / 2, abs=0.005)
    assert peaks.fwhm(x, y) == pytest.approx(above[-1] - above[0], rel=0.01)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_edge_has_a_half_height_point_and_no_width(sign):
    y = sign * edge(X, 0.42, 0.5)
    assert peaks.cen(X, y) == pytest.approx(0.42, abs=0.005)
    noisy = y + np.random.default_rng(3).normal(0, 0.02, len(X))
    assert peaks.cen(X, noisy) == pytest.approx(0.42, abs=0.05)
    with pytest.raises(NoPeakError, match=r"an edge, near 0\.42.*cen"):
        peaks.fwhm(X, y)
    with pytest.raises(NoPeakError, match="an edge"):
        peaks.com(X, y)


def test_a_sharp_step_is_between_its_points():
    assert peaks.cen(X, X > 1.04) == pytest.approx(1.05, abs=0.01)


# name: x, y, functions, reason
ALL = (peaks.cen, peaks.com, peaks.peak, peaks.trough, peaks.fwhm)
WIDTHS = (peaks.cen, peaks.com, peaks.fwhm)
REFUSED = {
    "nothing": ([], [], ALL, "no point"),
    "all NaN": (X, X * np.nan, ALL, "no point"),
    "four points": ([1, 2, 3, 4], [0, 1, 1, 0], ALL, "4 different positions: at least 5"),
    "one position": (np.ones(50), X[:50], ALL, "1 different position:"),
    "flat": (X, X * 0 + 7, ALL, "flat: 7 everywhere"),
    "ramp": (X, X, ALL, "scan further"),
    "cut at 70 %": (X[X < 0.84], gauss(X[X < 0.84]), WIDTHS, "scan further"),
    "cut at its top": (X[X < 0], gauss(X[X < 0]), (*WIDTHS, peaks.peak), "scan further"),
    "cut on both sides": (X[abs(X) < 0.8], 1 / (2 - X[abs(X) < 0.8] ** 4), (peaks.fwhm,), "scan"),
    "two alike": (X, gauss(X, -2, 0.5) + 0.97 * gauss(X, 2, 0.5), (*WIDTHS, peaks.peak), "two"),
    "two that overlap": (X, gauss(X, -1) + 0.6 * gauss(X, 2), WIDTHS, "overlap"),
    "a neighbour": (
        X,
        gauss(X, -1, 0.5) + gauss(X, 1.4, 0.5) / 2,
        (peaks.com,),
        "neighbour begins",
    ),
    "past its top": (X[X < 1.1], gauss(X[X < 1.1]), WIDTHS, "neither a peak nor an edge"),
    "one point": (X, np.arange(101) == 40, ALL, "single point"),
    "two points": (X, gauss(X, 0.05, 0.05), WIDTHS, "only 2 points above half height.*steps"),
    "three points": (
        X[::5],
        [0] * 8 + [0.3, 0.8, 1.9, 2, 1.3, 0.2] + [0] * 7,
        (peaks.fwhm,),
        "only 3 points",
    ),
    "no minimum": (X, gauss(X), (peaks.trough,), "as high at the"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused_with_the_reason(name):
    x, y, functions, reason = REFUSED[name]
    for function in functions:
        with pytest.raises(NoPeakError, match=reason):
            function(x, y)


def test_a_peak_that_is_cut_or_overlaps_has_a_top_all_the_same():
    x = X[X < 0.84]
    assert peaks.peak(x, gauss(x)) == pytest.approx(0, abs=0.02)
    assert peaks.peak(X, gauss(X, -1) + 0.6 * gauss(X, 2)) == pytest.approx(-0.97, abs=0.03)


def test_positions_and_values_have_to_be_as_many():
    with pytest.raises(ValueError, match="one value a position"):
        peaks.cen([1, 2, 3], [1, 2])
    assert issubclass(NoPeakError, BlissError)


@pytest.mark.parametrize(
    "noise",
    [
        lambda y, rng: y * (1 + rng.normal(0, 0.05, len(y))),
        lambda y, rng: y + rng.normal(0, 0.02, len(y)),
        lambda y, rng: rng.poisson(1000 * y),
    ],
    ids=["relative", "additive", "counting"],
)
def test_noise_costs_what_it_must_and_no_more(noise):
    # the demo's scan; what a fit can do at best is 0.2 % (standard deviation), of the width 0.5 %
    rng = np.random.default_rng(5)
    x = np.linspace(-5, 5, 501)
    scatter = {function: [] for function in (*POSITIONS, peaks.fwhm)}
    for _ in range(20):
        centre = rng.uniform(-1, 1)
        y = noise(gauss(x, centre), rng)
        for function, found in scatter.items():
            expected = FWHM if function is peaks.fwhm else centre
            found.append((function(x, y) - expected) / FWHM)
    for function in POSITIONS:
        assert np.abs(scatter[function]).max() < 0.01
    assert np.std(scatter[peaks.fwhm]) < 0.01


def two_peaks(x, rng):
    """The higher of two peaks, apart, overlapping or on a shoulder; its top and its crossings."""
    sigmas, centre, low = rng.uniform(0.4, 1, 2), rng.uniform(-2, 2), rng.uniform(0.3, 0.85)
    other = centre + rng.choice([-1, 1]) * rng.uniform(3, 8) * sigmas[0]
    fine = np.linspace(-6, 6, 12_001)
    y, exact = (gauss(p, centre, sigmas[0]) + low * gauss(p, other, sigmas[1]) for p in (x, fine))
    top = np.argmax(exact)
    below = np.flatnonzero(exact < exact[top] / 2)
    left, right = fine[below[below < top][-1]], fine[below[below > top][0]]
    return y, fine[top], left, right


def test_of_two_noisy_peaks_all_is_right_or_refused():
    # of a width, noise of 1 % alone makes 0.5 % (standard deviation), whatever finds it
    off = {function: [] for function in (peaks.peak, peaks.cen, peaks.fwhm)}
    for seed in [*range(36), 136, 141, 214, 525]:
        rng = np.random.default_rng(seed)
        y, top, left, right = two_peaks(X, rng)
        y = y + rng.normal(0, 0.01, len(X))
        for function, exact in zip(off, (top, (left + right) / 2, right - left), strict=True):
            with contextlib.suppress(NoPeakError):
                off[function].append((function(X, y) - exact) / (right - left))
    assert [len(found) > 24 for found in off.values()] == [True] * 3
    assert np.abs(off[peaks.peak]).max() < 0.01
    assert np.abs(off[peaks.cen]).max() < 0.01
    assert np.std(off[peaks.fwhm]) < 0.006
    assert np.abs(off[peaks.fwhm]).max() < 0.02


def slit(x, centre, sigma):
    return 1 / (1 + np.exp((abs(x - centre) / sigma - 1.2) / 0.08))


# name: shape, its width in sigmas, whether it is turned, positions for a seed
NOISY = {
    "noisy": (gauss, FWHM, 1, lambda rng: X),
    "negative-going": (gauss, FWHM, -1, lambda rng: X),
    "uneven": (gauss, FWHM, 1, lambda rng: rng.uniform(-5, 5, 101)),
    "truncated": (gauss, FWHM, 1, lambda rng: X[rng.uniform(1.3, 3) > X]),
    "flat top": (slit, 2.4, 1, lambda rng: X),
    "rounded": (lambda x, c, s: np.exp(-(((x - c) / s) ** 4)), 1.8248, -1, lambda rng: X),
}


@pytest.mark.parametrize("name", NOISY)
def test_whatever_the_kind_noise_costs_what_it_must_and_no_more(name):
    shape, width, sign, positions = NOISY[name]
    off = {function: [] for function in (peaks.cen, peaks.com, peaks.fwhm)}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        centre, sigma, x = rng.uniform(-1, 0), rng.uniform(0.5, 1), positions(rng)
        y = 20 + sign * shape(x, centre, sigma) + rng.normal(0, 0.01, len(x))
        for function, found in off.items():
            exact = width * sigma if function is peaks.fwhm else centre
            with contextlib.suppress(NoPeakError):
                found.append((function(x, y) - exact) / width / sigma)
    assert len(off[peaks.cen]) >= 25
    assert np.abs(off[peaks.cen]).max() < 0.01
    assert np.abs(off[peaks.com]).max() < 0.01
    assert abs(np.mean(off[peaks.fwhm])) < 0.005
    assert np.std(off[peaks.fwhm]) < 0.006  # which noise makes of it, whatever finds it


def lopsided(x, centre, sigma):
    return gauss(x, centre, np.where(x < centre, sigma / 2, sigma))


def triangle(x, centre, sigma):
    return np.clip(1 - abs(x - centre) / 2 / sigma, 0, None)


# name: shape, half widths before and after its top, in sigmas; what noise makes of its width, as
# the top of a triangle may be somewhat blunt
FORMS = {
    "lopsided": (lopsided, FWHM / 4, FWHM / 2, 0.01),
    "triangle": (triangle, 1.0, 1.0, 0.02),
    "slit": (slit, 1.2, 1.2, 0.01),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("spacing", ["even", "random"])
def test_whatever_its_form_noise_costs_what_it_must_and_no_more(name, spacing):
    shape, before, after, spread = FORMS[name]
    off = {function: [] for function in (peaks.peak, peaks.cen, peaks.fwhm)}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        centre, sigma = rng.uniform(-1, 1), rng.uniform(0.8, 1.2)
        x = X if spacing == "even" else np.sort(rng.uniform(-5, 5, 101))
        y = shape(x, centre, sigma) + rng.normal(0, 0.01, len(x))
        middle = centre + (after - before) / 2 * sigma
        width = (before + after) * sigma
        for function, exact in zip(off, (centre, middle, width), strict=True):
            with contextlib.suppress(NoPeakError):
                off[function].append((function(x, y) - exact) / width)
    assert [len(found) >= 15 for found in off.values()] == [True] * 3
    assert np.abs(off[peaks.peak]).max() < 0.025
    assert np.std(off[peaks.peak]) < 0.01
    assert np.abs(off[peaks.cen]).max() < 0.02
    assert np.std(off[peaks.cen]) < 0.005
    assert np.std(off[peaks.fwhm]) < spread
    assert np.abs(off[peaks.fwhm]).max() < 3 * spread


@pytest.mark.parametrize("name", FORMS)
def test_errors_are_as_large_as_is_said(name):
    shape, before, after, _ = FORMS[name]
    off = []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        centre = rng.uniform(-1, 1)
        y = shape(X, centre, 1.0) + rng.normal(0, 0.03, len(X))
        exact = (centre, centre + (after - before) / 2, before + after)
        for function, right in zip((peaks.peak, peaks.cen, peaks.fwhm), exact, strict=True):
            with contextlib.suppress(NoPeakError):
                found = function(X, y)
                assert found.share == pytest.approx(found.error / (before + after), rel=0.2)
                off.append((found - right) / found.error)
    assert 0.7 < np.sqrt(np.mean(np.square(off))) < 1.3


@pytest.mark.parametrize(("noise", "least", "most"), [(0.005, 70, 90), (0.03, 20, 70)])
def test_who_asks_for_one_per_cent_has_that_or_a_refusal(noise, least, most):
    off = []
    for shape, before, after, _ in FORMS.values():
        for seed in range(10):
            rng = np.random.default_rng(seed)
            centre = rng.uniform(-1, 1)
            y = shape(X, centre, 1.0) + rng.normal(0, noise, len(X))
            exact = (centre, centre + (after - before) / 2, before + after)
            for function, right in zip((peaks.peak, peaks.cen, peaks.fwhm), exact, strict=True):
                with contextlib.suppress(NoPeakError):
                    found = function(X, y, within=0.01)
                    off.append(abs(found - right) / (before + after))
    assert max(off) < 0.01
    assert least < len(off) <= most  # of 90


def test_what_is_not_sure_enough_is_told_all_the_same():
    y = gauss(X) + np.random.default_rng(1).normal(0, 0.03, len(X))
    width = peaks.fwhm(X, y)
    said = (
        f"too noisy: {width:.3f} ± {2 * width.error:.3f} (two standard errors) is sure to "
        f"{200 * width.share:.3g} % of the width, not to 1 %; count longer or take more points"
    )
    with pytest.raises(NoPeakError, match=re.escape(said)):
        peaks.fwhm(X, y, within=0.01)
    assert peaks.fwhm(X, y, within=2.5 * width.share) == width


def test_a_form_without_noise_is_found_exactly():
    rng = np.random.default_rng(3)
    for shape, before, after, _ in list(FORMS.values())[:2]:
        for x in (X, np.sort(rng.uniform(-5, 5, 60))):
            y = 7 - 1e5 * shape(x, 0.3, 1.1)
            assert peaks.trough(x, y) == pytest.approx(0.3, abs=1e-5)
            assert peaks.cen(x, y) == pytest.approx(0.3 + (after - before) / 2 * 1.1, abs=1e-5)
            assert peaks.fwhm(x, y) == pytest.approx((before + after) * 1.1, rel=1e-5)


@pytest.mark.parametrize("form", [*_forms.FORMS, _forms.PAIR])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_derivatives_of_each_form(form, sign):
    curve = Curve.of(X, gauss(X, -1) + 0.3 * gauss(X, 3))
    t = curve.t
    parameters = np.array(form.starts(find_peak(curve), t, curve.u)[0])
    parameters[-1] *= sign  # a width, which may be found as its negative
    _, slopes = form.model(t, parameters)
    for index in range(len(parameters)):
        by = np.zeros(len(parameters))
        by[index] = 1e-7
        values = [form.model(t, parameters + factor * by)[0] for factor in (1, -1)]
        assert slopes[:, index] == pytest.approx((values[0] - values[1]) / 2e-7, abs=1e-5)


def test_a_flank_between_two_points_is_where_the_points_leave_it():
    x = X[abs(X - 1.3) > 0.25]  # one is anywhere within 0.5
    y = (abs(x - 0.2) < 1.1) * 7.0
    with pytest.raises(NoPeakError, match=r"a flank between two points.*take smaller steps there"):
        peaks.fwhm(x, y)
    assert peaks.cen(x, y) == pytest.approx(0.2, abs=0.2)


def test_a_plateau_has_its_top_in_its_middle_whatever_its_noise():
    off = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        centre = rng.uniform(-1, 1)
        off.append(peaks.peak(X, slit(X, centre, 1.0) + rng.normal(0, 0.01, len(X))) - centre)
    assert np.abs(off).max() < 0.024


def test_a_peak_before_another_that_is_cut_off_is_no_edge():
    y = gauss(X, 2) + 0.55 * gauss(X, 5)
    for function in (peaks.cen, peaks.fwhm, peaks.com):
        with pytest.raises(NoPeakError):
            function(X, y + np.random.default_rng(1).normal(0, 0.01, len(X)))
    assert peaks.peak(X, y) == pytest.approx(2, abs=0.03)


@pytest.mark.parametrize("seed", range(10))
def test_noise_alone_is_no_peak(seed):
    rng = np.random.default_rng(seed)
    for n in (21, 101, 501):
        for function in ALL:
            with pytest.raises(NoPeakError):
                function(np.arange(n), 50 + rng.normal(0, 5, n))


@pytest.mark.parametrize("n", [11, 21, 51])
def test_few_points_of_noise_are_no_peak(n):
    # neighbours alone say "peak" of one in fourteen of 11 points; one in 10,000 may get through
    rng = np.random.default_rng(n)
    passed = 0
    for values in (*rng.uniform(49, 51, (5, n)), *rng.normal(50, 1, (5, n))):
        for function in ALL:
            with contextlib.suppress(NoPeakError):
                function(np.arange(n), values)
                passed += 1
    assert passed == 0


@pytest.mark.parametrize("noise", [0, 0.01])
@pytest.mark.parametrize("n", [11, 21, 51])
def test_a_narrow_peak_or_a_step_of_few_points_is_no_noise(n, noise):
    steps = np.arange(n)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        at = n // 2 + rng.uniform(-0.5, 0.5)
        peak = [gauss(steps, at, width / FWHM) for width in (3, 4, 6)]
        for y in (*peak, steps > at, abs(steps - n // 2) < 2):
            assert not is_noise(steps, 50 + y + noise * rng.normal(size=n))


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.1])
def test_an_ordinary_noisy_peak_is_no_noise(noise):
    x = np.linspace(-5, 5, 51)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        assert not is_noise(x, gauss(x, rng.uniform(-1, 1)) + noise * rng.normal(size=51))


def is_noise(x, y):
    try:
        peaks.cen(x, y)
    except NoPeakError as reason:
        return "nothing but noise" in str(reason)
    return False


shapes = st.sampled_from([gauss, lambda x, c, s: np.exp(-(((x - c) / s) ** 4))])


@settings(max_examples=60, deadline=None)
@given(
    shape=shapes,
    centre=st.floats(-1, 1),
    sigma=st.floats(0.3, 0.9),
    height=st.floats(1e-6, 1e9) | st.floats(-1e9, -1e-6),
    background=st.floats(-1, 1),
    scale=st.floats(1e-6, 1e6),
    seed=st.integers(0, 1000),
    n=st.integers(200, 400),
)
def test_any_peak_is_right_or_refused(shape, centre, sigma, height, background, scale, seed, n):
    steps = np.random.default_rng(seed).uniform(0.2, 1, n)
    x = 10 * np.cumsum(steps) / steps.sum() - 5
    y = height * (background + shape(x, centre, sigma))
    exact = np.linspace(-5, 5, 20_001)
    above = exact[shape(exact, centre, sigma) > 0.5]
    width = above[-1] - above[0]
    for function in POSITIONS if shape is gauss else (peaks.cen, peaks.com):
        is_dip = function is peaks.peak and height < 0
        try:
            found = (peaks.trough if is_dip else function)(x * scale, y)
        except NoPeakError:
            continue
        assert found / scale == pytest.approx(centre, abs=0.01 * width + 1e-3)


@settings(max_examples=150, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(), st.floats()), max_size=40),
    function=st.sampled_from([*ALL, peaks.fit_gauss, peaks.fit_erf]),
)
def test_whatever_comes_in_a_number_or_a_reason_comes_out(points, function):
    x, y = np.array(points).reshape(-1, 2).T
    with contextlib.suppress(NoPeakError):
        found = float(function(x, y))
        assert math.isfinite(found)
        if function not in (peaks.fwhm, peaks.fit_gauss, peaks.fit_erf):
            known = x[np.isfinite(x) & np.isfinite(y)]
            assert known.min() <= found <= known.max()


# Fits


def test_a_fit_gives_what_it_found_with_its_errors():
    rng = np.random.default_rng(2)
    y = 20 - 100 * gauss(X, 0.3) + rng.normal(0, 2, len(X))
    fit = peaks.fit_gauss(X, y)
    assert float(fit) == fit.centre == pytest.approx(0.3, abs=5 * fit.centre_error)
    assert fit.width == pytest.approx(FWHM, abs=5 * fit.width_error)
    assert fit.height == pytest.approx(-100, abs=5 * fit.height_error)
    assert fit.background == pytest.approx(20, abs=5 * fit.background_error)
    assert 0.003 < fit.centre_error < 0.02
    assert 0 < fit.height_error < 3
    assert str(fit).startswith("Gaussian: centre 0.3")


def test_a_lorentzian_and_an_edge_are_fitted():
    assert peaks.fit_lorentz(X, 3 / (1 + (X - 0.2) ** 2)).width == pytest.approx(2)
    fit = peaks.fit_erf(X, 5 - 3 * edge(X, 0.2, 0.5))
    assert (fit.centre, fit.height, fit.background) == pytest.approx((0.2, -6, 8))
    assert fit.width == pytest.approx(0.5 * 2.563, rel=1e-3)


@pytest.mark.parametrize(
    ("fit", "y", "reason"),
    [
        (peaks.fit_gauss, 1 / (1 + X**2), "a Gaussian does not describe the points: .* off it"),
        (peaks.fit_lorentz, gauss(X), "a Lorentzian does not describe the points: .* off it"),
        (peaks.fit_erf, gauss(X), "an error function does not describe the points"),
        (peaks.fit_gauss, (abs(X) < 1) * 1.0, "a Gaussian does not describe"),
        (peaks.fit_gauss, gauss(X, -2, 0.5) + gauss(X, 2, 0.5), "it explains"),
        (peaks.fit_gauss, X, "settle|outside|uncertain"),
        (peaks.fit_gauss, gauss(X, 7), "outside|uncertain|settle"),
        (peaks.fit_gauss, np.sin(40 * X), "noise|explains"),
    ],
)
def test_a_fit_that_is_no_good_is_refused_with_the_reason(fit, y, reason):
    with pytest.raises(NoPeakError, match=reason):
        fit(X, y)


# Meshes


def mesh(nx=21, ny=16, noise=0.5):
    rng = np.random.default_rng(1)
    x, y = (a.ravel() for a in np.meshgrid(np.linspace(-4, 4, nx), np.linspace(-3, 3, ny)))
    z = 20 + 50 * gauss(x, 0.31) * gauss(y, -0.22, 0.7) + noise * rng.normal(size=x.size)
    return np.stack([x, y], axis=1), z


@pytest.mark.parametrize("function", [peaks.com_of_mesh, peaks.peak_of_mesh])
def test_a_mesh_has_a_peak_in_two_directions(function):
    where, z = mesh()
    np.testing.assert_allclose(function(where, z), [0.31, -0.22], atol=0.03)
    jitter = np.random.default_rng(2).uniform(-0.01, 0.01, where.shape)
    np.testing.assert_allclose(function(where + jitter, z), [0.31, -0.22], atol=0.03)
    order = np.random.default_rng(3).permutation(len(z))
    np.testing.assert_allclose(function(where[order], z[order]), function(where, z))


def test_a_mesh_of_few_points_has_a_peak():
    where, z = mesh(9, 8, noise=0)
    np.testing.assert_allclose(peaks.peak_of_mesh(where, z), [0.31, -0.22], atol=0.1)


def test_a_dip_in_a_mesh_is_its_trough():
    where, z = mesh()
    np.testing.assert_allclose(peaks.trough_of_mesh(where, -z), [0.31, -0.22], atol=0.03)
    np.testing.assert_allclose(peaks.com_of_mesh(where, -z), [0.31, -0.22], atol=0.03)
    with pytest.raises(NoPeakError, match="most of the mesh"):
        peaks.peak_of_mesh(where, -z)


def test_half_a_mesh_has_a_peak_if_that_is_seen():
    where, z = mesh()
    seen = slice(0, 21 * 9 + 5)  # the row after the one with the peak has begun
    np.testing.assert_allclose(peaks.peak_of_mesh(where[seen], z[seen]), [0.31, -0.22], atol=0.1)
    with pytest.raises(NoPeakError, match="cut off by the border"):
        peaks.com_of_mesh(where[seen], z[seen])


@pytest.mark.parametrize("function", [peaks.com_of_mesh, peaks.peak_of_mesh])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (lambda x, y: x + y, "border"),
        (lambda x, y: x * 0 + 3, "flat: 3"),
        (lambda x, y: np.random.default_rng(1).normal(size=x.shape), "noise"),
        (lambda x, y: (gauss(x, -2, 0.5) + gauss(x, 2, 0.5)) * gauss(y), "two peaks"),
        (lambda x, y: x * np.nan, "no point"),
    ],
)
def test_a_mesh_without_a_peak_is_refused(function, values, reason):
    where, _ = mesh()
    with pytest.raises(NoPeakError, match=reason):
        function(where, values(*where.T))


def test_one_row_is_no_mesh():
    where, z = mesh()
    with pytest.raises(NoPeakError, match="1 different position"):
        peaks.peak_of_mesh(where[:21], z[:21])
    with pytest.raises(ValueError, match="number of axes"):
        peaks.peak_of_mesh(where, z[:3])


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(), st.floats(), st.floats()), max_size=30),
    function=st.sampled_from([peaks.com_of_mesh, peaks.peak_of_mesh, peaks.trough_of_mesh]),
)
def test_whatever_comes_in_from_a_mesh(points, function):
    table = np.array(points).reshape(-1, 3)
    with contextlib.suppress(NoPeakError):
        assert np.all(np.isfinite(function(table[:, :2], table[:, 2])))


def test_the_example_in_the_docs_of_the_package():
    assert doctest.testmod(peaks).failed == 0
