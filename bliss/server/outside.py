"""A server that is not Beacon's own: somebody else starts it, secures it and replaces it.

Beacon says where it is, whoever is the master just then, and keeps our functions in it.
"""

import asyncio
import logging
import ssl
import time
from typing import Any

from bliss.common.errors import BeaconError
from bliss.server.commands import CommandError, Where, run_commands
from bliss.server.libraries import library_of, load_library
from bliss.server.redis_server import ServerStartError
from bliss.server.sentinel import Sentinels
from bliss.server.service_url import ServiceUrl

LOOK = 1.0  #: seconds between looks whether it is there, and has our functions
RETRY = 0.05  #: seconds between attempts while somebody waits for it
ANSWER_TIMEOUT = 3.0  #: seconds for one attempt
COMMAND_TIMEOUT = 10.0  #: seconds

_log = logging.getLogger(__name__)


class NotReadyError(BeaconError):
    """It answers, but cannot be used now; may be soon."""


class UnfitError(BeaconError):
    """It answers, and will never do as it is."""


#: What may pass by itself: it is not there, or not ready.
_PASSING = (OSError, TimeoutError, NotReadyError)


class OutsideServer:
    """Such a server, with the interface of a `RedisServer`.

    Every role gets the user of the URL: what each may do is its operator's to say.
    """

    def __init__(self, name: str, url: ServiceUrl) -> None:
        self.name = name  #: "settings" or "data"
        self.starts = 0  #: how many servers have been the master, each of their runs counted
        self._url = url
        self._sentinels = (
            Sentinels(url.addresses, url.service, url.sentinel) if url.service else None
        )
        self._library = library_of(name)
        self._run_id = ""
        self._where: Where | None = None
        self._up = False
        self._since = 0.0
        self._told = ""

    async def start(self) -> None:
        """Wait until the server can be used; says in the log what it waits for.

        Raises:
            ServerStartError: If it is there and will never do; says why.
        """
        try:
            await self._wait_until_up()
        except UnfitError as error:
            raise ServerStartError(self._unusable(error)) from error

    async def keep_running(self) -> None:
        """See that it can be used, and say in the log when it cannot; never returns."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self._look()
            except (*_PASSING, UnfitError) as error:
                self._tell(error)

    async def end(self) -> None:
        """Leave it alone: it is not ours."""
        self._up = False

    async def access(self, role: str, timeout: float) -> dict[str, Any]:  # noqa: ARG002
        """Address and credentials of whoever is the master now, once that one can be used.

        Beside what a `RedisServer` says: `db`, `tls` (see `bliss.beacon.tls`), and `outside`, as
        another server may take its place.

        Raises:
            BeaconError: If there is none within `timeout` seconds, or it will not do.
        """
        try:
            async with asyncio.timeout(timeout):
                return {**await self._wait_until_up(), "outside": True}
        except TimeoutError:
            problem = self._told or "no answer"
            raise BeaconError(
                f"{self._unusable(problem)}; it has not come back within {timeout:g} s"
            ) from None
        except UnfitError as error:
            raise BeaconError(self._unusable(error)) from error

    async def command(self, *command: str | bytes | float) -> Any:
        """Give the server a command.

        Raises:
            CommandError: If it is refused.
            OSError: If the server cannot be reached.
        """
        async with asyncio.timeout(COMMAND_TIMEOUT):
            return (await run_commands(await self._find(), command))[-1]

    def status(self) -> dict[str, Any]:
        """Plain facts, for people: URL, address, since when (Unix time), number of masters."""
        where = self._where or {"host": None, "port": None}
        return {
            "url": self._url.shown,
            "host": where["host"],
            "port": where["port"],
            "pid": None,
            "up": self._up,
            "since": self._since,
            "starts": self.starts,
        }

    async def _wait_until_up(self) -> Where:
        while True:
            try:
                return await self._look()
            except _PASSING as error:
                self._tell(error)
            await asyncio.sleep(RETRY)

    async def _find(self) -> Where:
        first = self._url.addresses[0]
        host, port = first.host, first.port
        if self._sentinels:
            host, port = await self._sentinels.master()
        return {"host": host, "port": port, **self._url.credentials}

    async def _look(self) -> Where:
        """Find it, and see that it can be used; returns where it is.

        Raises:
            OSError: If it does not answer.
            NotReadyError: If it cannot be used now.
            UnfitError: If it never can, as it is.
        """
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                where = await self._find()
                await self._check(where)
        except BaseException as error:
            if self._sentinels:
                self._sentinels.doubt()
            if isinstance(error, ssl.SSLCertVerificationError):
                raise UnfitError(f"its certificate is not accepted ({error})") from error
            if isinstance(error, CommandError):
                raise _translated(error) from error
            raise
        return where

    async def _check(self, where: Where) -> None:
        (answer,) = await run_commands(where, ("INFO",))
        info = answer.decode(errors="replace")
        if _field(info, "cluster_enabled") == "1":
            raise UnfitError("it is a cluster; expected one server, or a master with replicas")
        if _field(info, "role") != "master":
            raise NotReadyError(
                f"{where['host']}:{where['port']} is a replica of {_field(info, 'master_host')};"
                " expected the master"
            )
        if await load_library(where, self._library):
            _log.info("our functions are loaded into the %s server", self.name)
        self._note(where, info)

    def _note(self, where: Where, info: str) -> None:
        """Say in the log who answers, if that is new."""
        run_id = _field(info, "run_id")
        if run_id != self._run_id or not self._up:
            _log.info("%s server: %s:%d answers", self.name, where["host"], where["port"])
            self._since = time.time()
        if run_id != self._run_id:
            self.starts += 1
            self._warn_of_eviction(_field(info, "maxmemory_policy"))
        self._run_id, self._where, self._up, self._told = run_id, where, True, ""

    def _warn_of_eviction(self, policy: str) -> None:
        if policy.startswith("allkeys") or (self.name == "settings" and policy != "noeviction"):
            wanted = "noeviction" if self.name == "settings" else "volatile-ttl"
            _log.warning(
                "%s server: its maxmemory-policy is %s, so that it deletes what is in use when it"
                " is full; expected %s",
                *(self.name, policy, wanted),
            )

    def _tell(self, problem: Exception) -> None:
        """Say in the log, once, why it cannot be used."""
        text = str(problem) or f"no answer within {ANSWER_TIMEOUT:g} s"
        if self._up or not self._told:
            _log.warning("%s; trying again", self._unusable(text))
        self._up, self._told = False, text

    def _unusable(self, reason: object) -> str:
        return f"the {self.name} server {self._url.shown} cannot be used: {reason}"


def _translated(error: CommandError) -> BeaconError:
    """What a refusal means, and what can be done about it."""
    text = str(error)
    if text.startswith(("LOADING", "BUSY", "MASTERDOWN", "READONLY")):
        return NotReadyError(text)
    if "unknown command" in text and "FUNCTION" in text:
        return UnfitError(f"{text}; expected Redis 7.0 or newer, or Valkey")
    if text.startswith(("NOPERM", "NOAUTH", "WRONGPASS")):
        return UnfitError(f"{text}; docs/outside_services.md says what its user needs")
    return UnfitError(text)


def _field(info: str, name: str) -> str:
    """A field of what INFO says, empty if it is not there."""
    return info.partition(f"\n{name}:")[2].partition("\r")[0]
