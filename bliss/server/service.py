"""What Beacon answers to each request; touches no socket."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import bliss
from bliss.beacon import wire
from bliss.common.errors import BeaconError
from bliss.server.commands import CommandError
from bliss.server.configuration import ConfigurationFile
from bliss.server.locks import Holder, SessionLocks
from bliss.server.lost_scans import end_lost_scans, is_dead
from bliss.server.redis_config import JANITOR, ROLES

SERVER_TIMEOUT = 10.0  #: seconds that a request waits for a server that is being restarted

COME_BACK = 15.0  #: seconds that a session whose connection broke has to make it again
LOOK = 0.1  #: seconds between looks whether its process is still there

_log = logging.getLogger(__name__)

Request = Mapping[str, Any]


class Server(Protocol):
    """What the service needs of a `RedisServer`."""

    async def access(self, role: str, timeout: float) -> dict[str, Any]:
        """Address and credentials for a role."""

    async def command(self, *command: str | bytes | float) -> Any:
        """Give the server a command, as Beacon's own user."""

    def status(self) -> dict[str, Any]:
        """Plain facts for people."""


class Peer:
    """A client that has said hello."""

    def __init__(self, number: int, hello: Request, now: datetime) -> None:
        """Check what the client says of itself.

        Raises:
            BeaconError: If it speaks another version, or names a role that there is not.
        """
        version = hello.get("version")
        if hello.get("op") != "hello" or version != wire.VERSION:
            raise BeaconError(
                f"this Beacon ({bliss.__version__}) speaks version {wire.VERSION} of its protocol,"
                f" the client version {version!r}; install the same release on both sides"
            )
        self.role = _text(hello, "role")
        if self.role not in ROLES or self.role == JANITOR:
            roles = ", ".join(role for role in ROLES if role != JANITOR)
            raise BeaconError(f"role {self.role!r}: expected one of {roles}")
        self.number = number
        self.holder = Holder(
            connection=number,
            client=_text(hello, "client"),
            user=_text(hello, "user"),
            host=_text(hello, "host"),
            pid=int(hello["pid"]) if isinstance(hello.get("pid"), int) else 0,
            since=now,
        )


class Service:
    """The answers, from the configuration, the table of locks and the two servers."""

    def __init__(self, configuration: ConfigurationFile, servers: Mapping[str, Server]) -> None:
        self._configuration = configuration
        self._servers = servers
        self._locks = SessionLocks()
        self._peers: dict[int, Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers = {
            "session_names": self._session_names,
            "session_config": self._session_config,
            "lock_session": self._lock_session,
            "unlock_session": self._unlock_session,
            "server": self._server,
            "status": self._status,
        }

    def welcome(self, number: int, hello: Request) -> tuple[Peer, dict[str, Any]]:
        """Take up a client; returns it, and what it is told.

        Raises:
            BeaconError: If it cannot be served; says why.
        """
        peer = Peer(number, hello, datetime.now())
        self._peers[number] = peer
        return peer, {
            "protocol": wire.VERSION,
            "release": bliss.__version__,
            "config": str(self._configuration.path),
            "pid": os.getpid(),
        }

    def farewell(self, peer: Peer) -> None:
        """Forget a client whose connection has ended, and free what it held."""
        self._peers.pop(peer.number, None)
        for session in self._locks.release_all(peer.number):
            task = asyncio.create_task(self._end_scans_of(session, peer.holder))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _end_scans_of(self, session: str, gone: Holder) -> None:
        """End a session's scans, unless it only lost its connection and makes it again."""
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout(COME_BACK):
                while not is_dead(gone) and session not in self._locks.holders:
                    await asyncio.sleep(LOOK)
        if session not in self._locks.holders:
            await self._end_scans(session, f"its session ended: {gone}")

    async def _end_scans(self, session: str, reason: str) -> None:
        try:
            await end_lost_scans(self._servers["data"], session, reason)
        except (OSError, CommandError) as error:
            _log.warning("scans of %s could not be ended: %s", session, error)

    async def close(self) -> None:
        """End the scans of sessions that are not waited for any longer."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def answer(self, peer: Peer, request: Request) -> Any:
        """The result of a request.

        Raises:
            BlissError: What the client is to raise.
        """
        op = request.get("op")
        answer = self._answers.get(op) if isinstance(op, str) else None
        if answer is None:
            known = ", ".join(self._answers)
            raise BeaconError(f"unknown request {op!r:.100}; expected one of {known}")
        return await answer(peer, request)

    async def _session_names(self, _peer: Peer, _request: Request) -> list[str]:
        return self._configuration.current().session_names

    async def _session_config(self, _peer: Peer, request: Request) -> dict[str, Any]:
        return self._configuration.current().session(_text(request, "name"))

    async def _lock_session(self, peer: Peer, request: Request) -> None:
        name = _text(request, "name")
        self._configuration.current().session(name)
        if self._locks.take(name, replace(peer.holder, since=datetime.now())):
            await self._end_scans(name, f"its session ended before {peer.holder} opened it again")

    async def _unlock_session(self, peer: Peer, request: Request) -> None:
        self._locks.release(_text(request, "name"), peer.number)

    async def _server(self, peer: Peer, request: Request) -> dict[str, Any]:
        name = _text(request, "name")
        if name not in self._servers:
            raise BeaconError(f"server {name!r}: expected one of {', '.join(self._servers)}")
        return await self._servers[name].access(peer.role, SERVER_TIMEOUT)

    async def _status(self, _peer: Peer, _request: Request) -> dict[str, Any]:
        return {
            "release": bliss.__version__,
            "pid": os.getpid(),
            "config": str(self._configuration.path),
            "clients": len(self._peers),
            "sessions": {name: str(each) for name, each in self._locks.holders.items()},
            "servers": {name: each.status() for name, each in self._servers.items()},
        }


def _text(request: Request, key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str):
        raise BeaconError(f"{key} of a request: expected text, got {value!r:.100}")
    return value
