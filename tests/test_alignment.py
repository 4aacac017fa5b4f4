"""The commands of alignment, in a real session."""

import logging
import re

import gevent
import numpy as np
import pytest

import scans
from bliss.common.errors import (
    ArgumentError,
    LimitError,
    NoPeakError,
    ScanError,
    ScanStateError,
)
from bliss.config.channels import Channel
from bliss.data.node import EventType
from bliss.scanning.gate import RETAKEN, SUSPENDED
from bliss.scanning.scan import ScanState
from hardware.soft_counter import SoftCounter
from scans import choosing, peaks
from scans.alignment import (
    cen,
    com,
    find_position,
    fit_gauss,
    fwhm,
    goto_cen,
    goto_com,
    goto_custom,
    goto_min,
    goto_peak,
    peak,
    plotselect,
    trough,
    where,
)

FWHM = 2.3548  # mm


@pytest.fixture(autouse=True)
def _choice_is_forgotten(session, capsys):
    yield
    plotselect(None)


@pytest.fixture
def scanned(demo):
    """The last scan is one over robz, whose peak is at 0."""
    return scans.ascan(demo["robz"], -4.5, 5, 38, 0, demo["sim_ct_gauss"])


def test_the_places_of_the_last_scan(scanned):
    assert cen() == pytest.approx(0, abs=0.01)
    assert com() == pytest.approx(0, abs=0.01)
    assert peak() == pytest.approx(0, abs=0.01)
    assert fwhm() == pytest.approx(FWHM, rel=0.01)
    assert find_position(lambda x, y: x[np.argmax(y)]) == 0
    assert find_position(fit_gauss) == pytest.approx(0, abs=0.01)
    with pytest.raises(NoPeakError, match=r"^trough of sim_ct_gauss over robz in \d+_ascan: the "):
        trough()


def test_there_has_to_be_a_scan(demo):
    with pytest.raises(ScanError, match="cen: there was no scan in this session yet"):
        cen()
    with pytest.raises(ArgumentError, match="cen: 7 is not a scan"):
        cen(scan=7)
    with pytest.raises(ScanStateError, match="has not run"):
        cen(scan=scans.ct(0, demo["diode1"], run=False))


def test_any_scan_counter_and_axis_can_be_named(demo, scanned):
    robz, gauss, diode = demo["robz"], demo["sim_ct_gauss"], demo["diode1"]
    scans.ascan(robz, 1, 2, 4, 0, diode, gauss)
    for counter in (gauss, "sim_ct_gauss", "simulation_counter_controller:sim_ct_gauss"):
        for axis in (robz, "robz", "axis:robz"):
            assert cen(counter, axis, scanned) == pytest.approx(0, abs=0.01)
    with pytest.raises(
        ArgumentError, match=r"diode1 is not a counter of .*, which has sim_ct_gauss"
    ):
        cen(diode, scan=scanned)
    with pytest.raises(ArgumentError, match="is not over robx, but over robz"):
        cen(axis=demo["robx"])
    with pytest.raises(ArgumentError, match="cen: 3 is not a counter"):
        cen(3)


def test_of_several_counters_the_first_is_taken_with_a_word(demo, caplog):
    scans.ascan(demo["robz"], -4, 4, 20, 0, demo["sim_ct_gauss"], demo["sim_ct_gauss_noise"])
    with caplog.at_level(logging.WARNING):
        assert cen() == pytest.approx(0, abs=0.01)
    assert caplog.messages == [
        "cen: takes sim_ct_gauss, the first of sim_ct_gauss, sim_ct_gauss_noise; "
        "plotselect(counter) chooses another"
    ]


def test_plotselect_chooses_for_all_processes_and_later_sessions(demo, session, caplog, capsys):
    plotselect()
    assert "look at the first counter of a scan" in capsys.readouterr().out
    scans.ascan(demo["robz"], -4, 4, 20, 0, demo["diode1"], demo["sim_ct_gauss"])
    with Channel("demo_session:plot", beacon=session.beacon) as followed:
        plotselect("sim_ct_gauss")
        assert followed.value == ["simulation_counter_controller:sim_ct_gauss"]
        assert "look at sim_ct_gauss" in capsys.readouterr().out
        assert cen() == pytest.approx(0, abs=0.01)
        plotselect(demo["diode1"], demo["sim_ct_gauss"])
        assert choosing.choose("plot").counter == "simulated_diodes:diode1"
    plotselect(demo["i0"], demo["sim_ct_gauss"])
    assert choosing.choose("plot").label == "sim_ct_gauss"
    assert not caplog.messages
    with pytest.raises(ArgumentError, match=r"nothing is not a counter of .*diode1, sim_ct_gauss"):
        plotselect("nothing")
    with pytest.raises(ArgumentError, match="3 is not a counter"):
        plotselect(3)


def test_what_may_be_off_by_more_than_is_promised_is_said(scanned, capsys):
    sure = peaks.Place(0.5, error=0.004, width=1.0)
    doubtful = peaks.Place(0.5, error=0.012, width=2.0)
    assert find_position(lambda x, y: sure) == 0.5
    assert capsys.readouterr().out == ""
    assert find_position(lambda x, y: doubtful) == 0.5
    expected = "find_position: ± 0.012, 0.6 % of the width (standard error)\n"
    assert capsys.readouterr().out == expected


def test_how_sure_it_has_to_be_can_be_asked(demo, scanned):
    robz, noise = demo["robz"], np.random.default_rng(1)
    assert cen(within=0.01) == pytest.approx(0, abs=0.01)
    goto_peak(within=0.01)
    assert robz.position == pytest.approx(0, abs=0.01)
    noisy = SoftCounter(lambda: np.exp(-(robz.position**2) / 2) + noise.normal(0, 0.03), name="pin")
    scan = scans.ascan(robz, -4, 4, 60, 0, noisy)
    assert fwhm() == pytest.approx(FWHM, rel=0.1)
    sure = rf"fwhm of pin over robz in {scan.name}: too noisy: 2\..* is sure to .*, not to 1 %"
    with pytest.raises(NoPeakError, match=sure):
        fwhm(within=0.01)
    with pytest.raises(NoPeakError, match=r"goto_com of pin.* not to 0.1 %"):
        goto_com(within=0.001)
    assert robz.position == 4
    with pytest.raises(ArgumentError, match="cen: within is 'much': expected a number, 0 or more"):
        cen(within="much")


def test_a_loopscan_is_over_the_time(demo):
    scans.loopscan(12, 0, demo["diode1"])
    assert find_position(lambda x, y: x[5]) > 0
    for goto in (goto_cen, where):
        with pytest.raises(ScanError, match=r"_loopscan moved no axis"):
            goto()


def test_several_axes_have_a_position_each(demo):
    scans.a2scan(demo["robz"], -4, 4, demo["robx"], 10, 18, 40, 0, demo["sim_ct_gauss"])
    assert cen() == pytest.approx({"robz": 0, "robx": 14}, abs=0.01)
    assert cen(axis="robx") == pytest.approx(14, abs=0.01)
    goto_peak()
    assert demo["robx"].position == pytest.approx(14, abs=0.01)
    assert demo["robz"].position == pytest.approx(0, abs=0.01)


def test_a_mesh_has_a_peak_and_no_width(demo):
    robx, roby = demo["robx"], demo["roby"]
    scans.amesh(robx, -4, 0, 10, roby, -1, 3, 10, 0, demo["fluo_diode"])
    for function in (peak, com):
        assert function() == pytest.approx({"robx": -2, "roby": 1}, abs=0.1)
    for function in (cen, fwhm):
        with pytest.raises(ScanError, match=r"is a mesh over robx and roby.*peak"):
            function()
    with pytest.raises(ArgumentError, match="leave out the axis"):
        peak(axis=robx)
    with pytest.raises(ArgumentError, match=r"peak: within is 0\.01, and how sure .* is not known"):
        peak(within=0.01)
    highest = find_position(lambda x, y: x[np.argmax(y)])
    assert highest == pytest.approx({"robx": -2, "roby": 1}, abs=0.3)
    with pytest.raises(ArgumentError, match="gave 1 positions: expected 2"):
        find_position(lambda x, y: 1.0)
    goto_com()
    assert robx.position == pytest.approx(-2, abs=0.1)
    assert roby.position == pytest.approx(1, abs=0.1)


def test_an_aborted_scan_has_what_it_has(demo):
    robz = demo["robz"]
    scan = scans.ascan(robz, -5, 15, 400, 0.002, demo["sim_ct_gauss"], run=False)
    running = scan.start()
    scan.wait_state(ScanState.STARTING)
    points = 0
    for event in scan.node.walk_events():
        if event.type is EventType.NEW_DATA and event.node.name == "axis:robz":
            points += event.data.npoints
            if points > 170:
                break
    scan.pause("to look at it")
    scan.wait_state(ScanState.PAUSED)
    with pytest.raises(ScanStateError, match="still runs"):
        goto_cen()
    assert cen() == pytest.approx(0, abs=0.01)
    scan.abort()
    running.join()
    assert len(scan.get_data()["robz"]) < 401
    assert cen() == pytest.approx(0, abs=0.01)
    goto_cen()
    assert robz.position == pytest.approx(0, abs=0.01)


def test_spoiled_points_are_left_out():
    data = {"axis:robz": np.arange(4.0), "ct": np.ones(5), "timer:flags": np.array([0, 1, 2])}
    assert (SUSPENDED, RETAKEN) == (1, 2)
    assert choosing._good(data, ["axis:robz", "ct"]).tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("goto", "place"),
    [
        (goto_cen, 0),
        (goto_com, 0),
        (goto_peak, 0),
        (lambda: goto_custom(lambda x, y: x[3]), -3.75),
    ],
)
def test_going_there_says_first_from_where_to_where(demo, scanned, capsys, goto, place):
    goto()
    assert demo["robz"].position == pytest.approx(place, abs=0.01)
    said = capsys.readouterr().out
    start = r"moving robz from 5\.0000 to (-?\d\.\d{4}) mm, the .* of sim_ct_gauss over robz in "
    assert float(re.match(start, said)[1]) == pytest.approx(place, abs=0.01)


def test_going_to_the_minimum(demo):
    dip = scans.ascan(demo["robz"], -4, 4, 32, 0, demo["sim_ct_gauss"])
    with pytest.raises(NoPeakError, match="goto_min of"):
        goto_min(scan=dip)
    goto_custom(lambda x, y: float(scans.peaks.trough(x, -y)))
    assert demo["robz"].position == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("answer", [None, "text", np.nan, [1, 2]])
def test_a_function_has_to_give_a_position(scanned, answer):
    with pytest.raises(ArgumentError, match=r"the function gave .*: expected a position"):
        goto_custom(lambda x, y: answer)


def test_nothing_moves_beyond_a_limit(demo, scanned):
    demo["robz"].limits = (1, 20)
    with pytest.raises(LimitError, match="robz"):
        goto_cen()
    assert demo["robz"].position == 5


def test_an_axis_of_a_scan_that_runs_stays_with_it(demo, scanned):
    other = scans.ascan(demo["robz"], 0, 1, 1, 100, demo["diode1"], run=False)
    running = other.start()
    other.wait_state(ScanState.STARTING)
    with pytest.raises(ScanStateError, match=r"goto_cen: robz is moved by .*ascan, which runs"):
        goto_cen(scan=scanned)
    other.abort()
    running.join()


def test_an_interrupt_returns_the_axis(demo, session, scanned):
    robz = demo["robz"]
    robz.velocity = 2
    problem = []

    def interrupted():
        try:
            session.interrupts.run_command(goto_cen)
        except KeyboardInterrupt as error:
            problem.append(error)

    going = gevent.spawn(interrupted)
    while robz.position > 4.9:
        gevent.sleep(0.001)
    session.interrupts.arrive()
    going.get(timeout=10)
    assert robz.position == pytest.approx(5)
    assert problem[0].__notes__ == ["returned robz to 5 mm"]


def test_a_second_interrupt_leaves_the_return_out(demo, session, scanned):
    robz = demo["robz"]
    robz.velocity = 2
    going = gevent.spawn(session.interrupts.run_command, goto_cen)
    while robz.position > 4.5:
        gevent.sleep(0.001)
    session.interrupts.arrive()
    while robz.position < 4.5:
        gevent.sleep(0.001)
    session.interrupts.arrive()
    with pytest.raises(KeyboardInterrupt) as caught:
        going.get(timeout=10)
    assert not robz.is_moving
    assert 4.5 < robz.position < 5
    assert any("returning robz to 5 mm was interrupted" in note for note in caught.value.__notes__)


def test_where_says_how_far_the_peak_is(demo, scanned, capsys):
    demo["robz"].move(-1.25)
    where()
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("sim_ct_gauss over robz in ")
    assert said[1] == "  robz is at -1.2500 mm"
    assert any(re.match(r" +1\.2500 mm below its maximum, -?0\.0000 mm", line) for line in said)
    assert not any("minimum" in line for line in said)
    noise = iter([50.3, 49.1, 50.9, 50.2, 48.8, 50.6, 49.4, 51.2, 49.7, 50.1, 49.0])
    scans.ascan(demo["robz"], -1, 1, 10, 0, SoftCounter(lambda: next(noise), name="dark"))
    where()
    assert "  no peak: where of dark over robz in" in capsys.readouterr().out
