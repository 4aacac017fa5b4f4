"""Chains of devices that only note what is called: no session, no server."""

import gevent
import pytest

from bliss.common.ending import Ending
from bliss.common.errors import ScanError
from bliss.scanning.chain import AcquisitionChain, AcquisitionMaster, AcquisitionSlave
from bliss.scanning.presets import ChainIterationPreset, ChainPreset


def never():
    return False


class Noted:
    """A device that notes its calls in `calls`."""

    def __init__(self, name, calls):
        super().__init__(name)
        self.calls = calls

    def prepare(self):
        self.calls.append(f"{self.name} prepare")

    def start(self):
        self.calls.append(f"{self.name} start")

    def trigger(self):
        self.calls.append(f"{self.name} trigger")

    def wait_ready(self):
        self.calls.append(f"{self.name} ready")

    def stop(self):
        self.calls.append(f"{self.name} stop")


class Master(Noted, AcquisitionMaster):
    pass


class Slave(Noted, AcquisitionSlave):
    pass


class Preset(ChainPreset):
    """Notes its calls, and those around each point; raises where it is told to."""

    def __init__(self, calls, raises_in="", name="preset"):
        self.calls = calls
        self.raises_in = raises_in
        self.name = name

    def note(self, what):
        self.calls.append(f"{self.name} {what}")
        if what == self.raises_in:
            raise OSError(f"no {what}")

    def prepare(self, chain):
        self.note("prepare")

    def start(self, chain):
        self.note("start")

    def before_stop(self, chain):
        self.note("before_stop")

    def stop(self, chain):
        self.note("stop")


class PointPreset(Preset):
    """The same, with presets around points."""

    def get_iterator(self, chain):
        for index in range(2):
            yield Point(self, index)


class Point(ChainIterationPreset):
    def __init__(self, preset, index):
        self.preset = preset
        self.index = index

    def prepare(self):
        self.preset.note(f"point {self.index} prepare")

    def start(self):
        self.preset.note(f"point {self.index} start")

    def stop(self):
        self.preset.note(f"point {self.index} stop")


def run(chain):
    """Run a chain and its end as a scan does; gives the errors."""
    errors = []
    try:
        chain.prepare()
        chain.start()
        chain.run(never)
    except OSError as error:
        errors.append(error)
    return Ending(chain.end_phases(in_time=not errors), errors).run()


def test_a_chain_is_built_master_by_master():
    axis, timer, counter = Master("axis", []), Master("timer", []), Slave("counter", [])
    chain = AcquisitionChain()
    chain.add(timer, counter)
    chain.add(axis, timer)
    assert chain.devices == [axis, timer, counter]
    assert [top.master for top in chain.tops] == [axis]


def test_an_empty_chain_says_what_to_do():
    with pytest.raises(ScanError, match=r"chain\.add\(master, slave\)"):
        _ = AcquisitionChain().npoints


def test_presets_are_called_around_the_devices():
    calls = []
    chain = AcquisitionChain(Master("axis", calls), 1)
    chain.add_preset(Preset(calls))
    assert run(chain) == []
    assert calls == [
        *("preset prepare", "axis prepare", "preset start", "axis start"),
        *("axis trigger", "axis ready", "preset before_stop", "axis stop", "preset stop"),
    ]


def test_presets_of_points_are_called_around_each_until_they_come_to_an_end():
    calls = []
    chain = AcquisitionChain(Master("axis", calls), 3)
    chain.add_preset(PointPreset(calls))
    assert run(chain) == []
    points = [call for call in calls if "point" in call or "trigger" in call or "ready" in call]
    assert points == [
        *("preset point 0 prepare", "preset point 0 start", "axis trigger", "axis ready"),
        *("preset point 0 stop", "preset point 1 prepare", "preset point 1 start", "axis trigger"),
        *("axis ready", "preset point 1 stop", "axis trigger", "axis ready"),
    ]


@pytest.mark.parametrize(
    "where",
    ["prepare", "start", "before_stop", "stop"]
    + [f"point {index} {what}" for index in (0, 1) for what in ("prepare", "start", "stop")],
)
def test_whatever_a_preset_raises_every_stop_is_called_once_and_it_is_named(where):
    calls = []
    chain = AcquisitionChain(Master("axis", calls), 2)
    chain.add_preset(PointPreset(calls, name="outer"))
    chain.add_preset(PointPreset(calls, where, name="inner"))
    (error,) = run(chain)
    assert str(error) == f"no {where}"
    assert "Point" in getattr(error, "device", "") + "".join(getattr(error, "__notes__", ""))
    assert calls.count("axis stop") == 1
    for name in ("outer", "inner"):
        assert calls.count(f"{name} stop") == 1
        for index in (0, 1):
            begun = calls.count(f"{name} point {index} prepare")
            assert calls.count(f"{name} point {index} stop") == begun
    # a preset is stopped when the devices have stopped
    assert calls.index("inner stop") > calls.index("axis stop")


def test_after_an_error_devices_stop_without_waiting_for_before_stop():
    calls = []

    class Slow(Preset):
        def before_stop(self, chain):
            while "axis stop" not in calls:
                gevent.sleep(0)
            calls.append("slow is done")

    class Broken(Master):
        def trigger(self):
            raise OSError("no answer")

    chain = AcquisitionChain(Broken("axis", calls), 1)
    chain.add_preset(Slow(calls))
    with gevent.Timeout(5):
        (error,) = run(chain)
    assert error.device == "axis"
    assert calls.index("slow is done") < calls.index("preset stop")


def test_only_a_preset_can_be_added_and_only_to_a_master_at_the_top():
    chain = AcquisitionChain(Master("axis", []), 1)
    with pytest.raises(ScanError, match="derived from"):
        chain.add_preset(object())
    with pytest.raises(ScanError, match="not at the top"):
        chain.add_preset(ChainPreset(), Master("other", []))


class Paced(Master):
    """Takes a turn of the loop for each point."""

    def trigger(self):
        super().trigger()
        gevent.sleep(0)


def test_several_masters_take_their_points_each_at_its_own_pace():
    calls = []
    chain = AcquisitionChain(Paced("a", calls), 3)
    chain.add(Paced("b", calls), npoints=5)
    chain.add_preset(PointPreset(calls), chain.tops[1].master)
    assert run(chain) == []
    assert calls.count("a trigger") == calls.count("a ready") == 3
    assert calls.count("b trigger") == calls.count("b ready") == 5
    assert calls.index("b trigger") < calls.index("a trigger", calls.index("b trigger"))
    begun = calls.index("preset point 0 prepare")
    assert "b trigger" in calls[begun : begun + 5]


def test_a_master_without_a_number_of_points_goes_on_as_long_as_the_others():
    calls = []
    chain = AcquisitionChain(Paced("monitor", calls), 0)
    chain.add(Paced("a", calls), npoints=20)
    with gevent.Timeout(5):
        assert run(chain) == []
    assert calls.count("a ready") == 20
    assert calls.count("monitor ready") in (20, 21)


def test_several_masters_without_a_number_go_on_until_they_are_stopped():
    calls = []
    chain = AcquisitionChain(Paced("a", calls), 0)
    chain.add(Paced("b", calls), npoints=0)
    with gevent.Timeout(5):
        chain.run(lambda: len(calls) > 40)
    assert abs(calls.count("a ready") - calls.count("b ready")) <= 1


def test_an_error_of_one_master_ends_the_others():
    calls = []

    class Broken(Paced):
        def trigger(self):
            raise OSError("no answer")

    chain = AcquisitionChain(Paced("a", calls), 0)
    chain.add(Broken("b", calls), npoints=5)
    with gevent.Timeout(5):
        (error,) = run(chain)
    assert (str(error), error.device) == ("no answer", "b")
    count = len(calls)
    gevent.sleep(0.01)
    assert len(calls) == count


def test_what_is_thrown_into_the_scan_ends_all_masters():
    calls = []
    chain = AcquisitionChain(Paced("a", calls), 0)
    chain.add(Paced("b", calls), npoints=0)
    running = gevent.spawn(chain.run, never)
    while len(calls) < 10:
        gevent.sleep(0)
    running.kill()
    gevent.sleep(0.01)
    count = len(calls)
    gevent.sleep(0.01)
    assert len(calls) == count
