"""One connection to Beacon: its greeting, then one frame in for each frame out."""

import getpass
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

from bliss.beacon import proof, wire
from bliss.beacon.address import Address, is_loopback
from bliss.common.errors import BeaconError, BeaconNotFoundError
from bliss.common.sockets import connected

CONNECT_TIMEOUT = 3.0  #: seconds, for the connection and for each answer of its greeting
ANSWER_TIMEOUT = 15.0  #: seconds; Beacon itself waits up to 10 s for a server that restarts


class Stream(Protocol):
    """What is needed of a socket; gevent's and the system's own have it."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""

    def recv(self, size: int, /) -> bytes:
        """Some bytes, none at the end."""

    def settimeout(self, value: float | None, /) -> None:
        """How long each of these may take."""

    def getpeername(self) -> Any:
        """Address of the other side."""

    def shutdown(self, how: int, /) -> None:
        """End it, whoever waits for it."""

    def close(self) -> None:
        """Give it back."""


Connect = Callable[[Address, float], Stream]


class Connection:
    """A connection on which Beacon has answered our hello.

    Args:
        address: Where Beacon is.
        hello: What we say first; a nonce is added.
        password: Gives the password, if Beacon asks for it.
        connect: Makes the socket.

    Raises:
        BeaconNotFoundError: If nothing, or not Beacon, answers at the address.
        BeaconError: If Beacon refuses us, or does not prove itself.
    """

    def __init__(
        self,
        address: Address,
        hello: Mapping[str, Any],
        password: Callable[[], str | None],
        connect: Connect,
    ) -> None:
        self.address = address
        self.closed = False
        try:
            self.stream = connect(address, CONNECT_TIMEOUT)
        except OSError as error:
            not_found(address, reason_of(error), error)
        try:
            self.greeting = self._greet({**hello, "nonce": proof.new_nonce()}, password)
            self.stream.settimeout(ANSWER_TIMEOUT)
        except (wire.WireError, OSError) as error:
            self.close()
            not_found(address, f"what listens there is not Beacon: {reason_of(error)}", error)
        except BaseException:
            self.close()
            raise

    def ask(self, request: dict[str, Any]) -> Any:
        """Send a request and return its result.

        Raises:
            BeaconError: If it is refused; as the error that the answer names.
            OSError, WireError: If the connection broke; it is closed then.
        """
        answer = self._exchange(request)
        wire.raise_error(answer)
        return answer.get("result")

    def close(self) -> None:
        """Close the socket; harmless when done before."""
        self.closed = True
        self.stream.close()

    def _exchange(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """One frame out, one in; whatever interrupts it, a late answer must find no reader."""
        frame = wire.encode(message)
        try:
            self.stream.sendall(frame)
            header = _receive(self.stream, wire.HEADER_SIZE)
            return wire.decode(_receive(self.stream, wire.payload_length(header)))
        except BaseException:
            self.close()
            raise

    def _greet(self, hello: dict[str, Any], password: Callable[[], str | None]) -> dict[str, Any]:
        answer = self._exchange(hello)
        if "challenge" in answer:
            answer = self._prove(hello, answer["challenge"], password)
        elif "result" in answer and not is_loopback(self.stream.getpeername()[0]):
            raise BeaconError(
                f"what answers at {self.address} does not ask for a password, as every Beacon does"
                " that is not on this machine; check the address"
            )
        wire.raise_error(answer)
        greeting = answer.get("result")
        if not isinstance(greeting, dict) or "protocol" not in greeting:
            raise wire.WireError(f"unexpected greeting {answer!r:.100}")
        return greeting

    def _prove(
        self, hello: dict[str, Any], challenge: Any, password: Callable[[], str | None]
    ) -> dict[str, Any]:
        """Answer Beacon's challenge, and check that Beacon knows the password too."""
        nonce, salt = _parts(challenge)
        known = password()
        if known is None:
            raise BeaconError(
                f"Beacon at {self.address} asks for a password: set {proof.VARIABLE}, or"
                f" {proof.FILE_VARIABLE} to the name of a file that holds it"
            )
        key = proof.make_key(known, salt)
        said = proof.Handshake(hello["client"], hello["role"], hello["nonce"], nonce)
        answer = self._exchange({"op": "prove", "proof": said.proof("client", key)})
        wire.raise_error(answer)
        result = answer.get("result")
        proved = result.get("proof") if isinstance(result, dict) else None
        if not said.is_proved("beacon", key, proved):
            raise BeaconError(
                f"what answers at {self.address} does not know the password; it is not your Beacon"
            )
        return answer


def hello_of(role: str) -> dict[str, Any]:
    """What a client with that role says first, on all its connections."""
    return {
        "op": "hello",
        "version": wire.VERSION,
        "role": role,
        "client": uuid.uuid4().hex,
        "user": _user_name(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }


def stream_to(address: Address, timeout: float) -> socket.socket:
    """A connected socket."""
    return connected(address.host, address.port, timeout)


def not_found(address: Address, reason: str, cause: Exception) -> NoReturn:
    """Raise the error that says that there is no Beacon, and what to do."""
    raise BeaconNotFoundError(
        f"no Beacon answers at {address} ({reason});"
        " start one with `bliss-beacon`, or set BEACON_HOST=host:port"
    ) from cause


def reason_of(error: Exception) -> str:
    """The cause in plain words: `"connection refused"`."""
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_TIMEOUT:g} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)


def _parts(challenge: Any) -> tuple[bytes, bytes]:
    """Nonce and salt of a challenge."""
    parts = challenge if isinstance(challenge, dict) else {}
    nonce, salt = parts.get("nonce"), parts.get("salt")
    if (
        not isinstance(nonce, bytes)
        or len(nonce) != proof.NONCE_SIZE
        or not isinstance(salt, bytes)
    ):
        raise wire.WireError(f"unexpected challenge {challenge!r:.100}")
    return nonce, salt


def _receive(stream: Stream, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = stream.recv(size - len(data))
        if not part:
            raise ConnectionResetError("the connection was closed")
        data += part
    return bytes(data)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without an entry in the password database
        return str(os.getuid())
