"""Beacon's client: asks where things are, and holds a session for as long as it is connected."""

import getpass
import os
import socket
import threading
import uuid
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from bliss.beacon import wire
from bliss.beacon.address import Address, beacon_address, parse_address
from bliss.common.errors import BeaconError, BeaconNotFoundError

if TYPE_CHECKING:
    import redis

CONNECT_TIMEOUT = 3.0  #: seconds, for the connection and for the first answer on it
ANSWER_TIMEOUT = 15.0  #: seconds; Beacon itself waits up to 10 s for a server that restarts


class Beacon:
    """A connection to Beacon, made at the first request and made again when it broke.

    Safe to use from several threads or greenlets: one request is under way at a time.

        with Beacon("localhost:25000") as beacon:
            beacon.session_names()              # ['demo_session']
            beacon.redis("settings").ping()     # True
    """

    def __init__(self, address: str | None = None, role: str = "client") -> None:
        self.address: Address = parse_address(address) if address else beacon_address()
        self.role = role  #: "session", "writer", "client" or "viewer": what the servers allow
        self._lock = threading.RLock()
        self._socket: socket.socket | None = None
        self._closed = False
        self._greeting: dict[str, Any] = {}
        self._client_name = uuid.uuid4().hex
        self._held_sessions: set[str] = set()
        self._servers: dict[str, redis.Redis] = {}

    def __repr__(self) -> str:
        return f"<Beacon {self.address}, role {self.role}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Connect now instead of at the first request; does nothing when connected.

        Raises:
            BeaconNotFoundError: If nothing, or not Beacon, answers at the address.
        """
        with self._lock:
            self._open()

    def close(self) -> None:
        """Close the connection, give up held sessions and the connections to the servers."""
        with self._lock:
            self._closed = True
            self._drop()
            self._held_sessions.clear()
            servers = list(self._servers.values())
            self._servers.clear()
        for server in servers:
            server.close()

    @property
    def config(self) -> str:
        """Path of the configuration file that this Beacon uses: `"/data/sessions.yml"`."""
        with self._lock:
            self._open()
            return str(self._greeting.get("config", ""))

    def session_names(self) -> list[str]:
        """Names of all configured sessions, running or not: `["demo_session"]`."""
        names: list[str] = self._ask("session_names")
        return names

    def session_config(self, name: str) -> dict[str, Any]:
        """What a session consists of, as plain data.

        Returns:
            `name`, `setup` (absolute path of a `.py` file, dotted module, or None), `objects` (the
            names that belong to the session), `controllers` (each with `name`, `class`, `config`;
            one that refers to another's objects comes after it) and `file`, the configuration's.

        Raises:
            UnknownSessionError: If no session of that name is configured.
            ConfigError: If the configuration file is wrong; says where.
        """
        config: dict[str, Any] = self._ask("session_config", name=name)
        return config

    def lock_session(self, name: str) -> None:
        """Hold a session until `unlock_session`, `close` or the end of this process.

        Raises:
            SessionLockedError: If another process holds it; says which, and since when.
            UnknownSessionError: If no session of that name is configured.
        """
        with self._lock:
            self._ask("lock_session", name=name)
            self._held_sessions.add(name)

    def unlock_session(self, name: str) -> None:
        """Give a session up; harmless when this client does not hold it."""
        with self._lock:
            self._held_sessions.discard(name)
            self._ask("unlock_session", name=name)

    def status(self) -> dict[str, Any]:
        """Beacon's own account of itself: release, configuration, servers, sessions held."""
        status: dict[str, Any] = self._ask("status")
        return status

    def redis(self, name: str) -> "redis.Redis":
        """The client of a server, one per server for the life of this object.

        Args:
            name: `"data"` or `"settings"`.

        Raises:
            BeaconError: If there is no such server, or it does not come up.
        """
        # redis-py takes 0.1 s to import; Beacon's own process, which imports this, never needs it.
        from bliss.beacon.redis import make_client  # noqa: PLC0415

        with self._lock:
            if name not in self._servers:
                self.server(name)  # "no Beacon answers" now, not at the first command
                self._servers[name] = make_client(self, name)
            return self._servers[name]

    def server(self, name: str) -> dict[str, Any]:
        """Where a server is now: `host`, `port`, `username`, `password`.

        Waits while Beacon restarts the server.  `redis(name)` does all this by itself.
        """
        server: dict[str, Any] = self._ask("server", name=name)
        return server

    def _ask(self, op: str, **arguments: Any) -> Any:
        """Send a request and return its result; once more if the connection turns out broken.

        Sending twice is harmless: every request of the protocol may be repeated.
        """
        with self._lock:
            try:
                return self._request(op, arguments)
            except BeaconNotFoundError:
                raise
            except TimeoutError as error:
                self._not_found(f"no answer to {op!r} within {ANSWER_TIMEOUT:g} s", error)
            except OSError:  # Beacon was restarted since the last request
                pass
            try:
                return self._request(op, arguments)
            except BeaconNotFoundError:
                raise
            except OSError as error:
                self._not_found(_reason(error), error)

    def _request(self, op: str, arguments: dict[str, Any]) -> Any:
        self._open()
        answer = self._exchange({"op": op, **arguments})
        wire.raise_error(answer)
        return answer.get("result")

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        """One frame out, one in; whatever interrupts it, a late answer must find no reader."""
        assert self._socket is not None  # noqa: S101
        frame = wire.encode(message)
        try:
            self._socket.sendall(frame)
            header = _receive(self._socket, wire.HEADER_SIZE)
            return wire.decode(_receive(self._socket, wire.payload_length(header)))
        except BaseException:
            self._drop()
            raise

    def _open(self) -> None:
        if self._closed:
            raise BeaconError(f"this client of Beacon at {self.address} is closed")
        if self._socket is not None:
            return
        try:
            self._socket = socket.create_connection(
                (self.address.host, self.address.port), CONNECT_TIMEOUT
            )
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self._not_found(_reason(error), error)
        self._greet()
        self._socket.settimeout(ANSWER_TIMEOUT)

    def _greet(self) -> None:
        """Say hello, and take the held sessions again."""
        try:
            self._greeting = self._hello()
        except (wire.WireError, OSError) as error:
            self._not_found(f"what listens there is not Beacon: {_reason(error)}", error)
        try:
            for name in self._held_sessions:
                wire.raise_error(self._exchange({"op": "lock_session", "name": name}))
        except BaseException:
            self._drop()
            raise

    def _hello(self) -> dict[str, Any]:
        answer = self._exchange(
            {
                "op": "hello",
                "version": wire.VERSION,
                "role": self.role,
                "client": self._client_name,
                "user": _user_name(),
                "host": socket.gethostname(),
                "pid": os.getpid(),
            }
        )
        if "error" in answer:
            self._drop()
            wire.raise_error(answer)
        result = answer.get("result")
        if not isinstance(result, dict) or "protocol" not in result:
            self._drop()
            raise wire.WireError(f"unexpected greeting {answer!r}"[:100])
        return result

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _not_found(self, reason: str, cause: Exception) -> NoReturn:
        raise BeaconNotFoundError(
            f"no Beacon answers at {self.address} ({reason});"
            " start one with `bliss-beacon`, or set BEACON_HOST=host:port"
        ) from cause


def _receive(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError("the connection was closed")
        data += part
    return bytes(data)


def _reason(error: Exception) -> str:
    """The cause in plain words: `"connection refused"`."""
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_TIMEOUT:g} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without an entry in the password database
        return str(os.getuid())
