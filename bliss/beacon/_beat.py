"""Signs of life to Beacon, from a thread of the operating system, on a connection of its own.

They go on while a command computes or a greenlet never yields.  So the thread uses nothing that
gevent replaces in a patched process: sockets are those of `_socket`, which it leaves alone, waiting
is done on one of them, and the function that starts the thread is handed in.  It takes no lock.
"""

import _socket
import contextlib
import signal
import threading
from collections.abc import Callable

from bliss.beacon._claims import Claim, Claims, OnLost, held_according_to
from bliss.beacon._connection import Connection
from bliss.beacon.address import Address
from bliss.common.errors import BlissError, ConsumerTakenError, SessionLockedError
from bliss.common.sockets import connected

RETRY = 1.0  #: seconds between attempts while Beacon does not answer
ANSWER_TIMEOUT = 4.0  #: seconds

StartThread = Callable[[Callable[[], None], tuple[()]], object]


class Beat:
    """Beats until `stop`, or the end of the process, which it does not delay.

    Args:
        connect: Makes a connection to Beacon, with `native_stream`.
        claims: What to hold; taken again when Beacon has given it up and nobody else has it.
        on_lost: Called with a sentence, in the thread, when somebody else has it.
        start_thread: The operating system's: `_thread.start_new_thread`, in a process that gevent
            has patched the original of it.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        claims: Claims,
        on_lost: OnLost | None,
        start_thread: StartThread,
    ) -> None:
        self._connect = connect
        self._claims = claims
        self._on_lost = on_lost or (lambda _sentence: None)
        self._connection: Connection | None = None
        self._stopping, self._stopped = _socket.socketpair()
        self._starter = threading.get_native_id()
        self.running = True  #: whether its thread has not ended
        start_thread(self._run, ())

    def stop(self) -> None:
        """End it soon; harmless when done before."""
        self._stopping.close()
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError):  # closed
                connection.stream.shutdown(_socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            if threading.get_native_id() == self._starter:  # it would hold up all greenlets
                raise RuntimeError("a beat needs a thread of the operating system, not a greenlet")
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            pause = 0.0
            while not self._is_stopped_within(pause):
                pause = self._beat()
        finally:
            self._drop()
            self._stopped.close()
            self.running = False

    def _is_stopped_within(self, seconds: float) -> bool:
        self._stopped.settimeout(max(seconds, 1e-3))  # 0 would mean: do not wait for the end
        try:
            self._stopped.recv(1)
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def _beat(self) -> float:
        """Give one sign of life; returns the seconds until the next."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
                self._connection.stream.settimeout(ANSWER_TIMEOUT)
            held, pause = held_according_to(self._connection.ask({"op": "beat"}))
            self._take_again(self._connection, held)
        except (BlissError, OSError):  # gone, or soon: the client itself says so when it is asked
            self._drop()
            return RETRY
        return pause

    def _take_again(self, connection: Connection, held: set[Claim]) -> None:
        for claim in self._claims.missing(held):
            try:
                self._claims.take_again(claim, connection)
            except (SessionLockedError, ConsumerTakenError) as error:
                self._on_lost(str(error))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()


def native_stream(address: Address, timeout: float) -> _socket.socket:
    """A connected socket of the operating system's, whatever gevent has patched.

    Raises:
        OSError: If there is no connection.
    """
    return connected(address.host, address.port, timeout, _socket)
