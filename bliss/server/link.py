"""A connection of Beacon's own to one of the servers that stays, for many commands at once."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import hiredis

from bliss.server.commands import Command, CommandError, connect, greeting
from bliss.server.redis_config import JANITOR

ANSWER_TIMEOUT = 10.0  #: seconds; also until a server that is being restarted is back


class Server(Protocol):
    """What is needed of a server."""

    async def access(self, role: str, timeout: float) -> dict[str, Any]:
        """Address and credentials for a role."""


class Link:
    """Made at the first command, and again when it broke.

    Args:
        server: Where to connect.
        greeting: Commands given after each connect.
    """

    def __init__(self, server: Server, greeting: Sequence[Command] = ()) -> None:
        self._server = server
        self._greeting = greeting
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._parser = hiredis.Reader()

    async def ask(self, *commands: Command) -> list[Any]:
        """Give commands in one go; returns the answers.

        Raises:
            CommandError: If one of them is refused; the others were given nevertheless.
            OSError: If the server cannot be reached, does not answer, or goes away.
            BeaconError: If it does not come back.
        """
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                if self._writer is None:
                    await self._connect()
                return await self._exchange(commands)
        except CommandError:
            raise
        except BaseException:  # whatever interrupted it, no late answer finds a reader
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, in whatever state it is."""
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None

    async def _connect(self) -> None:
        where = await self._server.access(JANITOR, ANSWER_TIMEOUT)
        self._parser = hiredis.Reader()
        self._reader, self._writer = await connect(where)
        await self._exchange([*greeting(where), *self._greeting])

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        assert self._writer is not None  # noqa: S101
        for command in commands:
            # hiredis' hints say that a command is one word long
            self._writer.write(hiredis.pack_command(tuple(command)))  # type: ignore[arg-type]
        answers = [await self._answer() for _ in commands]
        for answer in answers:
            if isinstance(answer, hiredis.ReplyError):
                raise CommandError(str(answer))
        return answers

    async def _answer(self) -> Any:
        assert self._reader is not None  # noqa: S101
        while (answer := self._parser.gets()) is False:  # RESP2 knows no other False
            data = await self._reader.read(1 << 16)
            if not data:
                raise ConnectionResetError("the server closed the connection")
            self._parser.feed(data)
        return answer
