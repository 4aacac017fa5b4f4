"""Keeps the data server from filling up, and from keeping anything for ever.

It confirms scans and gives them their time to live, deletes those whose time has come, and makes
room before there is none.  `retention` decides; this asks what is there, and does it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from bliss.common.errors import BeaconError, ConfigError
from bliss.data import keys
from bliss.server import retention, survey
from bliss.server.commands import CommandError
from bliss.server.link import Link, Server
from bliss.server.retention import ScanState

LIFETIME = 24 * 3600.0  #: seconds that the data of a confirmed scan is kept
PERIOD = 0.05  #: seconds between looks at the memory
SWEEP = 1.0  #: seconds between looks at what has ended, expired, or was left behind
PAGE = 100  #: scans that are looked at before some are deleted

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What the janitor found and has done since Beacon began, for people."""

    used: int = 0  #: bytes of the data server's memory
    limit: int = 0  #: bytes it may use; 0 for no limit
    confirmed: int = 0  #: scans
    expired: int = 0  #: scans
    deleted: int = 0  #: scans, before their time as memory was needed
    trimmed: int = 0  #: points of scans that run, or are not confirmed
    waits_for: dict[str, int] = field(default_factory=dict)
    """The required consumers for want of whom there is no room, and how many bytes each lacks."""


def janitor_link(server: Server) -> Link:
    """A connection to a data server that has the janitor's functions."""
    library = (Path(__file__).parent / "janitor.lua").read_text("utf-8")
    return Link(server, [("FUNCTION", "LOAD", "REPLACE", library)])


class Janitor:
    """The janitor of one data server.

    Args:
        server: The data server.
        sessions: Gives the names of all sessions.
        lifetime: Seconds that the data of a confirmed scan is kept.
    """

    def __init__(
        self, server: Server, sessions: Callable[[], Iterable[str]], *, lifetime: float = LIFETIME
    ) -> None:
        self._link = janitor_link(server)
        self._ask_sessions = sessions
        self._known_sessions: list[str] = []
        self._lifetime = lifetime
        self._next_sweep = 0.0
        self._evicted = 0  #: keys, by the server itself
        self._report = Report()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                try:
                    await self._look()
                except (OSError, CommandError, BeaconError) as problem:
                    _log.warning("the janitor could not work: %s; trying again", problem)
                    await asyncio.sleep(SWEEP)
                await asyncio.sleep(PERIOD)
        finally:
            self.close()

    def close(self) -> None:
        """Give its connection up; harmless where there is none."""
        self._link.close()

    def status(self) -> dict[str, Any]:
        """Plain facts, for people."""
        return asdict(self._report)

    async def _look(self) -> None:
        memory, stats = await self._link.ask(("INFO", "memory"), ("INFO", "stats"))
        self._report.used = _number(memory, b"used_memory")
        self._report.limit = _number(memory, b"maxmemory")
        need = retention.bytes_to_free(self._report.used, self._report.limit)
        if not need:
            self._report.waits_for = {}
        elif not _number(memory, b"lazyfree_pending_objects"):  # what is deleted is freed later
            await self.make_room(need)
        if time.monotonic() >= self._next_sweep:
            await self._sweep(_number(stats, b"evicted_keys"))
            self._next_sweep = time.monotonic() + SWEEP

    def _sessions(self) -> list[str]:
        """The names of all sessions; those known last while the configuration is broken."""
        with contextlib.suppress(ConfigError):
            self._known_sessions = list(self._ask_sessions())
        return self._known_sessions

    # Room

    async def make_room(self, need: float) -> None:
        """Do the next thing that frees memory, until so many bytes are free or nothing may go."""
        sized = [(name, await survey.size_of(self._link, name)) for name in await self._oldest()]
        for name in retention.oldest(sized, need):
            await self._forget(name, "to make room")
            self._report.deleted += 1
        need -= sum(size for _, size in sized)
        if need <= 0 or len(sized) == PAGE:
            return
        if await self._confirm_ended():
            return  # those go whole at the next look, before a running scan loses a point
        scans = [
            scan
            for session in self._sessions()
            for states in (survey.running_scans, survey.ended_scans)
            for scan in await states(self._link, session)
        ]
        await self._trim(scans, need)
        self._report.waits_for = retention.waited_for(scans)

    async def _oldest(self) -> list[str]:
        """The confirmed scans that expire first."""
        found = [
            (expires, name)
            for session in self._sessions()
            for name, expires in await survey.expiring_scans(self._link, session, count=PAGE)
        ]
        return [name for _, name in sorted(found)[:PAGE]]

    async def _trim(self, scans: list[ScanState], need: float) -> None:
        firsts = {each.name: each.first for scan in scans for each in scan.channels}
        for trim in retention.to_trim(scans, need):
            touched = (keys.data(trim.channel), keys.info(trim.channel))
            packed = msgpack.packb(trim.count)
            await self._link.ask(("FCALL", "bliss_trim", 2, *touched, trim.count, packed))
            self._report.trimmed += trim.count - firsts[trim.channel]

    # What has ended

    async def _sweep(self, evicted: int) -> None:
        await self._confirm_ended()
        for session in self._sessions():
            now = time.time()
            for name, _ in await survey.expiring_scans(self._link, session, until=now):
                await self._forget(name, "as its time has come")
                self._report.expired += 1
            await self._drop_containers(session)
            if evicted != self._evicted:
                await self._forget_torn_scans(session)
        self._evicted = evicted

    async def _confirm_ended(self) -> int:
        """Confirm what may be; how many scans that were."""
        before = self._report.confirmed
        for session in self._sessions():
            for scan in await survey.stored_scans(self._link, session):
                if retention.is_confirmed(scan):
                    await self._confirm(scan.name)
        return self._report.confirmed - before

    async def _confirm(self, scan: str) -> None:
        session = keys.session_of(scan)
        touched = [keys.ended(session), keys.expiring(session)]
        touched += await survey.keys_of(self._link, scan)
        expires = round((time.time() + self._lifetime) * 1000)
        await self._link.ask(("FCALL", "bliss_expire", len(touched), *touched, scan, expires))
        self._report.confirmed += 1

    async def _forget(self, scan: str, why: str) -> None:
        session = keys.session_of(scan)
        touched = [keys.node(session), keys.ended(session), keys.expiring(session)]
        touched += [keys.gone(session), keys.children(keys.parent_of(scan))]
        touched += await survey.keys_of(self._link, scan)
        await self._link.ask(("FCALL", "bliss_forget", len(touched), *touched, scan, time.time()))
        _log.info("%s is deleted, %s", scan, why)

    async def _forget_torn_scans(self, session: str) -> None:
        """Delete what is left of scans that the server began to evict."""
        for name, _ in await survey.expiring_scans(self._link, session):
            if await survey.is_torn(self._link, name):
                await self._forget(name, "as the server evicted a part of it")
                self._report.deleted += 1

    async def _drop_containers(self, session: str) -> None:
        for name in await survey.containers_of(self._link, session):
            own = (keys.node(name), keys.info(name), keys.children(name))
            above = (keys.children(keys.parent_of(name)), keys.containers(session))
            await self._link.ask(("FCALL", "bliss_drop_container", 5, *own, *above, name))


def _number(info: bytes, name: bytes) -> int:
    """One of the numbers that INFO gives."""
    text = info.partition(b"\n" + name + b":")[2].partition(b"\r")[0]
    return int(text) if text.isdigit() else 0
