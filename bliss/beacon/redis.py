"""Clients of the two servers whose connections ask Beacon, whenever they connect, where to."""

import asyncio
from typing import TYPE_CHECKING, Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from bliss.common.errors import BeaconError, BeaconNotFoundError

if TYPE_CHECKING:
    from bliss.beacon.client import Beacon

CONNECT_TIMEOUT = 3.0  #: seconds
MAX_CONNECTIONS = 1000  #: of one client; each thread or greenlet that blocks in a read has its own


class ServerNotFoundError(BeaconNotFoundError, redis.ConnectionError):
    """Beacon could not say where the server is; programs may treat it as a lost connection."""


class BeaconConnection(redis.Connection):
    """A connection that takes address and credentials from Beacon each time it connects."""

    def __init__(self, *, beacon: "Beacon", server: str, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._beacon = beacon
        self._server = server

    def connect_check_health(self, *args: Any, **options: Any) -> None:
        """Connect, unless connected; redis-py comes here from every path that needs a socket."""
        if not self.is_connected:
            self._locate()
        super().connect_check_health(*args, **options)

    def _locate(self) -> None:
        self.host, self.port, self.username, self.password = _where(self._beacon, self._server)


class AsyncBeaconConnection(redis.asyncio.Connection):
    """The same for asyncio programs; Beacon is asked in a thread."""

    def __init__(self, *, beacon: "Beacon", server: str, **options: Any) -> None:
        super().__init__(**options)
        self._beacon = beacon
        self._server = server

    async def connect_check_health(self, *args: Any, **options: Any) -> None:
        """Connect, unless connected; redis-py comes here from every path that needs a socket."""
        if not self.is_connected:
            where = await asyncio.to_thread(_where, self._beacon, self._server)
            self.host, self.port, self.username, self.password = where
        await super().connect_check_health(*args, **options)


def _where(beacon: "Beacon", server: str) -> tuple[str, int, str, str]:
    """Host, port, user and password for a server."""
    try:
        found = beacon.server(server)
    except (BeaconError, OSError) as error:
        raise ServerNotFoundError(str(error)) from error
    return found["host"], found["port"], found["username"], found["password"]


def async_connection(client: redis.Redis) -> AsyncBeaconConnection:
    """A connection for asyncio programs, to the server of a client that `make_client` made."""
    options = client.connection_pool.connection_kwargs
    return AsyncBeaconConnection(**(options | {"retry": AsyncRetry(NoBackoff(), 0)}))


def make_client(beacon: "Beacon", server: str) -> redis.Redis:
    """A client of the server called `server`.

    redis-py must neither repeat a command (an XADD would be stored twice) nor cut a blocking read
    short, as it does by default; a dead peer is found by keepalive.
    """
    pool = redis.ConnectionPool(
        connection_class=BeaconConnection,
        max_connections=MAX_CONNECTIONS,
        beacon=beacon,
        server=server,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_keepalive=True,
    )
    return redis.Redis.from_pool(pool)
