"""The command `bliss-simulated-motors`: a motor controller that exists only here, over TCP.

    bliss-simulated-motors --port 5025

Its language is in `hardware._motor_rack`, how to have it fail in `hardware._motor_trouble`; a
terminal will do: `nc localhost 5025`, then `?STATUS 1`.  Several clients may be connected, each
request is answered before the next one of the same client is read.  It needs neither Beacon nor
gevent.

A session starts one for itself with `--embedded FOLDER`: it listens at a free port, which it
writes to the folder, keeps there where its motors are, and ends when nobody has been connected for
a while.
"""

import argparse
import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bliss.common.errors import BlissError
from hardware._kept_file import KeptFile
from hardware._motor_trouble import FailingRack

LINGER = 3.0  #: s without a client after which an embedded one ends
KEEP = 0.2  #: s between two writes of where motors are that move
LONGEST_LINE = 4096  #: bytes
BUSY = 3  #: exit status where another one has the folder
PORT_FILE = "port"  #: in the folder of an embedded one: `PORT PROCESS`
KEPT_FILE = "motors.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (BlissError, OSError) as error:
        sys.stderr.write(f"bliss-simulated-motors: {error}\n")
        return 1
    except KeyboardInterrupt:  # before the loop handles signals
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bliss-simulated-motors", description="A simulated motor controller over TCP."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0, the default: any that is free")
    parser.add_argument("--motors", type=int, default=8, help="how many (%(default)s)")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep there where motors are")
    parser.add_argument("--embedded", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    return parser


def _run(options: argparse.Namespace) -> int:
    folder: Path | None = options.embedded
    if folder:
        os.umask(0o077)
        if not _taken(folder):
            return BUSY
    kept = KeptFile(folder / KEPT_FILE if folder else options.state)
    rack = FailingRack(options.motors, kept.read())
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.create_server((options.host, options.port), family=family) as listener:
        port = listener.getsockname()[1]
        if folder:
            _detach(folder / PORT_FILE, port)
        else:
            sys.stdout.write(f"motors 1 to {options.motors} answer at {options.host}:{port}\n")
            sys.stdout.flush()
        asyncio.run(MotorServer(rack, kept, LINGER if folder else None).serve(listener))
    if folder:
        (folder / PORT_FILE).unlink(missing_ok=True)
    return 0


def _taken(folder: Path) -> bool:
    """Hold the folder until this process ends; whether nobody else does."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _detach(file: Path, port: int) -> None:
    """Go on in a process of its own; the one that was started tells the port, and ends.

    Who waits for it can connect then: the socket listens, in both.  There are no threads yet, so
    fork is safe; the lock lives on in the child.
    """
    process = os.fork()
    if process:
        new = file.with_suffix(".new")
        new.write_text(f"{port} {process}\n", encoding="ascii")
        os.replace(new, file)
        os._exit(0)
    os.setsid()
    os.chdir(file.parent)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


class MotorServer:
    """Lets clients talk to a rack of motors.

    Args:
        rack: What answers.
        kept: Where it keeps what it knows.
        linger: Seconds without a client after which it ends; None: never.
    """

    def __init__(self, rack: FailingRack, kept: KeptFile, linger: float | None = None) -> None:
        self._rack = rack
        self._kept = kept
        self._linger = linger
        self._clients: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Event()
        self._end = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None

    async def serve(self, listener: socket.socket) -> None:
        """Serve until SIGTERM, SIGINT, or nobody has been there for a while."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._end.set)
        acceptor = await asyncio.start_server(self._accept, sock=listener, limit=LONGEST_LINE)
        keeper = asyncio.create_task(self._keep())
        self._expect_somebody()
        try:
            await self._end.wait()
        finally:
            keeper.cancel()
            acceptor.close()
            for client in self._clients:
                client.transport.abort()
            self._kept.write(self._rack.kept(time.monotonic()))

    def _expect_somebody(self) -> None:
        if self._linger is not None:
            if self._patience:
                self._patience.cancel()
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(self._linger, self._end_if_unused)

    def _end_if_unused(self) -> None:
        if not self._clients:
            self._end.set()

    async def _keep(self) -> None:
        """Write down where the motors are, while they move and when something was changed."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._rack.is_moving(time.monotonic()):
                self._kept.write(self._rack.kept(time.monotonic()))
                await asyncio.sleep(KEEP)
            self._kept.write(self._rack.kept(time.monotonic()))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if time.monotonic() < self._rack.deaf_until:
            writer.transport.abort()
            return
        self._clients.add(writer)
        try:
            with contextlib.suppress(OSError):
                await self._talk(reader, writer)
        finally:
            self._clients.discard(writer)
            writer.close()
            self._expect_somebody()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                writer.write(b"ERR this line is too long\n")
                return
            if not line.endswith(b"\n"):
                return
            request = line.decode("ascii", "replace").strip()
            if request.startswith("!"):
                writer.write(self._answer(request))
                self._cut_all_but(writer)
                continue
            if self._rack.delay:
                await asyncio.sleep(self._rack.delay)
            if self._rack.mute > 0:
                self._rack.mute -= 1
                continue
            garbage, self._rack.garbage = self._rack.garbage, b""
            writer.write(garbage or self._answer(request))
            await writer.drain()

    def _answer(self, request: str) -> bytes:
        answer = self._rack.answer(request, time.monotonic())
        if not request.startswith("?"):
            self._changed.set()
        return answer.encode("ascii", "replace") + b"\n"

    def _cut_all_but(self, one: asyncio.StreamWriter) -> None:
        """Do what `!CUT` asked for; who asked stays, to be answered."""
        if self._rack.cut is None:
            return
        (after, how_long), self._rack.cut = self._rack.cut, None

        def cut() -> None:
            self._rack.deaf_until = time.monotonic() + how_long
            for client in self._clients - {one}:
                client.transport.abort()

        asyncio.get_running_loop().call_later(after, cut)


if __name__ == "__main__":
    sys.exit(main())
