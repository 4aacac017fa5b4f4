"""How long a scan should take and took, and whether there is room for its data."""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from bliss.common import clock
from bliss.common.errors import BlissError
from bliss.config.settings import HashSetting
from bliss.data.encoding import STRING
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.acquisition.timer import TimerMaster
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.gate import Gate
from bliss.scanning.session import Session
from bliss.scanning.timing import DeadTimes, Estimate, Plan, account


class Clocking:
    """Takes the time of one scan.

    Args:
        chain: What it does.
    """

    def __init__(self, chain: AcquisitionChain) -> None:
        self._chain = chain
        self._gate: Gate | None = None
        self._plan: Plan | None = None
        self._estimate: Estimate | None = None
        self._start: float | None = None
        self._began: float | None = None
        self._ended: float | None = None

    def estimate(self, session: Session) -> Estimate:
        """How long it should take from now on."""
        self._plan = self._chain.plan()
        return _memory(session).estimate(self._kind(), self._plan)

    def describe(self, session: Session) -> dict[str, Any]:
        """The scan starts: the estimate as metadata, nothing where it cannot be made.

        No scan fails for want of it.

        Returns:
            `{"estimate": {"seconds": …, "error": …, "motion": …, "counting": …}}`
        """
        self._start = clock.now()
        with suppress(BlissError):
            self._estimate = self.estimate(session)
            plan = self._estimate.plan
            return {
                "estimate": {
                    "seconds": self._estimate.seconds if plan.npoints else None,
                    "error": self._estimate.error,
                    "motion": plan.motion,
                    "counting": plan.counting,
                    "text": str(self._estimate),
                }
            }
        return {}

    def begin(self, gate: Gate) -> None:
        """The first point follows."""
        self._gate, self._began = gate, clock.now()

    def end(self) -> None:
        """The last point is taken."""
        self._ended = clock.now()

    def account(self) -> dict[str, Any]:
        """The scan ends: where the time went, as metadata; empty if it took no point."""
        if self._start is None or self._began is None or self._plan is None or self._gate is None:
            return {}
        total, taken = clock.now() - self._start, self._taken()
        plan = self._plan if self._plan.npoints else self._chain.plan(taken)
        return account(plan, taken, total, self._gate.paused_time, self._spent(total))

    def learn(self, session: Session, timing: Mapping[str, Any]) -> None:
        """Remember the dead time for the estimates of scans to come.

        Args:
            session: That has the memory.
            timing: The scan's `account`.
        """
        if timing and not timing["paused"] and self._plan and self._plan.npoints:
            ends = timing["dead_in"]["ends"]
            with suppress(BlissError):
                _memory(session).learn(
                    self._kind(), timing["dead"] - ends, ends, self._plan.npoints
                )

    def _kind(self) -> str:
        """Scans of the same devices that go the same way take alike."""
        tops = {type(top.master).__name__ for top in self._chain.tops}
        return " ".join(sorted(tops | {channel.name for channel in self._channels()}))

    def _channels(self) -> Iterator[Any]:
        return (channel for device in self._chain.devices for channel in device.channels)

    def _taken(self) -> int:
        plan = self._plan
        counts = [d.points_taken for d in self._chain.devices if isinstance(d, TimerMaster)]
        most = max(counts, default=plan.npoints if plan else 0)
        return min(most, plan.npoints) if plan and plan.npoints else most

    def _spent(self, total: float) -> dict[str, float]:
        devices = self._chain.devices
        steps = [device for device in devices if isinstance(device, StepMaster)]
        returning = max((step.returning_time for step in steps), default=0.0)
        taking = (self._ended or clock.now()) - (self._began or 0.0)
        return {
            "axes": sum(step.moving_time for step in steps) + returning,
            "counters": sum(d.counting_time for d in devices if isinstance(d, TimerMaster)),
            "ends": max(0.0, total - taking - returning),
        }


def _memory(session: Session) -> DeadTimes:
    return DeadTimes(HashSetting(f"{session.name}:dead_times", beacon=session.beacon))


def room_for(chain: AcquisitionChain, session: Session) -> Iterator[str]:
    """What is to be said if the data does not fit into the data server."""
    needed = _bytes_of(chain)
    memory: Mapping[str, Any] = {}
    with suppress(BlissError):
        memory = session.beacon.status().get("servers", {}).get("data", {}).get("memory") or {}
    most = memory.get("max", 0)
    if most and needed > most:
        yield (
            f"its data, {needed / 1e9:.2g} GB, does not fit into the data server, "
            f"{most / 1e9:.2g} GB: its first points are gone before the last are taken, unless a "
            "writer stores them"
        )


def _bytes_of(chain: AcquisitionChain) -> int:
    npoints = max((top.npoints for top in chain.tops), default=0)
    kinds = [channel.kind for device in chain.devices for channel in device.channels]
    sizes = (
        math.prod(abs(length) for length in kind.shape) * np.dtype(kind.dtype).itemsize
        for kind in kinds
        if kind.dtype != STRING
    )
    return npoints * sum(sizes)
