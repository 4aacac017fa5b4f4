"""Beacon's connections: frames in, frames out, with a bound on everything."""

import asyncio
import contextlib
import errno
import itertools
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from bliss.beacon import wire
from bliss.beacon.address import plain_ip
from bliss.common.errors import BeaconError, BlissError
from bliss.server.challenge import Gate
from bliss.server.peer import Peer
from bliss.server.service import Service
from bliss.server.state import BusyError

HELLO_TIMEOUT = 5.0  #: seconds for a new connection to say who it is
LONGEST_HELLO = 4096  #: bytes
MAX_CONNECTIONS = 1000
MAX_STRANGERS = 64  #: connections that have not said who they are yet

#: A machine that is gone is noticed within 5 + 3 · 2 seconds.
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}

_log = logging.getLogger(__name__)


class Listener:
    """Serves every connection until it ends, is broken, or speaks nonsense."""

    def __init__(
        self, service: Service, gate: Gate, *, on_change: Callable[[dict[str, int]], None]
    ) -> None:
        """Make a listener.

        Args:
            service: Gives the answers.
            gate: Says who comes in.
            on_change: Called with the number of connections per role whenever one came or went.
        """
        self._service = service
        self._gate = gate
        self._on_change = on_change
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers: dict[asyncio.Task[None], None] = {}  # in the order in which they came
        self._roles: dict[str, int] = {}

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; for `asyncio.start_server`."""
        task = asyncio.current_task()
        if task is None or not self._has_room():
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._serve(task, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client is gone, or we are about to be
        except wire.WireError as error:
            _log.info("connection from %s closed: %s", writer.get_extra_info("peername"), error)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def close_all(self) -> None:
        """End all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _has_room(self) -> bool:
        """Whether another connection can be served; a stranger too many costs the oldest one."""
        if len(self._strangers) >= MAX_STRANGERS:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.cancel()
            _log.warning("too many connections have not said who they are; the oldest is closed")
        room = len(self._tasks) < MAX_CONNECTIONS
        if not room:
            _log.warning("connection refused: %d are open", len(self._tasks))
        return room

    async def _serve(
        self,
        task: asyncio.Task[None],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._strangers[task] = None
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                admitted = await self._admit(reader, writer)
        finally:
            self._strangers.pop(task, None)
        if admitted is None:
            return
        peer, proof = admitted
        greeting = self._service.welcome(peer) | proof
        self._count(peer, +1)
        try:
            await _send(writer, {"result": greeting})
            await self._converse(peer, reader, writer)
        finally:
            self._service.farewell(peer)
            self._count(peer, -1)

    async def _converse(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            request = await _receive(reader, wire.MAX_FRAME)
            await _send(writer, await _answer(self._service.answer(peer, request)))

    async def _admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Peer, dict[str, Any]] | None:
        """The client that says hello, and our own proof if it had to prove itself; None: refused.

        Raises:
            WireError: If it speaks nonsense.
        """
        connection: socket.socket = writer.get_extra_info("socket")
        _keep_alive(connection)
        ip = plain_ip(connection.getpeername()[0])
        reached = plain_ip(connection.getsockname()[0])
        hello = await _receive(reader, LONGEST_HELLO)
        try:
            peer = Peer(next(self._numbers), hello, reached)
            return peer, {} if self._gate.trusts(ip) else await self._prove(hello, reader, writer)
        except wire.WireError:
            raise
        except BlissError as error:
            _log.info("client at %s refused: %s", ip, error)
            await _send(writer, wire.error_answer(error))
            return None

    async def _prove(
        self, hello: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> dict[str, Any]:
        challenge = self._gate.challenge(hello)
        await _send(writer, {"challenge": challenge.question})
        return {"proof": challenge.check(await _receive(reader, LONGEST_HELLO))}

    def _count(self, peer: Peer, change: int) -> None:
        self._roles[peer.role] = self._roles.get(peer.role, 0) + change
        self._on_change(dict(self._roles))


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` (an IP address) and `port`, 0 for any free one.

    Raises:
        BusyError: If another program listens there.
        BeaconError: If the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends answers without delay only on a socket that says that it is TCP
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Connections of a Beacon that has just ended linger; they must not stop the next one.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        kind = BusyError if error.errno == errno.EADDRINUSE else BeaconError
        raise kind(f"cannot listen at {host}:{port}: {error.strerror}") from error
    return listener


async def _answer(result: Awaitable[Any]) -> dict[str, Any]:
    try:
        return {"result": await result}
    except BlissError as error:
        return wire.error_answer(error)
    except Exception:  # noqa: BLE001 - our mistake; it must not cost other clients their Beacon
        _log.exception("a request failed")
        return wire.error_answer(BeaconError("the request failed inside Beacon; see its log"))


async def _receive(reader: asyncio.StreamReader, longest: int) -> dict[str, Any]:
    length = wire.payload_length(await reader.readexactly(wire.HEADER_SIZE))
    if length > longest:
        raise wire.WireError(f"a frame of {length} bytes: expected at most {longest}")
    return wire.decode(await reader.readexactly(length))


def _keep_alive(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE.items():
            if hasattr(socket, option):  # not everywhere
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    try:
        frame = wire.encode(answer)
    except wire.WireError as error:
        frame = wire.encode(wire.error_answer(error))
    writer.write(frame)
    await writer.drain()
