"""One of the two servers: started, watched, started again, ended."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from bliss.common.errors import BeaconError
from bliss.server import _die_with_parent
from bliss.server.commands import CommandError, run_commands
from bliss.server.libraries import library_of, load_library
from bliss.server.redis_config import JANITOR, ROLES, config_text

START_TIMEOUT = 10.0  #: seconds until a server answers; a long append-only file is read first
END_TIMEOUT = 3.0  #: seconds until a server that was asked to end is killed
LONGEST_PAUSE = 1.0  #: seconds between attempts to start a server that does not come up
POLL = 0.005  #: seconds between attempts to connect to a server that is starting

_log = logging.getLogger(__name__)


class ServerStartError(BeaconError):
    """A server did not come up."""


class RedisServer:
    """A server process that is kept running, on the same port, with the same passwords."""

    def __init__(
        self, name: str, *, binary: str, host: str, folder: Path, memory: str | None = None
    ) -> None:
        self.name = name  #: "settings" or "data"
        self.host = host
        self._port_holder: socket.socket | None = _held_port(host)
        self.port = int(self._port_holder.getsockname()[1])
        self.starts = 0
        self._binary = binary
        self._folder = folder
        self._memory = memory
        self._passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
        self._process: asyncio.subprocess.Process | None = None
        self._up = asyncio.Event()
        self._since = 0.0

    async def start(self) -> None:
        """Start the server and wait until it can be used.

        Raises:
            ServerStartError: If it does not come up; says why.
        """
        try:
            async with asyncio.timeout(START_TIMEOUT):
                process = await self._spawn()
                await self._unless_it_ends(process, self._become_usable())
        except TimeoutError:
            raise self._start_error(f"no answer within {START_TIMEOUT:g} s") from None
        except (CommandError, OSError) as error:
            raise self._start_error(str(error)) from error
        finally:
            self._let_port_go()
        self._since = time.time()
        self._up.set()

    async def keep_running(self) -> None:
        """Start the server again whenever it ends; never returns."""
        while True:
            if self._process is not None:
                status = await self._process.wait()
                self._up.clear()
                _log.warning("%s server ended (%s); restarting", self.name, _in_words(status))
            await self._restart()

    async def end(self) -> None:
        """End the server, its files written."""
        self._up.clear()
        self._let_port_go()
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(END_TIMEOUT):
                await process.wait()
        except TimeoutError:
            _log.warning("%s server did not end within %g s; killed", self.name, END_TIMEOUT)
            process.kill()
            await process.wait()

    async def access(self, role: str, timeout: float) -> dict[str, Any]:
        """Address and credentials for `role`, once the server can be used.

        Raises:
            BeaconError: If it is not back within `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._wait_until_up()
        except TimeoutError:
            raise BeaconError(
                f"the {self.name} server is down and has not come back within {timeout:g} s;"
                f" see {self._log_file}"
            ) from None
        return self._where(role)

    def status(self) -> dict[str, Any]:
        """Plain facts, for people: address, process, since when (Unix time), number of starts."""
        return {
            "host": self.host,
            "port": self.port,
            "pid": self._process.pid if self._process else None,
            "up": self._up.is_set(),
            "since": self._since,
            "starts": self.starts,
        }

    @property
    def _log_file(self) -> Path:
        return self._folder / f"{self.name}.log"

    async def _wait_until_up(self) -> None:
        while True:
            await self._up.wait()
            assert self._process is not None  # noqa: S101
            try:
                return await self._unless_it_ends(self._process, self._knock())
            except (OSError, ServerStartError):  # it has ended, which keep_running will see soon
                await asyncio.sleep(POLL)

    async def _restart(self) -> None:
        pause = 0.01
        while True:
            self._hold_port()
            try:
                await self.start()
            except ServerStartError as error:
                _log.error("%s", error)
                await self.end()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                _log.info("%s server is back at %s:%d", self.name, self.host, self.port)
                return

    async def _spawn(self) -> asyncio.subprocess.Process:
        folder = self._folder / self.name
        folder.mkdir(mode=0o700, exist_ok=True)
        with self._log_file.open("ab" if self.starts else "wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", _die_with_parent.__file__, str(os.getpid())),
                *(self._binary, "-"),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at our terminal is not for it
            )
        self._process = process
        self.starts += 1
        config = config_text(
            self.name,
            host=self.host,
            port=self.port,
            folder=str(folder),
            passwords=self._passwords,
            memory=self._memory,
        )
        assert process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # ended: noticed soon
            process.stdin.write(config.encode())
            process.stdin.close()
        return process

    async def _unless_it_ends(
        self, process: asyncio.subprocess.Process, work: Coroutine[Any, Any, None]
    ) -> None:
        """Do work with the server; if it ends meanwhile, what has its port now may never answer.

        Raises:
            ServerStartError: If the server ended first.
        """
        ended = asyncio.create_task(process.wait())
        done = asyncio.create_task(work)
        try:
            await asyncio.wait((ended, done), return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                raise self._start_error(f"it ended at once: {self._last_line()}")
            await done
        finally:
            ended.cancel()
            done.cancel()

    async def _become_usable(self) -> None:
        while True:
            try:
                await self.command("PING")
            except ConnectionError:  # not listening yet
                await asyncio.sleep(POLL)
            except CommandError as error:
                if not str(error).startswith("LOADING"):
                    raise
                await asyncio.sleep(POLL)
            else:
                return await self._load_functions()

    async def _knock(self) -> None:
        """Whether anyone answers; without a password, for it might not be our server."""
        with contextlib.suppress(CommandError):
            await run_commands({"host": self.host, "port": self.port}, ("PING",))

    async def _load_functions(self) -> None:
        """Load our function library; it is gone after every restart of the data server."""
        await load_library(self._where(JANITOR), library_of(self.name))

    async def command(self, *command: str | bytes | float) -> Any:
        """Give the server a command as Beacon's own user, over a connection of its own.

        Raises:
            CommandError: If it is refused.
            OSError: If the server cannot be reached.
        """
        return (await run_commands(self._where(JANITOR), command))[-1]

    def _where(self, role: str) -> dict[str, Any]:
        return {
            "host": self.host,
            "port": self.port,
            "username": role,
            "password": self._passwords[role],
        }

    def _start_error(self, reason: str) -> ServerStartError:
        return ServerStartError(f"the {self.name} server cannot be used: {reason}")

    def _last_line(self) -> str:
        lines = self._log_file.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def _hold_port(self) -> None:
        """Hold the same port, or another if a program has taken it meanwhile."""
        self._let_port_go()
        try:
            self._port_holder = _held_port(self.host, self.port)
        except OSError:
            self._port_holder = _held_port(self.host)
        self.port = int(self._port_holder.getsockname()[1])

    def _let_port_go(self) -> None:
        if self._port_holder:
            self._port_holder.close()
            self._port_holder = None


def _held_port(host: str, port: int = 0) -> socket.socket:
    """A socket that does not listen, at a port that only who names it can have meanwhile.

    Between finding a free port and its use by the server, any connection could be given it.
    """
    holder = socket.socket(_family(host))
    try:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, port))
    except OSError:
        holder.close()
        raise
    return holder


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _in_words(status: int) -> str:
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
