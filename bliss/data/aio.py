"""The walks for asyncio programs.

```python
from bliss.data import aio, node

async for event in aio.walk_on_new_events(node.get_session_node("demo_session")):
    ...
```

To end a walk, leave the loop or cancel the task.  An event brings its points along; anything else
that is asked of its node is a round trip that blocks, so do that with `asyncio.to_thread`.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Sequence
from typing import Any

import redis

from bliss.beacon.redis import async_connection
from bliss.data._bites import Bites
from bliss.data._events import LookedUp
from bliss.data._follow import FIRST_RETRY, LAST_RETRY, StopHandler
from bliss.data._interest import Filter, interest_of
from bliss.data._nodes import DataNode, make
from bliss.data._raw import RawEvent
from bliss.data._reader import comparison, holding_no_stream, take_comparison
from bliss.data._server_run import SECTIONS, ServerRun, fields_in
from bliss.data._snapshot import walk_from_now
from bliss.data._walk import Walk
from bliss.data._wrong import is_wrong_type
from bliss.data.events import Event

_log = logging.getLogger(__name__)


async def walk(
    node: DataNode,
    filter: Filter = None,  # noqa: A002 - as the walks of a node have it
    *,
    exclude_children: str | Collection[str] = (),
    wait: bool = True,
) -> AsyncIterator[DataNode]:
    """As `DataNode.walk`."""
    begun = Walk(interest_of(filter, exclude_children, data=False), node.db_name)
    begun.add(node.db_name, node.type, await asyncio.to_thread(node.scan_name))
    async for event in _events(node, begun, filter, wait=wait):
        yield event.node


async def walk_events(
    node: DataNode,
    filter: Filter = None,  # noqa: A002 - as the walks of a node have it
    *,
    exclude_children: str | Collection[str] = (),
    wait: bool = True,
) -> AsyncIterator[Event]:
    """As `DataNode.walk_events`."""
    begun = Walk(interest_of(filter, exclude_children, data=True), node.db_name)
    begun.add(node.db_name, node.type, await asyncio.to_thread(node.scan_name))
    async for event in _events(node, begun, filter, wait=wait):
        yield event


async def walk_on_new_events(
    node: DataNode,
    filter: Filter = None,  # noqa: A002 - as the walks of a node have it
    *,
    exclude_children: str | Collection[str] = (),
    started_event: asyncio.Event | None = None,
) -> AsyncIterator[Event]:
    """As `DataNode.walk_on_new_events`."""
    interest = interest_of(filter, exclude_children, data=True)
    scan = await asyncio.to_thread(node.scan_name)
    begun = await asyncio.to_thread(
        walk_from_now, node.db_connection, interest, node.db_name, node.type, scan
    )
    if started_event:
        started_event.set()
    async for event in _events(node, begun, filter, wait=True):
        yield event


async def _events(
    node: DataNode, begun: Walk, wanted: Filter, *, wait: bool
) -> AsyncIterator[Event]:
    looked_up = LookedUp(node.db_connection, make, begun)
    stop = StopHandler()
    async with contextlib.aclosing(_follow(node.db_connection, begun, wait=wait)) as reads:
        try:
            async for raw_events in reads:
                if not looked_up.is_known(raw_events):
                    await asyncio.to_thread(looked_up.look_up, raw_events, stop)
                for event in looked_up.events(raw_events):
                    if not callable(wanted) or wanted(event.node):
                        yield event
        finally:
            stop.stop()  # for a look-up that goes on in its thread


async def _follow(
    client: redis.Redis, begun: Walk, *, wait: bool
) -> AsyncGenerator[list[RawEvent], None]:
    """As `bliss.data._follow.follow`."""
    reader = _AsyncReader(client)
    retry = FIRST_RETRY
    try:
        while not begun.finished:
            try:
                events = await _step(reader, begun, wait=wait)
            except (redis.ConnectionError, redis.TimeoutError) as problem:
                await reader.disconnect()
                if retry == FIRST_RETRY:
                    _log.warning("the data server does not answer (%s); trying again", problem)
                await asyncio.sleep(retry)
                retry = min(2 * retry, LAST_RETRY)
                continue
            retry = FIRST_RETRY
            if events is None:
                return
            for text in begun.take_problems():
                _log.warning("%s", text)
            if events:
                yield events
    finally:
        await reader.disconnect()


async def _step(reader: "_AsyncReader", begun: Walk, *, wait: bool) -> list[RawEvent] | None:
    """Connect, or read once, and return what that means; None: that was all there is."""
    if not reader.is_connected:
        return begun.connected_to(await reader.connect(), time.time())
    if begun.has_moved:
        return take_comparison(begun, await reader.ask_all(comparison(begun)), time.time())
    block = wait and begun.settled
    if block and (pause := reader.pause()):
        await asyncio.sleep(pause)
    try:
        reply = await reader.read(begun.streams, block=block)
    except redis.ResponseError as problem:
        if not is_wrong_type(problem):
            raise
        begun.leave_out(await reader.no_streams(begun.streams))
        return []
    if not reply and begun.settled and not wait:
        return None
    return begun.feed(reply)


class _AsyncReader:
    """As `StreamReader`."""

    def __init__(self, client: redis.Redis) -> None:
        self._connection = async_connection(client)
        self._bites = Bites()
        self.is_connected = False

    async def connect(self) -> ServerRun:
        await self._connection.connect()  # type: ignore[no-untyped-call]
        info = await self._ask("INFO", *SECTIONS)
        self.is_connected = True
        return ServerRun.of(fields_in(info))

    async def disconnect(self) -> None:
        self.is_connected = False
        self._bites.be_careful()
        await self._connection.disconnect()

    def pause(self) -> float:
        return self._bites.pause(time.monotonic())

    async def read(self, streams: dict[str, str], *, block: bool) -> list[Any]:
        if not streams:
            return []
        await self._connection.send_packed_command(self._bites.command(streams, block=block))
        return self._bites.entries(await self._connection.read_response(), time.monotonic())

    async def no_streams(self, streams: Iterable[str]) -> list[str]:
        asked = list(streams)
        types = await self.ask_all([("TYPE", key) for key in asked])
        return holding_no_stream(dict(zip(asked, types, strict=True)))

    async def ask_all(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        await self._connection.send_packed_command(self._connection.pack_commands(commands))
        return [await self._answer_or_error() for _ in commands]

    async def _answer_or_error(self) -> Any:
        try:
            return await self._connection.read_response()
        except redis.ResponseError as error:
            return error

    async def _ask(self, *command: object) -> Any:
        await self._connection.send_command(*command)
        return await self._connection.read_response()
