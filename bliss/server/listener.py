"""Beacon's connections: frames in, frames out, with a bound on everything."""

import asyncio
import errno
import itertools
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from bliss.beacon import wire
from bliss.common.errors import BeaconError, BlissError
from bliss.server.service import Peer, Service
from bliss.server.state import BusyError

HELLO_TIMEOUT = 5.0  #: seconds for a new connection to say hello
MAX_CONNECTIONS = 1000
MAX_STRANGERS = 64  #: connections that have not said hello yet

_log = logging.getLogger(__name__)


class Listener:
    """Serves every connection until it ends, is broken, or speaks nonsense."""

    def __init__(self, service: Service, *, on_change: Callable[[dict[str, int]], None]) -> None:
        """Make a listener.

        Args:
            service: Gives the answers.
            on_change: Called with the number of clients per role whenever one came or went.
        """
        self._service = service
        self._on_change = on_change
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers = 0
        self._roles: dict[str, int] = {}

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; for `asyncio.start_server`."""
        task = asyncio.current_task()
        if task is None or not self._has_room():
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
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
        room = self._strangers < MAX_STRANGERS and len(self._tasks) < MAX_CONNECTIONS
        if not room:
            _log.warning(
                "connection refused: %d open, %d of them without a hello",
                len(self._tasks),
                self._strangers,
            )
        return room

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = await self._greet(reader, writer)
        if peer is None:
            return
        self._count(peer, +1)
        try:
            while True:
                request = await _receive(reader)
                await _send(writer, await _answer(self._service.answer(peer, request)))
        finally:
            self._service.farewell(peer)
            self._count(peer, -1)

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Peer | None:
        self._strangers += 1
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                hello = await _receive(reader)
            peer, greeting = self._service.welcome(next(self._numbers), hello)
            await _send(writer, {"result": greeting})
        except TimeoutError:
            return None
        except wire.WireError:
            raise
        except BlissError as error:
            await _send(writer, wire.error_answer(error))
            return None
        finally:
            self._strangers -= 1
        return peer

    def _count(self, peer: Peer, change: int) -> None:
        self._roles[peer.role] = self._roles.get(peer.role, 0) + change
        self._on_change(dict(self._roles))


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` (an IP address) and `port`, 0 for any free one.

    Raises:
        BusyError: If another program listens there.
        BeaconError: If the address cannot be used.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
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


async def _receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    header = await reader.readexactly(wire.HEADER_SIZE)
    return wire.decode(await reader.readexactly(wire.payload_length(header)))


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    try:
        frame = wire.encode(answer)
    except wire.WireError as error:
        frame = wire.encode(wire.error_answer(error))
    writer.write(frame)
    await writer.drain()
