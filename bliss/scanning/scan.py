"""A scan: made, perhaps hooked, run once, looked at afterwards.

```python
from bliss.scanning import scan

class StopAbove(scan.WatchdogCallback):
    def on_scan_data(self, data_events, nodes, scan_info):
        ...
        raise StopIteration
```
"""

import logging
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import gevent
import gevent.event

from bliss.common import clock
from bliss.common.ending import Ending, Step, first_of
from bliss.common.errors import ScanError, ScanStateError
from bliss.data.node import ChannelNode, DataNode
from bliss.scanning._clocking import Clocking, room_for
from bliss.scanning._conclusion import Conclusion, ScanAborted
from bliss.scanning._hooks import Hooks
from bliss.scanning._metadata import describe_chain, describe_start
from bliss.scanning._pausing import Pausing
from bliss.scanning._positioners import read_positions
from bliss.scanning._recorder import Recorder
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.data import ScanData, read_points
from bliss.scanning.presets import ChainIterationPreset, ChainPreset, ScanPreset
from bliss.scanning.session import Session, current_session
from bliss.scanning.states import Outcome, ScanState, check_next
from bliss.scanning.timing import Estimate
from bliss.scanning.watchdog import WatchdogCallback

_log = logging.getLogger(__name__)

_RUNNING = (ScanState.PREPARING, ScanState.STARTING, ScanState.PAUSED)

__all__ = [
    "ChainIterationPreset",
    "ChainPreset",
    "Scan",
    "ScanAborted",
    "ScanPreset",
    "ScanState",
    "WatchdogCallback",
]


class _Background(gevent.Greenlet):  # type: ignore[misc]  # gevent has no hints
    """Runs a scan beside the prompt, which shows it when it is begun."""

    what = ""

    def __repr__(self) -> str:
        return f"<{self.what}, in the background>"


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

    node_type = "scan"

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
        self.consumers: tuple[str, ...] = ()  #: that it requires; known once it runs
        self.is_background = False  #: whether it runs beside what is typed; known once it runs
        self._kind = name
        self._session = session or current_session()
        self._state = ScanState.IDLE
        self._changed = gevent.event.Event()
        self._hooks = Hooks(self, chain)
        self._pausing = Pausing(self._on_pause, self._tell_of_wait)
        self._clocking = Clocking(chain)
        self._recorder: Recorder | None = None
        self._runner: Any = None
        self._error: BaseException | None = None  #: that ended it in the background
        self._own_info = scan_info or {}
        self.scan_info: dict[str, Any] = {
            **self._session.describe(),
            "type": name,
            "title": title or name,
            "save": save,
            "filename": "",
            "npoints": chain.npoints,
            **self._own_info,
        }
        self._conclusion = Conclusion(chain, self._hooks, self.scan_info, self._session)

    # What can be asked of it

    @property
    def name(self) -> str:
        """Name of its node, `"1_ascan"`, `"_1_ascan"` if not saved; before it runs its kind."""
        if self.number is None:
            return self._kind
        return f"{'' if self.save else '_'}{self.number}_{self._kind}"

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None before it has."""
        return self._conclusion.outcome

    @property
    def reason(self) -> str:
        """Why it ended; empty only when it is complete."""
        return self._conclusion.reason

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
        return self._recorded().node

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

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the end of a scan that runs in the background, as `start()` makes it.

        Raises:
            ScanStateError: If it has not ended within `timeout` seconds.
            Exception: What ended it; a ScanError that says what, if it was not begun by `start()`.
        """
        self.wait_state(ScanState.DONE, timeout=timeout)
        if self._error:
            raise self._error
        if self.outcome is Outcome.FAILED:
            raise ScanError(f"{self.name}: {self.reason}")

    def get_data(self) -> ScanData:
        """All its points, read from the data server: full channel name to array.

        Short names work where they are unambiguous: `s.get_data()["robz"]`.  Where points were
        trimmed to make room, it is what is left of all channels, and a warning says of what.

        Raises:
            ScanStateError: If it has not run.
            DataError: If the data has expired.
        """
        nodes = self._recorded().channel_nodes().values()
        return read_points(
            self.name, {node.name: node for node in nodes if isinstance(node, ChannelNode)}
        )

    def _recorded(self) -> Recorder:
        if self._recorder is None:
            raise ScanStateError(f"{self.name}: it has no data yet, as it has not run; see run()")
        return self._recorder

    # What can be attached before it runs

    def add_preset(self, preset: ScanPreset | ChainPreset) -> None:
        """Have `preset` called around the scan; a `ChainPreset` around its chain."""
        self._check_idle("a preset")
        self._hooks.add_preset(preset)

    def set_watchdog_callback(self, callback: WatchdogCallback) -> None:
        """Have `callback` watch the scan; it may end it."""
        self._check_idle("a watchdog")
        self._hooks.set_watchdog(callback, self._want_end, self._throw)

    def add_step_at_end(self, step: Step) -> None:
        """Have `step` run when every device has stopped."""
        self._check_idle("a step at the end")
        self._hooks.add_step(step)

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
            ScanError: If another scan moves one of its axes; it may be run later.
            LimitError: If an axis cannot reach one of its positions; it may be run later.
            KeyboardInterrupt: If it was interrupted.
            Exception: What a device, a preset or the watchdog raised.
        """
        interrupts = self._session.interrupts
        with interrupts.shielded():
            self._enter()
            self._leave(interrupts.attempt(self._acquire))

    def start(self) -> gevent.Greenlet:
        """Run it in the background, while the prompt takes other commands.

        Ctrl-C does not reach it: `stop()` and `abort()` end it, `wait()` waits for it.  How it
        ended is told when it has, and raised by `wait()`.

        Returns:
            The greenlet that runs it.

        Raises:
            ScanError: As `run()` does, if it cannot run now.
        """
        self._admit()
        task = _Background(self._run_quietly)
        task.what = self.scan_info["title"]
        task.start()
        task.link(lambda _: self._session.release(self))  # also if it was killed before it began
        return task

    def _run_quietly(self) -> None:
        try:
            self.run()
        except BaseException as error:  # noqa: BLE001 - told by the listeners, and by `wait`
            self._error = error

    def stop(self) -> None:
        """End it after the point in hand, and keep its data; harmless when it has ended."""
        self._want_end("stop() was called")

    def abort(self, reason: str = "abort() was called") -> None:
        """End it at once, and keep its data; harmless when it has ended."""
        self._throw(ScanAborted(reason))

    def pause(self, reason: str = "pause() was called") -> None:
        """Have it wait before its next point, until `resume()`; harmless when it has ended.

        Args:
            reason: Shown, and in the scan's metadata.
        """
        self._pausing.gate.shut("pause", reason, spoils=False)

    def resume(self) -> None:
        """Let it go on, unless something else, such as a suspender, keeps it waiting."""
        self._pausing.gate.open("pause")

    @property
    def pauses(self) -> list[str]:
        """Why it pauses or is about to: `["beam: 3 mA is below 10"]`."""
        return [pause.reason for pause in self._pausing.gate.pauses]

    @property
    def paused_time(self) -> float:
        """Seconds that it has paused in all, up to its last point."""
        return self._pausing.gate.paused_time

    @property
    def waits(self) -> str:
        """For whom it waits to take its data: `"waiting for writer, 12 s"`; else empty."""
        return self._recorder.waits if self._recorder else ""

    def estimate(self) -> Estimate:
        """How long it should take, by its devices and by the dead time of earlier scans like it.

        Raises:
            DeviceError: If an axis does not answer.
        """
        return self._clocking.estimate(self._session)

    def check(self) -> Estimate:
        """Look whether it could run now, and how long it would take; nothing moves or counts.

        Raises:
            LimitError: If an axis, or a real one behind it, cannot reach one of its positions.
            DeviceError: If a device does not answer.
        """
        self.chain.check()
        self.chain.ask()
        estimate = self.estimate()
        warnings = list(room_for(self.chain, self._session))
        for listener in self._session.listeners:
            listener.on_scan_checked(self, estimate, warnings)
        return estimate

    def _admit(self) -> None:
        """Look whether it can run: from here on nobody else may move its axes."""
        check_next(self.name, self._state, ScanState.PREPARING)
        if self in self._session.running:
            return
        self._session.admit(self)
        try:
            self.chain.check()
        except BaseException:
            self._session.release(self)
            raise

    def _enter(self) -> None:
        """Begin its life, on the greenlet that `_leave`s it; in a `shielded` block."""
        refusal = self._session.interrupts.attempt(self._admit)
        if refusal:
            if self._state is ScanState.IDLE:
                self._session.release(self)
            raise refusal
        self._go(ScanState.PREPARING)
        self._runner = gevent.getcurrent()
        self.is_background = self._session.interrupts.is_beside_the_command()
        self._session.scans.append(self)
        if self._session.pause_reason:
            self.pause(self._session.pause_reason)

    def _leave(self, error: BaseException | None) -> None:
        """End its life, and raise what went wrong: `error`, or in the end itself."""
        self._go(ScanState.STOPPING)
        errors = [error] if error else []
        self._session.interrupts.finish(Ending(self._end_phases(errors), errors))
        self._session.release(self)
        error = first_of(errors)
        self._go(ScanState.DONE)
        if error and not isinstance(error, ScanAborted):
            raise error

    def _acquire(self) -> None:
        self._prepare()
        self._clocking.begin(self._pausing.gate)
        if not self._conclusion.is_wanted():
            self.chain.run(self._conclusion.is_wanted, self._pausing.gate)
        self._clocking.end()

    def _prepare(self) -> None:
        recorder = self._begin()
        self._hooks.prepare()
        self.chain.prepare()
        self._hooks.announce()
        recorder.start(self._on_published, self._throw, self._tell_of_wait)
        # not before: what a watchdog raises would come up in the middle of a connection made
        with self._session.interrupts.shielded():  # one that is not noted would run for ever
            self._hooks.begin_watching(recorder)
        self._hooks.start()
        self._go(ScanState.STARTING)
        self.chain.start()
        self._pausing.begin(self._session)

    def _begin(self) -> Recorder:
        """Make the scan known to others."""
        positioners = read_positions(self._session.axes, "start")
        self.number = self._session.next_scan_number(saved=self.save)
        # it is ours to end before it is there: creating it may be interrupted
        if self.save:
            self.consumers = tuple(self._session.beacon.consumers(self._session.name))
        if self._session.suspenders:
            self.chain.expect_retakes()
        if self._session.suspenders or self.chain.has_schedule:
            self.chain.add_flags()
        recorder = Recorder(
            self._session, self.name, self.chain, self.consumers, node_type=self.node_type
        )
        self._recorder = recorder
        self.scan_info |= {
            **self.chain.describe(),
            **self._own_info,
            "name": self.name,
            "consumers": list(self.consumers),
            "node_name": recorder.db_name,
            "scan_nb": self.number,
            "acquisition_chain": describe_chain(self.chain),
            "positioners": positioners,
            **self._clocking.describe(self._session),
            **describe_start(time.time()),
        }
        recorder.create(self.scan_info, self._tell_of_wait)
        with self._session.interrupts.shielded():  # who hears of the scan hears of its end
            for listener in self._session.listeners:
                listener.on_scan_new(self)
        return recorder

    def _on_published(self, counts: dict[AcquisitionChannel, int]) -> None:
        if self._hooks.watch:
            self._hooks.watch.published(counts)

    def _tell_of_wait(self, sentence: str) -> None:
        for listener in self._session.listeners:
            listener.on_scan_waiting(self, sentence)

    def _want_end(self, reason: str) -> None:
        if self._state in _RUNNING:
            self._conclusion.want(Outcome.STOPPED, reason)
            self._pausing.gate.release()

    def _throw(self, error: BaseException) -> None:
        """Raise `error` in the greenlet that runs the scan, unless that cleans up already."""
        error.device = None  # type: ignore[attr-defined]  # it is of none, wherever it comes up
        gevent.get_hub().loop.run_callback(self._deliver, error)

    def _deliver(self, error: BaseException) -> None:
        # on the hub, so that the scan cannot change its state in between
        if self._state in _RUNNING and not self._runner.dead:
            if self._hooks.watch:
                self._hooks.watch.raised(error)
            self._runner.throw(error)

    def _end_phases(self, errors: list[BaseException]) -> Iterator[list[Step]]:
        """All that has to happen at the end; `errors` is what went wrong up to then."""
        yield [Step("ending the suspenders", self._pausing.end)]
        yield from self._conclusion.phases(errors, self._recorder, self._account)
        yield [Step("learning from it", partial(self._learn, errors))]
        for listener in self._session.listeners:
            yield [Step("telling of the end", partial(listener.on_scan_end, self))]

    def _account(self) -> dict[str, Any]:
        """What its metadata says of its course."""
        return {
            "pauses": self._pausing.history,
            "timing": self._clocking.account(),
            "state": ScanState.DONE.value,
        }

    def _learn(self, errors: list[BaseException]) -> None:
        if not errors and self.outcome is Outcome.COMPLETE:
            self._clocking.learn(self._session, self.scan_info["timing"])

    def _on_pause(self, is_paused: bool) -> None:
        """It begins to wait at its gate, or goes on."""
        state = ScanState.PAUSED if is_paused else ScanState.STARTING
        if self._state is not ScanState.STOPPING:
            self._go(state)
        if self._recorder:
            self._recorder.tell({"state": state.value, "pauses": self._pausing.history})

    def _go(self, state: ScanState) -> None:
        check_next(self.name, self._state, state)
        _log.debug("%s: %s -> %s", self.name, self._state.value, state.value)
        self._state = state
        self._changed.set()
