"""Clients of the two servers whose connections ask Beacon, whenever they connect, where to."""

import asyncio
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from bliss.beacon.tls import encrypted, tls_context
from bliss.common.errors import BeaconError, BeaconNotFoundError
from bliss.common.sockets import connected

if TYPE_CHECKING:
    from bliss.beacon.client import Beacon

CONNECT_TIMEOUT = 3.0  #: seconds
MAX_CONNECTIONS = 1000  #: of one client; each thread or greenlet that blocks in a read has its own

#: In the errors of a server that became another's replica.  redis-py takes the word off where it
#: has a class for it; a transaction's error has it inside.
_DEMOTED = ("READONLY", "UNBLOCKED", "MASTERDOWN")
_DEMOTED_CLASSES = (redis.ReadOnlyError, redis.exceptions.MasterDownError)


class ServerNotFoundError(BeaconNotFoundError, redis.ConnectionError):
    """Beacon could not say where the server is; programs may treat it as a lost connection."""


class DemotedError(redis.ConnectionError):
    """The server became the replica of another; connecting again finds that one."""


class BeaconConnection(redis.Connection):
    """A connection that takes address and credentials from Beacon each time it connects."""

    def __init__(self, *, beacon: "Beacon", server: str, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._beacon = beacon
        self._server = server
        self.tls: Mapping[str, Any] | None = None  #: how to encrypt, for `tls_context`
        self.is_outside = False  #: whether it is not Beacon's own, so that another may replace it

    def connect_check_health(self, *args: Any, **options: Any) -> None:
        """Connect, unless connected; redis-py comes here from every path that needs a socket."""
        if not self.is_connected:
            _take_up(self, _where(self._beacon, self._server))
        super().connect_check_health(*args, **options)

    def _connect(self) -> socket.socket:
        # not redis-py's own way, which leaves a socket behind when another greenlet ends it
        sock = connected(self.host, self.port, self.socket_connect_timeout)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, self.socket_keepalive)
        if self.tls is not None:
            timeout = self.socket_connect_timeout
            sock = encrypted(sock, self.tls, host=self.host, timeout=timeout)
        sock.settimeout(self.socket_timeout)
        return sock

    def read_response(self, *args: Any, **options: Any) -> Any:
        """The next answer; that of a server which was replaced is a broken connection."""
        try:
            return super().read_response(*args, **options)
        except redis.ResponseError as error:
            if not _is_demoted(error):
                raise
            self.disconnect()  # type: ignore[no-untyped-call]
            raise DemotedError(f"{self.host}:{self.port} was replaced: {error}") from error


class AsyncBeaconConnection(redis.asyncio.Connection):
    """The same for asyncio programs; Beacon is asked in a thread."""

    def __init__(self, *, beacon: "Beacon", server: str, **options: Any) -> None:
        super().__init__(**options)
        self._beacon = beacon
        self._server = server
        self.tls: Mapping[str, Any] | None = None
        self.is_outside = False  #: as of `BeaconConnection`

    async def connect_check_health(self, *args: Any, **options: Any) -> None:
        """Connect, unless connected; redis-py comes here from every path that needs a socket."""
        if not self.is_connected:
            _take_up(self, await asyncio.to_thread(_where, self._beacon, self._server))
        await super().connect_check_health(*args, **options)

    def _connection_arguments(self) -> Mapping[str, Any]:
        arguments: dict[str, Any] = {"host": self.host, "port": self.port}
        if self.tls is not None:
            arguments["ssl"] = tls_context(self.tls)
        return arguments

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """The next answer; that of a server which was replaced is a broken connection."""
        try:
            return await super().read_response(*args, **options)
        except redis.ResponseError as error:
            if not _is_demoted(error):
                raise
            await self.disconnect()
            raise DemotedError(f"{self.host}:{self.port} was replaced: {error}") from error


def _where(beacon: "Beacon", server: str) -> dict[str, Any]:
    """Where a server is, as Beacon says."""
    try:
        return beacon.server(server)
    except (BeaconError, OSError) as error:
        raise ServerNotFoundError(str(error)) from error


def _take_up(connection: Any, found: Mapping[str, Any]) -> None:
    """Tell a connection where to connect, and as whom."""
    connection.host, connection.port = found["host"], found["port"]
    connection.username, connection.password = found["username"], found["password"]
    connection.db = found.get("db", 0)
    connection.tls = found.get("tls")
    connection.is_outside = found.get("outside", False)


def _is_demoted(error: redis.ResponseError) -> bool:
    text = str(error)
    return isinstance(error, _DEMOTED_CLASSES) or any(word in text for word in _DEMOTED)


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
