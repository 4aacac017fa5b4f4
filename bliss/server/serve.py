"""Beacon at work: the connections, the two servers, and the end of both."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Mapping

import bliss
from bliss.beacon.address import Address
from bliss.server.challenge import Gate
from bliss.server.configuration import ConfigurationFile
from bliss.server.janitor import Janitor
from bliss.server.lifetime import FIRST_SESSION_TIMEOUT, EmbeddedLife
from bliss.server.listener import Listener
from bliss.server.servers import Server
from bliss.server.service import Service

_log = logging.getLogger(__name__)


async def serve(
    listening: socket.socket,
    configuration: ConfigurationFile,
    servers: Mapping[str, Server],
    janitor: Janitor,
    gate: Gate,
    *,
    state: str,
    patience: float,
    embedded: bool,
) -> None:
    """Serve until SIGTERM, SIGINT or, if embedded, the end of the last session.

    Raises:
        ServerStartError: If one of the servers does not come up at first.
    """
    address = _address(listening)
    service = Service(
        configuration,
        servers,
        address=address,
        state=state,
        janitor_status=janitor.status,
        patience=patience,
    )
    description = f"Beacon {bliss.__version__} answers at {address} ({configuration.path})"
    work = asyncio.create_task(_run(servers, janitor, service, description))
    _end_at_signals(work.cancel)
    listener = Listener(
        service,
        gate,
        on_change=_end_with_last_session(work.cancel) if embedded else lambda _roles: None,
    )
    acceptor = await asyncio.start_server(listener.accept, sock=listening)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await work
    finally:
        acceptor.close()
        await listener.close_all()
        await service.close()
        await asyncio.gather(*(server.end() for server in servers.values()))
        _log.info("Beacon has ended")


async def _run(
    servers: Mapping[str, Server], janitor: Janitor, service: Service, description: str
) -> None:
    await asyncio.gather(*(server.start() for server in servers.values()))
    _log.info("%s", description)
    kept_running = (server.keep_running() for server in servers.values())
    await asyncio.gather(janitor.run(), service.watch(), *kept_running)


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return str(Address(host, port))


def _end_at_signals(end: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)


def _end_with_last_session(end: Callable[[], object]) -> Callable[[Mapping[str, int]], None]:
    """What to call when clients come and go, so that `end` is called after the last session."""
    life = EmbeddedLife()
    loop = asyncio.get_running_loop()
    start = loop.time()

    def check() -> None:
        if life.is_over(loop.time() - start):
            end()

    def update(roles: Mapping[str, int]) -> None:
        life.update(roles)
        check()

    loop.call_later(FIRST_SESSION_TIMEOUT, check)
    return update
