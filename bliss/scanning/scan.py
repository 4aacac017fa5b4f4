"""A scan: made, perhaps hooked, run once, looked at afterwards.

```python
from bliss.scanning import scan

class StopAbove(scan.WatchdogCallback):
    def on_scan_data(self, data_events, nodes, scan_info):
        ...
        raise StopIteration
```
"""

import contextlib
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import gevent
import gevent.event

from bliss.common import clock
from bliss.common.ending import Ending, Step, StepSkippedError, first_of, in_words
from bliss.common.errors import ScanError, ScanStateError
from bliss.data.node import ChannelNode, DataNode
from bliss.scanning._metadata import describe_chain, describe_start
from bliss.scanning._positioners import read_positions
from bliss.scanning._recorder import Recorder
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.data import ScanData, read_points
from bliss.scanning.presets import ScanPreset
from bliss.scanning.session import Session, current_session
from bliss.scanning.states import Outcome, ScanState, check_next
from bliss.scanning.watchdog import WatchdogCallback, Watcher

_RUNNING = (ScanState.PREPARING, ScanState.STARTING, ScanState.PAUSED)

__all__ = ["Scan", "ScanAborted", "ScanPreset", "ScanState", "WatchdogCallback"]


class ScanAborted(BaseException):
    """Thrown into the greenlet that runs a scan by `Scan.abort`."""


class Scan:
    """One scan.

    Nothing happens until `run()`; until then it can be hooked.  Its data is never here: it goes
    to the data server point by point, and `get_data()` reads it back.

    Args:
        chain: The devices, and how many points.
        name: Of its kind, `"ascan"`; the node's name begins with its number.
        title: How it was called, `"ascan robz -5 5 500 0.001"`.
        save: Whether a writer is to store it.
        scan_info: Metadata of the user's own.
        session: Where it runs; the current one by default.
    """

    def __init__(
        self,
        chain: AcquisitionChain,
        *,
        name: str,
        title: str | None = None,
        save: bool = True,
        scan_info: dict[str, Any] | None = None,
        session: Session | None = None,
    ) -> None:
        self.chain = chain
        self.save = save
        self.number: int | None = None  #: known once it runs
        self.outcome: Outcome | None = None  #: known once it has ended
        self.reason = ""  #: why it ended; empty only when complete
        self.consumers: tuple[str, ...] = ()  #: that it requires; known once it runs
        self._kind = name
        self._session = session or current_session()
        self._state = ScanState.IDLE
        self._changed = gevent.event.Event()
        self._presets: list[ScanPreset] = []
        self._prepared: list[ScanPreset] = []
        self._at_end: list[Step] = []
        self._callback: WatchdogCallback | None = None
        self._watcher: Watcher | None = None
        self._recorder: Recorder | None = None
        self._runner: Any = None
        self._late_error: BaseException | None = None  #: of the watchdog, after the last point
        self._wanted_end: tuple[Outcome, str] | None = None
        self.scan_info: dict[str, Any] = {
            **self._session.describe(),
            "type": name,
            "title": title or name,
            "save": save,
            "filename": "",
            "npoints": chain.npoints,
            **(scan_info or {}),
        }

    # What can be asked of it

    @property
    def name(self) -> str:
        """Name of its node, `"1_ascan"`, `"_1_ascan"` if not saved; before it runs its kind."""
        if self.number is None:
            return self._kind
        return f"{'' if self.save else '_'}{self.number}_{self._kind}"

    @property
    def state(self) -> ScanState:
        """Where it is in its life."""
        return self._state

    @property
    def node(self) -> DataNode:
        """Its data node.

        Raises:
            ScanStateError: If it has not run.
        """
        if self._recorder is None:
            raise ScanStateError(f"{self.name}: it has no data yet, as it has not run; see run()")
        return self._recorder.node

    @property
    def is_published(self) -> bool:
        """Whether the data server has all of it, its END too."""
        return self._recorder is not None and self._recorder.is_published

    def __repr__(self) -> str:
        how = self.outcome.value if self.outcome else self._state.value
        why = f" ({self.reason})" if self.reason else ""
        return f"<{self.name}: {self.scan_info['title']}, {how}{why}>"

    def wait_state(self, *states: ScanState, timeout: float | None = None) -> ScanState:
        """Wait until it is in one of `states`, and give back which.

        Raises:
            ScanStateError: If that cannot happen any more, or has not within `timeout` seconds.
        """
        deadline = None if timeout is None else clock.now() + timeout
        while self._state not in states:
            left = None if deadline is None else deadline - clock.now()
            if self._state is ScanState.DONE or (left is not None and left <= 0):
                names = " or ".join(state.value for state in states)
                raise ScanStateError(f"{self.name}: is {self._state.value}, not {names}")
            self._changed.clear()
            self._changed.wait(left)
        return self._state

    def get_data(self) -> ScanData:
        """All its points, read from the data server: full channel name to array.

        Short names work where they are unambiguous: `s.get_data()["robz"]`.  Where points were
        trimmed to make room, it is what is left of all channels, and a warning says of what.

        Raises:
            ScanStateError: If it has not run.
            DataError: If the data has expired.
        """
        if self._recorder is None:
            raise ScanStateError(f"{self.name}: it has no data yet, as it has not run; see run()")
        nodes = self._recorder.channel_nodes().items()
        return read_points(
            self.name, {c.name: node for c, node in nodes if isinstance(node, ChannelNode)}
        )

    # What can be attached before it runs

    def add_preset(self, preset: ScanPreset) -> None:
        """Have `preset` called around the scan."""
        self._check_idle("a preset")
        self._presets.append(preset)

    def set_watchdog_callback(self, callback: WatchdogCallback) -> None:
        """Have `callback` watch the scan; it may end it."""
        self._check_idle("a watchdog")
        if not isinstance(callback, WatchdogCallback):
            raise ScanError(
                f"{self.name}: {callback!r:.60} cannot watch a scan: expected an instance of a "
                "class derived from bliss.scanning.scan.WatchdogCallback"
            )
        self._callback = callback

    def add_step_at_end(self, step: Step) -> None:
        """Have `step` run when every device has stopped."""
        self._check_idle("a step at the end")
        self._at_end.append(step)

    def _check_idle(self, what: str) -> None:
        if self._state is not ScanState.IDLE:
            raise ScanStateError(
                f"{self.name}: {what} has to be attached before run(); it is {self._state.value}"
            )

    # Running and ending it

    def run(self) -> None:
        """Run it to its end; whatever ends it, every device stands still afterwards.

        Raises:
            ScanStateError: If it has been run before.
            KeyboardInterrupt: If it was interrupted.
            Exception: What a device, a preset or the watchdog raised.
        """
        interrupts = self._session.interrupts
        with interrupts.shielded():
            self._go(ScanState.PREPARING)
            self._runner = gevent.getcurrent()
            self._session.scans.append(self)
            error = interrupts.attempt(self._acquire)
            self._go(ScanState.STOPPING)
            errors = [error] if error else []
            interrupts.finish(Ending(self._end_phases(errors), errors))
            self._go(ScanState.DONE)
            error = first_of(errors)
            if error and not isinstance(error, ScanAborted):
                raise error

    def stop(self) -> None:
        """End it after the point in hand, and keep its data; harmless when it has ended."""
        self._want_end(Outcome.STOPPED, "stop() was called")

    def abort(self) -> None:
        """End it at once, and keep its data; harmless when it has ended."""
        self._throw(ScanAborted("abort() was called"))

    def _acquire(self) -> None:
        recorder = self._begin()
        for preset in self._presets:
            self._prepared.append(preset)
            preset.prepare(self)
        self.chain.prepare()
        if self._callback:
            self._start_watching(self._callback, recorder)
        recorder.start(self._on_published, self._throw, self._tell_of_wait)
        for preset in self._presets:
            preset.start(self)
        self._go(ScanState.STARTING)
        self.chain.start()
        if not self._is_over():
            self.chain.run(self._is_over)

    def _start_watching(self, callback: WatchdogCallback, recorder: Recorder) -> None:
        try:
            callback.on_scan_new(self, self.scan_info)
        except StopIteration as error:
            self._end_by_watchdog(error)
        nodes = recorder.channel_nodes()
        with self._session.interrupts.shielded():  # one that is not noted would run for ever
            self._watcher = Watcher(callback, nodes, self.scan_info, self._end_by_watchdog)

    def _begin(self) -> Recorder:
        """Make the scan known to others."""
        positioners = read_positions(self._session.axes, "start")
        self.number = self._session.next_scan_number(saved=self.save)
        # it is ours to end before it is there: creating it may be interrupted
        if self.save:
            self.consumers = tuple(self._session.beacon.consumers(self._session.name))
        recorder = Recorder(self._session, self.name, self.chain, self.consumers)
        self._recorder = recorder
        self.scan_info |= {
            "name": self.name,
            "consumers": list(self.consumers),
            "node_name": recorder.db_name,
            "scan_nb": self.number,
            "acquisition_chain": describe_chain(self.chain),
            "positioners": positioners,
            **describe_start(time.time()),
        }
        recorder.create(self.scan_info, self._tell_of_wait)
        with self._session.interrupts.shielded():  # who hears of the scan hears of its end
            for listener in self._session.listeners:
                listener.on_scan_new(self)
        return recorder

    def _on_published(self, counts: dict[AcquisitionChannel, int]) -> None:
        if self._watcher:
            self._watcher.published(counts)

    def _tell_of_wait(self, sentence: str) -> None:
        for listener in self._session.listeners:
            listener.on_scan_waiting(self, sentence)

    def _is_over(self) -> bool:
        return self._wanted_end is not None

    def _want_end(self, outcome: Outcome, reason: str) -> None:
        if self._wanted_end is None and self._state in _RUNNING:
            self._wanted_end = (outcome, reason)

    def _end_by_watchdog(self, error: BaseException) -> None:
        if isinstance(error, StopIteration):
            reason = str(error) or f"{type(self._callback).__name__} had seen enough"
            self._want_end(Outcome.STOPPED, reason)
        else:
            self._late_error = error  # unless it is raised in the scan before that ends
            self._throw(error)

    def _throw(self, error: BaseException) -> None:
        """Raise `error` in the greenlet that runs the scan, unless that cleans up already."""
        error.device = None  # type: ignore[attr-defined]  # it is of none, wherever it comes up
        gevent.get_hub().loop.run_callback(self._deliver, error)

    def _deliver(self, error: BaseException) -> None:
        # on the hub, so that the scan cannot change its state in between
        if self._state in _RUNNING:
            if error is self._late_error:
                self._late_error = None
            self._runner.throw(error)

    def _end_phases(self, errors: list[BaseException]) -> Iterator[list[Step]]:
        """All that has to happen at the end; `errors` is what went wrong up to then."""
        yield self.chain.stop_steps()
        for preset in reversed(self._prepared):
            yield [Step(f"stopping {type(preset).__name__}", partial(preset.stop, self))]
        for step in reversed(self._at_end):
            yield [step]
        hurried = partial(self._is_hurried, errors)
        if self._recorder:
            yield [
                Step("publishing the last points", partial(self._recorder.flush, hurried)),
                Step("reading the positions", self._read_end_positions),
            ]
        if self._watcher:
            yield [Step("ending the watchdog", self._end_watching)]
        yield [Step("publishing the end", partial(self._publish_end, errors))]
        if self._callback:
            yield [Step("calling on_scan_end", partial(self._tell_of_end, self._callback))]
        for listener in self._session.listeners:
            yield [Step("telling of the end", partial(listener.on_scan_end, self))]

    def _read_end_positions(self) -> None:
        positions = read_positions(self._session.axes, "end")
        self.scan_info["positioners"] = self.scan_info.get("positioners", {}) | positions

    def _end_watching(self) -> None:
        assert self._watcher is not None  # noqa: S101 - only then is this a step
        self._watcher.close()
        if self._late_error:
            raise self._late_error

    def _tell_of_end(self, callback: WatchdogCallback) -> None:
        with contextlib.suppress(StopIteration):  # the scan has ended
            callback.on_scan_end(self.scan_info)

    def _publish_end(self, errors: list[BaseException]) -> None:
        self.outcome, self.reason = self._judge(errors[0] if errors else None)
        known = {
            "end_timestamp": time.time(),
            "outcome": self.outcome.value,
            "reason": self.reason,
            "positioners": self.scan_info.get("positioners", {}),
        }
        self.scan_info |= known
        if self._recorder:
            hurried = partial(self._is_hurried, errors)
            self._recorder.end(self.outcome.value, self.reason, known, hurried)

    def _is_hurried(self, errors: list[BaseException]) -> bool:
        """Whether somebody waits for the prompt rather than for the data server."""
        was_aborted = bool(errors) and isinstance(errors[0], KeyboardInterrupt | ScanAborted)
        return was_aborted or self._session.interrupts.is_kept

    def _judge(self, error: BaseException | None) -> tuple[Outcome, str]:
        """How it ended, and why."""
        if isinstance(error, KeyboardInterrupt):
            return Outcome.ABORTED, "interrupted by Ctrl-C"
        if isinstance(error, ScanAborted | StepSkippedError):
            return Outcome.ABORTED, str(error)
        if error:
            return Outcome.FAILED, _blaming(error)
        return self._wanted_end or (Outcome.COMPLETE, "")

    def _go(self, state: ScanState) -> None:
        check_next(self.name, self._state, state)
        self._state = state
        self._changed.set()


def _blaming(error: BaseException) -> str:
    """What went wrong, with the device it went wrong in."""
    words, device = in_words(error), getattr(error, "device", None)
    return words if device is None or device in words else f"{device}: {words}"
