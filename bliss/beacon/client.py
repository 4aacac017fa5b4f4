"""Beacon's client: asks where things are, and holds a session for as long as it is connected."""

import contextlib
import logging
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bliss.beacon import proof
from bliss.beacon._beat import Beat, StartThread, native_stream
from bliss.beacon._claims import Claim, Claims, OnLost
from bliss.beacon._connection import (
    ANSWER_TIMEOUT,
    Connect,
    Connection,
    hello_of,
    not_found,
    reason_of,
    stream_to,
)
from bliss.beacon.address import Address, beacon_address, parse_address
from bliss.common.errors import BeaconError, BeaconNotFoundError

if TYPE_CHECKING:
    import redis

_log = logging.getLogger(__name__)

GOODBYE_TIMEOUT = 1.0  #: seconds that closing waits for Beacon to know


class Beacon:
    """A connection to Beacon, made at the first request and made again when it broke.

    Safe to use from several threads or greenlets: one request is under way at a time.

        with Beacon("localhost:25000") as beacon:
            beacon.session_names()              # ['demo_session']
            beacon.redis("settings").ping()     # True
    """

    def __init__(
        self, address: str | None = None, role: str = "client", *, password: str | None = None
    ) -> None:
        """Make a client; nothing is connected yet.

        Args:
            address: `"host:port"`, by default what `BEACON_HOST` says.
            role: `"session"`, `"writer"`, `"client"` or `"viewer"`: what Beacon and its servers
                allow.
            password: For a Beacon that asks; by default what `BLISS_PASSWORD_FILE` or
                `BLISS_PASSWORD` says.

        Raises:
            ConfigError: If the address is none.
        """
        self.address: Address = parse_address(address) if address else beacon_address()
        self.role = role
        self._password = password
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._closed = False
        self._hello = hello_of(role)
        self._claims = Claims()
        self._beat: Beat | None = None
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
        """Give up what is held, and close the connections to Beacon and to the servers."""
        with self._lock:
            self._closed = True
            if self._beat:
                self._beat.stop()
            self._say_goodbye()
            servers = list(self._servers.values())
            self._servers.clear()
        for server in servers:
            server.close()

    @property
    def config(self) -> str:
        """Path of the configuration file that this Beacon uses: `"/data/sessions.yml"`."""
        with self._lock:
            return str(self._open().greeting.get("config", ""))

    @property
    def state(self) -> str | None:
        """The folder where Beacon keeps what must survive it; None if it is on another machine."""
        with self._lock:
            state = self._open().greeting.get("state")
            return None if state is None else str(state)

    def session_names(self) -> list[str]:
        """Names of all configured sessions, running or not: `["demo_session"]`."""
        names: list[str] = self._ask("session_names")
        return names

    def session_config(self, name: str) -> dict[str, Any]:
        """What a session consists of, as plain data.

        Returns:
            `name`, `setups` (absolute paths of `.py` files and dotted modules, in the order to run
            them), `objects` (the names that belong to the session), `controllers` (each with
            `name`, `class`, `config`; one that refers to another's objects comes after it) and
            `file`, the configuration's.

        Raises:
            UnknownSessionError: If no session of that name is configured.
            ConfigError: If the configuration file is wrong; says where.
        """
        config: dict[str, Any] = self._ask("session_config", name=name)
        return config

    def object_config(self, name: str) -> dict[str, Any]:
        """What the configuration says now of an object, as plain data.

        Raises:
            ConfigError: If there is no such object, or the configuration file is wrong.
        """
        config: dict[str, Any] = self._ask("object_config", name=name)
        return config

    def change_config(self, name: str, fields: Mapping[str, Any]) -> None:
        """Change fields of an object in the configuration file; its comments stay.

        Args:
            name: Of a controller, or of an object that one brings.
            fields: New values: plain data; None removes a field.

        Raises:
            ConfigError: If that is not possible; the file is as it was.
        """
        self._ask("change_config", name=name, fields=dict(fields))

    def lock_session(self, name: str) -> None:
        """Hold a session until `unlock_session`, `close` or the end of this process.

        Raises:
            SessionLockedError: If another process holds it; says which, and since when.
            UnknownSessionError: If no session of that name is configured.
        """
        self._take(Claim(name))

    def unlock_session(self, name: str) -> None:
        """Give a session up; harmless when this client does not hold it."""
        self._give_up(Claim(name))

    @property
    def lost_session(self) -> str | None:
        """Who holds the session that this client held before it was given up; None: nobody.

        Beacon gives a session up that gave no sign of life, see `start_beating`.
        """
        return self._claims.lost_session

    def announce_consumer(self, name: str, session: str) -> None:
        """Be a consumer whom the session's scans need: they wait until this one has their data.

        Lasts until `withdraw_consumer`, `close`, or a little longer than the end of this process:
        it may be started again.

        Raises:
            ConsumerTakenError: If another process is that consumer; says which.
            UnknownSessionError: If no session of that name is configured.
            BeaconError: If this client's role is not `"writer"`.
        """
        self._take(Claim(session, name))

    def withdraw_consumer(self, name: str, session: str) -> None:
        """Be that consumer no more, for scans that are made from now on."""
        self._give_up(Claim(session, name))

    def consumers(self, session: str) -> list[str]:
        """Names of the consumers that are announced for a session: `["writer"]`."""
        names: list[str] = self._ask("consumers", session=session)
        return names

    def forget_consumer(self, name: str, session: str) -> list[str]:
        """Let no scan of a session require a consumer any more, as it never comes back.

        Returns:
            The scans that did, whose points may be lost from then on though it has not got them:
            `["demo_session:data:12_ascan"]`.

        Raises:
            ConsumerTakenError: If it is running; says where.
            UnknownSessionError: If no session of that name is configured.
            BeaconError: If no scan requires it, or this client's role is not `"writer"`.
        """
        scans: list[str] = self._ask("forget_consumer", name=name, session=session)
        return scans

    def start_beating(self, start_thread: StartThread, on_lost: OnLost | None = None) -> None:
        """Give signs of life until `close`; does nothing when that has been started before.

        From then on Beacon gives up what this client holds when it hears nothing for 15 s.  If
        nobody has taken it until it does again, it is held again.

        Args:
            start_thread: `_thread.start_new_thread`; in a process that gevent has patched, what
                `gevent.monkey.get_original("_thread", "start_new_thread")` returns.
            on_lost: Called in that thread, with a sentence, when somebody else has taken it.
        """
        with self._lock:
            self._ask("beat")  # the first, so that they are expected when this returns
            if self._beat is None:
                self._beat = Beat(self._connect_natively, self._claims, on_lost, start_thread)

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

    def _take(self, claim: Claim) -> None:
        with self._lock:
            self._ask(**claim.taking())
            self._claims.add(claim)

    def _give_up(self, claim: Claim) -> None:
        with self._lock:
            self._claims.discard(claim)
            self._ask(**claim.giving_up())

    def _ask(self, op: str, **arguments: Any) -> Any:
        """Send a request and return its result."""
        result = self._result_of(op, **arguments)
        shown = "..." if op == "server" else result  # which has a password
        _log.debug("%s: %s %s -> %.300r", self.address, op, arguments or "", shown)
        return result

    def _result_of(self, op: str, **arguments: Any) -> Any:
        """Send a request and return its result; once more if the connection turns out broken.

        Sending twice is harmless: every request of the protocol may be repeated.
        """
        request = {"op": op, **arguments}
        with self._lock:
            try:
                return self._open().ask(request)
            except BeaconNotFoundError:
                raise
            except TimeoutError as error:
                not_found(self.address, f"no answer to {op!r} within {ANSWER_TIMEOUT:g} s", error)
            except OSError:  # Beacon was restarted since the last request
                pass
            try:
                return self._open().ask(request)
            except BeaconNotFoundError:
                raise
            except OSError as error:
                not_found(self.address, reason_of(error), error)

    def _open(self) -> Connection:
        if self._closed:
            raise BeaconError(f"this client of Beacon at {self.address} is closed")
        if self._connection is None or self._connection.closed:
            self._connection = self._connect(stream_to)
            self._take_again(self._connection)
        return self._connection

    def _take_again(self, connection: Connection) -> None:
        try:
            for claim in self._claims.missing():
                self._claims.take_again(claim, connection)
        except BaseException:
            connection.close()
            raise

    def _connect(self, connect: Connect) -> Connection:
        return Connection(self.address, self._hello, self._find_password, connect)

    def _connect_natively(self) -> Connection:
        return self._connect(native_stream)

    def _find_password(self) -> str | None:
        return self._password or proof.find_password()

    def _say_goodbye(self) -> None:
        """Leave, so that whoever asks next finds free what was held here."""
        held, connection = self._claims.wanted, self._connection
        self._claims.clear()
        if connection is None or connection.closed:
            return
        try:
            if held:
                connection.stream.settimeout(GOODBYE_TIMEOUT)
                with contextlib.suppress(BeaconError, OSError):  # it will see that we are gone
                    connection.ask({"op": "bye"})
        finally:
            connection.close()
