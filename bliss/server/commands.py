"""The few commands that Beacon gives the servers, without a client library.

redis-py takes longer to import than all the rest of Beacon's start.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import hiredis

from bliss.beacon.tls import tls_context

Command = Sequence[str | bytes | int | float]
Where = Mapping[str, Any]
"""A server as clients are told of it: `host port`; may have `username password db tls`."""


class CommandError(Exception):
    """A server refused a command; the message is the server's own."""


async def connect(where: Where) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a server, encrypted if it is to be; what has to be said first is `greeting`.

    Raises:
        OSError: If the server cannot be reached, or is not who it should be.
    """
    tls = where.get("tls")
    context = None if tls is None else tls_context(tls)
    return await asyncio.open_connection(where["host"], where["port"], ssl=context)


def greeting(where: Where) -> list[Command]:
    """The commands that a connection begins with: who we are, and which database we mean."""
    commands: list[Command] = []
    if where.get("password") is not None:
        user = where.get("username")
        commands.append(("AUTH", *([user] if user else []), where["password"]))
    if where.get("db"):
        commands.append(("SELECT", where["db"]))
    return commands


async def run_commands(where: Where, *commands: Command) -> list[Any]:
    """Send commands over a connection of their own and return their answers.

    Raises:
        CommandError: If one of them is refused.
        OSError: If the server cannot be reached, or goes away.
    """
    reader, writer = await connect(where)
    first = greeting(where)
    parser = hiredis.Reader()
    try:
        for command in (*first, *commands):
            # hiredis' hints say that a command is one word long
            writer.write(hiredis.pack_command(tuple(command)))  # type: ignore[arg-type]
        answers = [await _next_answer(reader, parser) for _ in (*first, *commands)]
    finally:
        writer.close()
    return answers[len(first) :]


async def _next_answer(reader: asyncio.StreamReader, parser: hiredis.Reader) -> Any:
    while (answer := parser.gets()) is False:  # not there yet; RESP2 knows no other False
        data = await reader.read(1 << 16)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        parser.feed(data)
    if isinstance(answer, hiredis.ReplyError):
        raise CommandError(str(answer))
    return answer
