"""The few commands that Beacon gives its own servers, without a client library.

redis-py takes longer to import than all the rest of Beacon's start.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import hiredis

Command = Sequence[str | bytes | int | float]


class CommandError(Exception):
    """A server refused a command; the message is the server's own."""


async def run_commands(host: str, port: int, *commands: Command) -> list[Any]:
    """Send commands over a connection of their own and return their answers.

    Raises:
        CommandError: If one of them is refused.
        OSError: If the server cannot be reached, or goes away.
    """
    reader, writer = await asyncio.open_connection(host, port)
    parser = hiredis.Reader()
    try:
        for command in commands:
            # hiredis' hints say that a command is one word long
            writer.write(hiredis.pack_command(tuple(command)))  # type: ignore[arg-type]
        return [await _next_answer(reader, parser) for _ in commands]
    finally:
        writer.close()


async def _next_answer(reader: asyncio.StreamReader, parser: hiredis.Reader) -> Any:
    while (answer := parser.gets()) is False:  # not there yet; RESP2 knows no other False
        data = await reader.read(1 << 16)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        parser.feed(data)
    if isinstance(answer, hiredis.ReplyError):
        raise CommandError(str(answer))
    return answer
