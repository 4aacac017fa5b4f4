"""Who is there, what they hold, and the end of the scans that they leave behind."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bliss.common.errors import BlissError, ConsumerTakenError
from bliss.data import keys
from bliss.server.commands import CommandError
from bliss.server.consumers import Consumers
from bliss.server.liveness import Liveness
from bliss.server.locks import Holder, SessionLocks
from bliss.server.lost_scans import DataServer, end_lost_scans, is_dead
from bliss.server.peer import Peer

PATIENCE = 15.0  #: seconds without a sign of life after which a session is given up
BEATS = 3  #: signs of life that are expected in that time
LOOK = 0.1  #: seconds between looks at who has gone
RETRY = 1.0  #: seconds between attempts to end scans
END_TIMEOUT = 5.0  #: seconds for each

_log = logging.getLogger(__name__)

_FAILURES = (OSError, CommandError, BlissError)


@dataclass
class _Left:
    """A session that nobody holds any more, with scans that may not have ended."""

    due: float  #: when they are ended, unless somebody holds it again
    reason: str
    holder: Holder | None = None  #: who held it; if that process is dead, they are ended at once


class Presence:
    """The clients of this Beacon.

    Args:
        data: The data server.
        patience: Seconds that a session has to come back, and that a consumer counts on.
    """

    def __init__(self, data: DataServer, patience: float = PATIENCE) -> None:
        self.locks = SessionLocks()
        self._data = data
        self._patience = patience
        self._consumers = Consumers(patience)
        self._liveness = Liveness(patience)
        self._left: dict[str, _Left] = {}
        self._problem = ""  # the last that was logged

    def came(self, peer: Peer) -> None:
        """A client has made a connection."""
        self._liveness.came(peer.client, peer.number, time.monotonic())

    def left(self, peer: Peer) -> None:
        """A connection has ended; after the last one, what the client holds is free."""
        if self._liveness.left(peer.client, peer.number):
            now = time.monotonic()
            self._consumers.left(peer.client, now)
            self._release(peer.client, now + self._patience, "its session ended: {}")

    def bye(self, peer: Peer) -> None:
        """A client leaves as it should, and does not come back."""
        self._consumers.withdraw_all(peer.client)
        self._release(peer.client, time.monotonic(), "its session ended: {}")

    def sign(self, peer: Peer) -> None:
        """A client has asked for something."""
        self._liveness.sign(peer.client, time.monotonic())

    def beat(self, peer: Peer) -> dict[str, Any]:
        """Take a sign of life; returns what the client holds, and when the next is expected."""
        self._liveness.sign(peer.client, time.monotonic(), beat=True)
        held = self._consumers.of(peer.client)
        return {
            "next": self._patience / BEATS,
            "sessions": self.locks.of(peer.client),
            "consumers": [[name, session] for session, name in held],
        }

    async def lock(self, session: str, peer: Peer, *, again: bool) -> None:
        """Let a client hold a session.

        Args:
            session: Its name.
            peer: The client.
            again: Whether it has held it all the time, as far as it knows: its scans may run.

        Raises:
            SessionLockedError: If another client holds it.
        """
        taken = self.locks.take(session, replace(peer.holder, since=datetime.now()))
        left = self._left.pop(session, None)
        if taken and not again:
            unknown = f"its session ended before {peer.holder} opened it again"
            await self._end(session, left.reason if left and left.holder else unknown)

    def announce(self, session: str, name: str, peer: Peer) -> None:
        """Let a client be a consumer of a session.

        Raises:
            ConsumerTakenError: If another client is, and is there.
        """
        self._expect_no_other(session, name, peer.client)
        self._consumers.announce(session, name, replace(peer.holder, since=datetime.now()))

    def _expect_no_other(self, session: str, name: str, client: str | None = None) -> None:
        rival = self._consumers.connected(session, name)
        if rival and rival.client != client and not is_dead(rival):
            raise ConsumerTakenError(
                f"consumer {name} of session {session} is {rival}; end that one first"
            )

    def forget_consumer(self, session: str, name: str) -> None:
        """Let nobody be that consumer any more.

        Raises:
            ConsumerTakenError: If a client is, and is there.
        """
        self._expect_no_other(session, name)
        self._consumers.forget(session, name)

    def withdraw(self, session: str, name: str, peer: Peer) -> None:
        """Let a client be a consumer no more."""
        self._consumers.withdraw(session, name, peer.client)

    def consumers(self, session: str) -> list[str]:
        """Names of the consumers of a session."""
        return self._consumers.names(session, time.monotonic())

    def status(self) -> dict[str, Any]:
        """Plain facts, for people."""
        return {
            "sessions": {name: str(each) for name, each in self.locks.holders.items()},
            "consumers": self._consumers.by_session(time.monotonic()),
        }

    async def watch(self, sessions: Callable[[], Iterable[str]]) -> None:
        """End what is left behind, by an earlier Beacon's clients too; never returns.

        Args:
            sessions: Gives the names of all sessions.
        """
        await asyncio.gather(self._take_note(sessions), self._look())

    async def close(self) -> None:
        """End what is left behind; sessions that may come back find the next Beacon."""
        await self._end_due()

    def _release(self, client: str, due: float, reason: str) -> None:
        for session, holder in self.locks.release_all(client).items():
            self._left[session] = _Left(due, reason.format(holder), holder)

    async def _take_note(self, sessions: Callable[[], Iterable[str]]) -> None:
        """Find the scans that did not end before our time."""
        due = time.monotonic() + self._patience
        reason = f"no session has taken it up within {self._patience:g} s after Beacon's start"
        while True:
            try:
                async with asyncio.timeout(END_TIMEOUT):
                    for name in sessions():
                        found = await self._data.command("SCARD", keys.unfinished(name))
                        if found and name not in self.locks.holders:
                            self._left.setdefault(name, _Left(due, reason))
                return
            except _FAILURES as error:
                self._warn("unfinished scans cannot be looked for", error)
            await asyncio.sleep(RETRY)

    async def _look(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LOOK)
            # what was sent while this process stood still has not been heard yet
            self._liveness.overlook(time.monotonic() - before - LOOK)
            for client in self._liveness.silent(time.monotonic()):
                why = f"no sign of life for {self._patience:g} s from its session: {{}}"
                self._release(client, time.monotonic(), why)
            await self._end_due()

    async def _end_due(self) -> None:
        for session, left in list(self._left.items()):
            now = time.monotonic()
            if now < left.due and not (left.holder and is_dead(left.holder)):
                continue
            if await self._end(session, left.reason):
                if self._left.get(session) is left:
                    del self._left[session]
            else:
                left.due, left.holder = now + RETRY, None

    async def _end(self, session: str, reason: str) -> bool:
        """End a session's scans; returns whether they have ended."""
        try:
            async with asyncio.timeout(END_TIMEOUT):
                await end_lost_scans(self._data, session, reason)
        except _FAILURES as error:
            self._warn(f"scans of {session} could not be ended", error)
            return False
        return True

    def _warn(self, problem: str, error: Exception) -> None:
        """Log a problem, once as long as it lasts."""
        text = f"{problem}: {str(error) or f'no answer within {END_TIMEOUT:g} s'}"
        if text != self._problem:
            _log.warning("%s", text)
            self._problem = text
