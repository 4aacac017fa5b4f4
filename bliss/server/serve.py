"""Beacon at work: the connections, the two servers, and the end of both."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Mapping

import bliss
from bliss.server.configuration import ConfigurationFile
from bliss.server.lifetime import FIRST_SESSION_TIMEOUT, EmbeddedLife
from bliss.server.listener import Listener
from bliss.server.redis_server import RedisServer
from bliss.server.service import Service

_log = logging.getLogger(__name__)


async def serve(
    listening: socket.socket,
    configuration: ConfigurationFile,
    servers: Mapping[str, RedisServer],
    *,
    embedded: bool,
) -> None:
    """Serve until SIGTERM, SIGINT or, if embedded, the end of the last session.

    Raises:
        ServerStartError: If one of the servers does not come up at first.
    """
    work = asyncio.create_task(_run_servers(servers, _describe(listening, configuration)))
    _end_at_signals(work.cancel)
    service = Service(configuration, servers)
    listener = Listener(
        service,
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


async def _run_servers(servers: Mapping[str, RedisServer], description: str) -> None:
    await asyncio.gather(*(server.start() for server in servers.values()))
    _log.info("%s", description)
    await asyncio.gather(*(server.keep_running() for server in servers.values()))


def _describe(listening: socket.socket, configuration: ConfigurationFile) -> str:
    host, port = listening.getsockname()[:2]
    return f"Beacon {bliss.__version__} answers at {host}:{port} ({configuration.path})"


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
