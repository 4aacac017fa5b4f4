"""Measurement groups: what a scan counts that names no counters."""

import io

import pytest
from IPython.lib.pretty import pretty

import scans
from bliss.common.errors import ArgumentError, ConfigError, SettingError
from bliss.config.settings import HashSetting
from bliss_shell import counter_commands
from bliss_shell.counter_commands import CounterLists
from bliss_shell.devices import build_devices
from hardware.measurement_group import ACTIVE_MG, MeasurementGroup, MeasurementGroups
from hardware.simulated_counters import SimulatedCounterController
from hardware.simulated_mca import SimulatedMCA
from hardware.soft_counter import SoftCounter


def diodes(name="diodes", *counters):
    entries = [{"name": each, "shape": "constant", "peak": 1} for each in counters or "abc"]
    return SimulatedCounterController(name, {"counters": entries})


@pytest.fixture
def group():
    return MeasurementGroup("mg", [diodes()], stored={})


@pytest.fixture(autouse=True)
def _no_group_is_active():
    yield
    ACTIVE_MG.forget()


# --- what is in it


def test_all_is_enabled_at_first(group):
    assert group.available == group.enabled == ["diodes:a", "diodes:b", "diodes:c"]
    assert group.disabled == []
    assert [counter.name for counter in group.counters] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [("a", "bc"), ("diodes:a", "bc"), ("[ab]", "c"), ("diodes:*", ""), ("*", ""), ("light", "bc")],
)
def test_names_and_patterns_of_names_disable(group, pattern, left):
    group.counters[0].alias = "light"
    group.disable(pattern)
    assert [counter.name for counter in group.counters] == list(left)
    assert len(group.disabled) == 3 - len(left)
    group.enable(pattern)
    assert group.enabled == group.available


def test_counters_and_devices_disable_too(group):
    first = group.counters[0]
    group.disable(first)
    assert group.enabled == ["diodes:b", "diodes:c"]
    group.disable_all()
    group.enable(first.controller)
    assert group.enabled == group.available
    group.disable("a", "b")
    group.enable_all()
    assert group.disabled == []


@pytest.mark.parametrize("choice", ["x", "*gauss*", 3, None])
def test_what_is_none_of_its_counters_changes_nothing(group, choice):
    with pytest.raises(SettingError, match="is none of its counters: diodes:a, diodes:b, diodes:c"):
        group.disable("a", choice)
    assert group.disabled == []


def test_members_come_and_go(group):
    soft = SoftCounter(lambda: 1, name="one")
    group.add(soft, soft)
    assert group.available[-1] == "one:one"
    group.remove(soft)
    assert len(group.available) == 3
    with pytest.raises(SettingError, match="is not in it"):
        group.remove(soft)
    with pytest.raises(SettingError, match="mg: 3 is not a counter"):
        group.add(3)
    with pytest.raises(SettingError, match="cannot be in itself"):
        group.add(group)


def test_a_group_may_be_part_of_another_and_no_counter_counts_twice(group):
    other = MeasurementGroup("other", [group, group.counters[0]], stored={})
    assert other.available == group.available
    group.disable("a")
    assert other.enabled == ["diodes:b", "diodes:c", "diodes:a"]  # it names that one itself


def test_what_is_given_may_be_a_single_counter():
    lamps = diodes("lamps", "one")
    for given in (lamps.counters.one, lamps, lamps.counters):
        assert MeasurementGroup("mg", given, stored={}).available == ["lamps:one"]
    with pytest.raises(SettingError, match="mg: 3 is not a counter"):
        MeasurementGroup("mg", 3, stored={})


def test_a_device_may_have_its_counters_in_any_form():
    class Own:
        name = "own"

    own, (a, b, _) = Own(), diodes().counters
    for counters in ([a, b], (a, b), {"a": a, "b": b}):
        own.counters = counters
        assert MeasurementGroup("mg", own, stored={}).enabled == ["diodes:a", "diodes:b"]


@pytest.mark.parametrize("name", ["a b", "", 3, "a:b"])
def test_what_is_no_name(name):
    with pytest.raises(SettingError, match="is no name of a group"):
        MeasurementGroup(name, [], stored={})


# --- states


def test_each_state_has_its_own_choice(group):
    group.disable("a")
    group.switch_state("fast")
    assert group.enabled == group.available
    group.disable("b", "c")
    group.switch_state("default")
    assert group.disabled == ["diodes:a"]
    group.switch_state("fast")
    assert group.enabled == ["diodes:a"]
    assert group.state_names == ["default", "fast"]
    assert group.active_state_name == "fast"


def test_states_are_removed_but_not_the_one_it_is_in(group):
    group.switch_state("fast")
    with pytest.raises(SettingError, match="mg: is in state 'fast'; switch to another first"):
        group.remove_states("fast")
    group.switch_state("default")
    group.remove_states("fast")
    assert group.state_names == ["default"]
    with pytest.raises(SettingError, match="mg: no state 'fast'; there are default"):
        group.remove_states("fast")
    with pytest.raises(SettingError, match="mg: 3 is no name of a state"):
        group.switch_state(3)


def test_states_are_kept(session):
    HashSetting("measurement_group:kept").clear()
    made = MeasurementGroup("kept", [diodes()])
    made.switch_state("fast")
    made.disable("b")
    again = MeasurementGroup("kept", [diodes()])
    assert again.active_state_name == "fast"
    assert again.disabled == ["diodes:b"]


def test_it_shows_what_is_on(group):
    group.disable("b")
    assert pretty(group).splitlines() == [
        "mg: measurement group, state 'default' of 'default'",
        "  enabled   diodes:a, diodes:c",
        "  disabled  diodes:b",
    ]
    assert pretty([group]) == "[<MeasurementGroup mg>]"


# --- what a scan counts


def counted(scan):
    return [name for name in scan.get_data() if not name.startswith("timer")]


def test_a_scan_takes_groups_devices_and_counters_mixed(session, group):
    mca = SimulatedMCA("mixed_mca", {"channels": 16})
    soft = SoftCounter(lambda: 1, name="one")
    group.disable("b")
    scan = scans.ct(0, group, mca, soft, group.counters[0])
    assert counted(scan) == [
        *("diodes:a", "diodes:c"),
        *(f"mixed_mca:{name}" for name in ("spectrum", "real_time", "live_time", "deadtime")),
        "one:one",
    ]


def test_a_scan_that_names_none_counts_the_active_group(demo, group):
    group.set_active()
    group.disable("b")
    assert counted(scans.ct(0)) == ["diodes:a", "diodes:c"]
    assert counted(scans.ascan(demo["robz"], 0, 1, 1, 0)) == ["axis:robz", "diodes:a", "diodes:c"]
    assert counted(scans.ct(0, ACTIVE_MG, demo["diode1"]))[-1] == "simulated_diodes:diode1"
    ACTIVE_MG.enable_all()
    assert ACTIVE_MG.enabled == group.available


def test_nothing_to_count_is_one_sentence_that_says_what_to_do(session, group):
    with pytest.raises(ArgumentError, match=r"^ct: nothing to count; name counters .*set_active"):
        scans.ct(0)
    group.disable_all()
    with pytest.raises(ArgumentError, match=r"^ct: nothing to count in mg; name counters"):
        scans.ct(0, group)
    with pytest.raises(ArgumentError, match=r"^ct: 3 is not a counter, nor a device or group"):
        scans.ct(0, group, 3)
    with pytest.raises(AttributeError, match="no measurement group is active, so there is no"):
        _ = ACTIVE_MG.enabled


class Kept:
    def __init__(self, value=None):
        self.value = value

    def get(self):
        return self.value

    def set(self, value):
        self.value = value


def test_the_active_group_is_that_of_the_last_session_or_the_first(group):
    other, kept = MeasurementGroup("other", [], stored={}), Kept()
    ACTIVE_MG.restore([group, other], kept)
    assert ACTIVE_MG.group is group
    other.set_active()
    assert (kept.value, ACTIVE_MG.name) == ("other", "other")
    ACTIVE_MG.restore([group, other], kept)
    assert ACTIVE_MG.group is other
    ACTIVE_MG.restore([group], kept)  # it is not there any more
    assert ACTIVE_MG.group is group
    ACTIVE_MG.restore([], Kept())
    assert ACTIVE_MG.group is None
    assert pretty(ACTIVE_MG) == "no measurement group is active"


# --- the configuration


CONFIG = {
    "objects": ["mg"],
    "controllers": [
        {"name": "broken", "class": "no.such.Class", "config": {}},
        {
            "name": "diodes",
            "class": "hardware.simulated_counters.SimulatedCounterController",
            "config": {"counters": [{"name": "a", "shape": "constant", "peak": 1}]},
        },
        {
            "name": "groups",
            "class": "hardware.measurement_group.MeasurementGroups",
            "config": {"groups": [{"name": "mg", "counters": ["$broken", "$a"]}]},
        },
    ],
}


def test_a_counter_that_cannot_be_made_costs_a_group_no_other(session):
    devices, problems = build_devices(CONFIG)
    assert devices["mg"].available == ["diodes:a"]
    assert len(problems) == 1  # that of what is broken


def test_a_group_of_something_else_is_refused():
    with pytest.raises(ConfigError, match=r"groups: groups.mg.counters.0 is 3; a counter or a det"):
        MeasurementGroups("groups", {"groups": [{"name": "mg", "counters": [3]}]})


# --- lists


def test_counters_are_listed_with_all_of_their_devices():
    out = io.StringIO()
    controller = diodes("lamps", "left", "right")
    controller.counters.left.alias = "L"
    lists = CounterLists({"lamps": controller, "left": controller.counters.left, "x": 3}, out)
    lists.lscnt()
    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["counter", "shape", "unit", "controller", "alias"],
        ["left", "0D", "cts", "lamps", "L"],
        ["right", "0D", "cts", "lamps"],
    ]
    with pytest.raises(ArgumentError, match="lscnt: 3 has no counters"):
        lists.lscnt(3)


def test_the_counters_of_one_device_are_listed(session):
    out = io.StringIO()
    CounterLists({}, out).lscnt(SimulatedMCA("listed_mca", {"channels": 16}))
    assert out.getvalue().splitlines()[1].split() == ["spectrum", "16", "cts", "listed_mca"]


def test_groups_are_listed_and_the_active_one_is_marked(group):
    out = io.StringIO()
    other = MeasurementGroup("other", [diodes("lamps")], stored={})
    other.disable("a")
    other.set_active()
    CounterLists({"mg": group, "other": other}, out).lsmg()
    assert [line.split(maxsplit=3) for line in out.getvalue().splitlines()] == [
        ["group", "state", "enabled"],
        ["mg", "default", "3", "of 3: diodes:a, diodes:b, diodes:c"],
        ["other", "*", "default", "2 of 3: lamps:b, lamps:c"],
    ]


def test_names_of_counters_are_whole_in_a_narrow_terminal(group, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    out = io.StringIO()
    out.isatty = lambda: True
    CounterLists({"mg": group}, out).lsmg()
    assert out.getvalue().splitlines()[1:] == [
        "mg       default  3 of 3: diodes:a,",
        "                  diodes:b, diodes:c",
    ]


def test_the_prompt_begins_with_a_group_that_is_active(session, group):
    names = counter_commands.namespace({"mg": group})
    assert names["ACTIVE_MG"].group is group
    assert set(names) >= {"lscnt", "lsmg", "MeasurementGroup", "SoftCounter", "DEFAULT_CHAIN"}
