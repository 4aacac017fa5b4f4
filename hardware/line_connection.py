"""A connection to a device that answers each line with a line, as most motor controllers do.

    line = LineConnection("mono_motors", "icepap1:5000", timeout=2.0)
    line.connect()
    line.ask("?POS 1", "mono")        # '2000'

Whatever goes wrong, `ask` raises `DeviceError` with a sentence that names who asked, the address
and what was asked, within its time limit.
"""

import contextlib
import logging
import socket
import time
from collections.abc import Callable

import gevent.socket
from gevent.lock import BoundedSemaphore

from bliss.common.errors import ConfigError, DeviceError
from bliss.common.sockets import connected

LONGEST_ANSWER = 10_000  #: bytes


def tcp_address(text: str) -> tuple[str, int]:
    """Host and port: `("icepap1", 5000)` for `"icepap1:5000"`, `("::1", 5000)` for `"[::1]:5000"`.

    Raises:
        ConfigError: If it is something else.
    """
    host, _, port = text.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536
    if not bare or not is_port or (":" in bare and bare == host):
        raise ConfigError(f"address {text!r}: expected host:port, such as localhost:5025")
    return bare, int(port)


class LineConnection:
    """One connection, on which one request is under way at a time.

    It is closed when something goes wrong with it, and stays closed until `connect`: what the
    device knew of us may be gone, too.

    Args:
        name: Of the device, to begin messages with.
        address: `"host:port"`.
        timeout: Seconds that connecting, and each answer, may take.
        connect: Gives a connected socket, where there is more to it than the address.
        on_lost: Called when the connection was lost.

    Raises:
        ConfigError: If the address is none.
    """

    def __init__(
        self,
        name: str,
        address: str,
        *,
        timeout: float,
        connect: Callable[[], socket.socket] | None = None,
        on_lost: Callable[[], object] = lambda: None,
    ) -> None:
        self.name = name
        self.address = address
        self.asked = 0  #: how many requests were sent
        self._log = logging.getLogger(f"{__name__}.{name}")
        self._timeout = timeout
        self._make = connect or self._plain(address)
        self._on_lost = on_lost
        self._lock = BoundedSemaphore(1)
        self._socket: socket.socket | None = None
        self._received = b""
        self._owed = 0  #: answers to requests whose askers were interrupted

    def __repr__(self) -> str:
        return f"<LineConnection to {self.address}>"

    def _plain(self, address: str) -> Callable[[], socket.socket]:
        host, port = tcp_address(address)
        return lambda: connected(host, port, self._timeout, gevent.socket)

    @property
    def is_open(self) -> bool:
        """Whether it is connected, as far as is known."""
        return self._socket is not None

    def connect(self) -> None:
        """Connect, unless connected.

        Raises:
            DeviceError: If nothing answers.
        """
        with self._lock:
            if self._socket is not None:
                return
            try:
                self._take_up(self._make())
            except OSError as problem:
                raise DeviceError(
                    f"{self.name}: cannot connect to {self.address} ({_reason(problem)}); expected "
                    "a controller there: is it switched on, and is its address right?"
                ) from problem

    def _take_up(self, made: socket.socket) -> None:
        try:
            host, port = made.getpeername()[:2]
        except OSError:  # it is cut already
            made.close()
            raise
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._socket, self._received, self._owed = made, b"", 0

    def close(self) -> None:
        """Disconnect; harmless when not connected."""
        closing, self._socket = self._socket, None
        if closing is not None:
            closing.close()

    def ask(self, request: str, who: str, expected: str = "an answer") -> str:
        """Send a line, and give back the line that is the answer, without its end.

        Args:
            request: ASCII, one line.
            who: The name that a message is to begin with: of the axis.
            expected: What the answer should be, in words, for messages.

        Raises:
            DeviceError: If there is none in time, or it is no text, or the connection is lost.
        """
        with self._lock:
            if self._socket is None:
                self._on_lost()
                raise DeviceError(f"{who}: the connection to {self.address} was lost; try again")
            try:
                answer = self._exchange(self._socket, request)
            except (OSError, ValueError) as problem:
                self.close()
                self._on_lost()
                raise DeviceError(
                    f"{who}: {self.address} {_what(problem, self._timeout)} to {request!r}; "
                    f"expected {expected}"
                ) from problem
        self._log.debug("%s: %s -> %s", who, request, answer)
        return answer

    def _exchange(self, connected: socket.socket, request: str) -> str:
        deadline = time.monotonic() + self._timeout
        while self._owed:
            self._read_line(connected, deadline)
            self._owed -= 1
        self._check_silence(connected)
        connected.settimeout(self._timeout)
        try:
            connected.sendall(f"{request}\n".encode("ascii"))
        except BaseException:  # nobody knows how much of it went out
            self.close()
            raise
        self.asked += 1
        try:
            answer = self._read_line(connected, deadline)
        except (OSError, ValueError):
            raise
        except BaseException:  # interrupted: who asks next will find the answer to this first
            self._owed += 1
            raise
        text = answer.decode("ascii")
        if not text.isprintable():
            raise ValueError(answer)
        return text

    def _check_silence(self, connected: socket.socket) -> None:
        """Answers to come would be taken for those of other requests if one came unasked."""
        connected.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            more = connected.recv(LONGEST_ANSWER)
            if not more:
                raise ConnectionResetError("it was closed by the other side")
            self._received += more
        if self._received:
            raise _UnaskedError(self._received)

    def _read_line(self, connected: socket.socket, deadline: float) -> bytes:
        while b"\n" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if len(self._received) > LONGEST_ANSWER:
                raise ValueError(self._received)
            connected.settimeout(left)
            more = connected.recv(65536)
            if not more:
                raise ConnectionResetError("it was closed by the other side")
            self._received += more
        line, _, self._received = self._received.partition(b"\n")
        return line.strip(b"\r ")


class _UnaskedError(ValueError):
    """Something was said that nobody has asked for."""


def _what(problem: Exception, timeout: float) -> str:
    if isinstance(problem, TimeoutError):
        return f"gave no answer within {timeout:g} s"
    if isinstance(problem, OSError):
        return f"cut the connection ({_reason(problem)}) instead of an answer"
    said = problem.object if isinstance(problem, UnicodeDecodeError) else problem.args[0]
    unasked = " unasked, instead of an answer" if isinstance(problem, _UnaskedError) else ""
    return f"said {said[:40]!r}{unasked}"


def _reason(problem: Exception) -> str:
    with contextlib.suppress(AttributeError, TypeError):
        if problem.strerror:  # type: ignore[attr-defined]
            return str(problem.strerror).lower()  # type: ignore[attr-defined]
    return str(problem) or type(problem).__name__
