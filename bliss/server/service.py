"""What Beacon answers to each request; touches no socket."""

import asyncio
import ipaddress
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import bliss
from bliss.beacon import wire
from bliss.beacon.address import is_loopback
from bliss.common.errors import BeaconError, BlissError
from bliss.server.commands import CommandError
from bliss.server.configuration import ConfigurationFile
from bliss.server.give_up import give_up
from bliss.server.janitor import janitor_link
from bliss.server.peer import Peer, Request, text_of
from bliss.server.presence import PATIENCE, Presence

SERVER_TIMEOUT = 10.0  #: seconds that a request waits for a server that is being restarted
STATUS_TIMEOUT = 1.0  #: seconds that the status waits for what a server says of itself


class Server(Protocol):
    """What the service needs of a `RedisServer`."""

    async def access(self, role: str, timeout: float) -> dict[str, Any]:
        """Address and credentials for a role."""

    async def command(self, *command: str | bytes | float) -> Any:
        """Give the server a command, as Beacon's own user."""

    def status(self) -> dict[str, Any]:
        """Plain facts for people."""


class Service:
    """The answers, from the configuration, the clients and the two servers.

    Args:
        configuration: What `sessions.yml` says.
        servers: By name, `"data"` and `"settings"`.
        address: Where Beacon listens, for people.
        state: The folder for what must survive Beacon; what else is started beside it may use it.
        janitor_status: Gives plain facts about the janitor, for people.
        patience: Seconds without a sign of life after which a session is given up.
    """

    def __init__(
        self,
        configuration: ConfigurationFile,
        servers: Mapping[str, Server],
        *,
        address: str = "",
        state: str | None = None,
        janitor_status: Callable[[], dict[str, Any]] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._configuration = configuration
        self._servers = servers
        self._address = address
        self._state = state
        self._janitor_status = janitor_status or dict
        self._since = time.time()
        self._presence = Presence(servers["data"], patience)
        self._peers: dict[int, Peer] = {}
        self._answers = {
            "session_names": self._session_names,
            "session_config": self._session_config,
            "object_config": self._object_config,
            "change_config": self._change_config,
            "lock_session": self._lock_session,
            "unlock_session": self._unlock_session,
            "announce_consumer": self._announce_consumer,
            "withdraw_consumer": self._withdraw_consumer,
            "consumers": self._consumers,
            "forget_consumer": self._forget_consumer,
            "beat": self._beat,
            "bye": self._bye,
            "server": self._server,
            "status": self._status,
        }

    def welcome(self, peer: Peer) -> dict[str, Any]:
        """Take up a client; returns what it is told."""
        self._peers[peer.number] = peer
        self._presence.came(peer)
        return {
            "protocol": wire.VERSION,
            "release": bliss.__version__,
            "config": str(self._configuration.path),
            "pid": os.getpid(),
            "state": self._state if is_loopback(peer.reached) else None,
        }

    def farewell(self, peer: Peer) -> None:
        """Forget a client whose connection has ended, and free what it held."""
        del self._peers[peer.number]
        self._presence.left(peer)

    async def watch(self) -> None:
        """Notice clients that fall silent, and end the scans of those that are gone, for ever."""
        await self._presence.watch(lambda: self._configuration.current().session_names)

    async def close(self) -> None:
        """Finish what is left to do for clients that are gone."""
        await self._presence.close()

    async def answer(self, peer: Peer, request: Request) -> Any:
        """The result of a request.

        Raises:
            BlissError: What the client is to raise.
        """
        self._presence.sign(peer)
        op = request.get("op")
        answer = self._answers.get(op) if isinstance(op, str) else None
        if answer is None:
            known = ", ".join(self._answers)
            raise BeaconError(f"unknown request {op!r:.100}; expected one of {known}")
        return await answer(peer, request)

    async def _session_names(self, _peer: Peer, _request: Request) -> list[str]:
        return self._configuration.current().session_names

    async def _session_config(self, _peer: Peer, request: Request) -> dict[str, Any]:
        return self._configuration.current().session(text_of(request, "name"))

    async def _object_config(self, _peer: Peer, request: Request) -> dict[str, Any]:
        return self._configuration.fields_of(text_of(request, "name"))

    async def _change_config(self, peer: Peer, request: Request) -> None:
        peer.expect_role("session", "change the configuration")
        fields = request.get("fields")
        if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
            raise BeaconError(f"fields of a request: expected a map by name, got {fields!r:.100}")
        self._configuration.change(text_of(request, "name"), fields)

    async def _lock_session(self, peer: Peer, request: Request) -> None:
        peer.expect_role("session", "hold a session")
        again = request.get("again") is True
        await self._presence.lock(self._session(request, "name", again), peer, again=again)

    async def _unlock_session(self, peer: Peer, request: Request) -> None:
        self._presence.locks.release(text_of(request, "name"), peer.client)

    async def _announce_consumer(self, peer: Peer, request: Request) -> None:
        peer.expect_role("writer", "be a consumer that scans wait for")
        name = text_of(request, "name")
        if not name.strip() or not name.isprintable() or len(name) > 100:
            raise BeaconError(f"consumer {name!r:.120}: expected a short name such as 'writer'")
        session = self._session(request, "session", request.get("again") is True)
        self._presence.announce(session, name, peer)

    async def _withdraw_consumer(self, peer: Peer, request: Request) -> None:
        self._presence.withdraw(text_of(request, "session"), text_of(request, "name"), peer)

    async def _consumers(self, _peer: Peer, request: Request) -> list[str]:
        return self._presence.consumers(self._session(request, "session"))

    async def _forget_consumer(self, peer: Peer, request: Request) -> list[str]:
        peer.expect_role("writer", "give up a consumer that scans wait for")
        session, name = self._session(request, "session"), text_of(request, "name")
        self._presence.forget_consumer(session, name)
        link = janitor_link(self._servers["data"])
        try:
            return await give_up(link, session, name)
        except (OSError, CommandError) as error:
            raise BeaconError(f"the data server: {error}") from error
        finally:
            link.close()

    async def _beat(self, peer: Peer, _request: Request) -> dict[str, Any]:
        return self._presence.beat(peer)

    async def _bye(self, peer: Peer, _request: Request) -> None:
        self._presence.bye(peer)

    async def _server(self, peer: Peer, request: Request) -> dict[str, Any]:
        name = text_of(request, "name")
        if name not in self._servers:
            raise BeaconError(f"server {name!r}: expected one of {', '.join(self._servers)}")
        found = await self._servers[name].access(peer.role, SERVER_TIMEOUT)
        peer.reads_data |= name == "data"
        if _is_anywhere(
            found["host"]
        ):  # every address of this machine; one that leads here is known
            found["host"] = peer.reached
        return found

    async def _status(self, _peer: Peer, _request: Request) -> dict[str, Any]:
        roles = {each.client: each.role for each in self._peers.values()}
        servers = [self._describe(server) for server in self._servers.values()]
        return {
            "release": bliss.__version__,
            "pid": os.getpid(),
            "address": self._address,
            "since": self._since,
            "config": str(self._configuration.path),
            "clients": dict(Counter(roles.values())),
            "followers": self._followers(),
            **self._presence.status(),
            "servers": dict(zip(self._servers, await asyncio.gather(*servers), strict=True)),
            "janitor": self._janitor_status(),
        }

    def _followers(self) -> list[str]:
        """Who can read scans, beside the sessions that make them."""
        found = {p.client: p for p in self._peers.values() if p.reads_data and p.role != "session"}
        return [f"{each.role} {each.holder.who}" for each in found.values()]

    async def _describe(self, server: Server) -> dict[str, Any]:
        return server.status() | {"memory": await _memory_of(server)}

    def _session(self, request: Request, key: str, known: bool = False) -> str:
        """The session that a request names; `known`: even if no longer in the configuration.

        Raises:
            UnknownSessionError: If no session of that name is configured.
        """
        name = text_of(request, key)
        if not known:
            self._configuration.current().session(name)
        return name


async def _memory_of(server: Server) -> dict[str, int] | None:
    """How many bytes a server uses, and how many it may (0: any number); None: it does not say."""
    try:
        async with asyncio.timeout(STATUS_TIMEOUT):
            info: bytes = await server.command("INFO", "memory")
    except (OSError, CommandError, BlissError):
        return None
    lines = (line.partition(":") for line in info.decode(errors="replace").splitlines())
    facts = {name: int(value) for name, _, value in lines if value.isdigit()}
    return {"used": facts.get("used_memory", 0), "max": facts.get("maxmemory", 0)}


def _is_anywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:  # a name, of an external server
        return False
