"""What there is in the data server that may have to go, as `retention` wants to know it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bliss.data import keys
from bliss.server.link import Link
from bliss.server.retention import ChannelState, ScanState


async def running_scans(link: Link, session: str) -> list[ScanState]:
    """The scans of a session without END, with their channels."""
    names = await _members(link, keys.unfinished(session))
    return [await scan_state(link, name, has_ended=False) for name in names]


async def ended_scans(link: Link, session: str) -> list[ScanState]:
    """The scans of a session that have ended and are not confirmed, with their channels."""
    names = await _members(link, keys.ended(session))
    return [await scan_state(link, name, has_ended=True) for name in names]


async def stored_scans(link: Link, session: str) -> list[ScanState]:
    """Those of the ended scans of which all required consumers say that they have them.

    Only these are looked at in detail: while a consumer is away there may be many others.
    """
    names = await _members(link, keys.ended(session))
    asked = [("FCALL_RO", "bliss_survey", 1, keys.prepared(name)) for name in names]
    found = zip(names, await link.ask(*asked), strict=True)
    stored = [name for name, answer in found if set(_groups(answer).values()) <= {keys.STORED}]
    return [await scan_state(link, name, has_ended=True) for name in stored]


async def required(link: Link, session: str) -> Mapping[str, Sequence[str]]:
    """The consumers that each scan of a session requires which is not confirmed yet."""
    names = [
        *await _members(link, keys.unfinished(session)),
        *await _members(link, keys.ended(session)),
    ]
    answers = await link.ask(
        *[("FCALL_RO", "bliss_survey", 1, keys.prepared(name)) for name in names]
    )
    return {name: list(_groups(each)) for name, each in zip(names, answers, strict=True)}


async def scan_state(link: Link, name: str, *, has_ended: bool) -> ScanState:
    """What is there of a scan."""
    (groups,) = await link.ask(("FCALL_RO", "bliss_survey", 1, keys.prepared(name)))
    stored = {consumer: position == keys.STORED for consumer, position in _groups(groups).items()}
    return ScanState(name, has_ended, stored, await _channels(link, name))


async def _channels(link: Link, scan: str) -> list[ChannelState]:
    nodes = await nodes_of(link, scan)
    answers = await link.ask(*[("FCALL_RO", "bliss_survey", 1, keys.data(node)) for node in nodes])
    return [_channel(node, *each) for node, each in zip(nodes, answers, strict=True) if each]


def _channel(name: str, last: bytes, before: bytes, size: int, *groups: bytes) -> ChannelState:
    marks = {each: _number(at) for each, at in _groups([last, before, size, *groups]).items()}
    return ChannelState(name, int(before), _number(last.decode()), size, marks)


def _groups(answer: Sequence[Any]) -> Mapping[str, str]:
    """Name and position of each required consumer."""
    texts = [text.decode(errors="replace") for text in answer[3:]]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _number(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])


async def expiring_scans(
    link: Link, session: str, *, until: float | str = "+inf", count: int = -1
) -> list[tuple[str, float]]:
    """The confirmed scans of a session and when they expire, the first to do so first."""
    key, limit = keys.expiring(session), ("LIMIT", 0, count)
    (answer,) = await link.ask(("ZRANGEBYSCORE", key, "-inf", until, "WITHSCORES", *limit))
    names = [name.decode(errors="replace") for name in answer[::2]]
    return list(zip(names, map(float, answer[1::2]), strict=True))


async def size_of(link: Link, scan: str) -> int:
    """Bytes that all keys of a scan take."""
    commands = [("MEMORY", "USAGE", key) for key in await keys_of(link, scan)]
    return sum(size or 0 for size in await link.ask(*commands))


async def keys_of(link: Link, scan: str) -> list[str]:
    """All keys that a scan may have."""
    return keys.of_scan(scan, await nodes_of(link, scan))


async def nodes_of(link: Link, scan: str) -> list[str]:
    """The nodes below a scan."""
    return await _members(link, keys.nodes(scan))


async def is_torn(link: Link, scan: str) -> bool:
    """Whether a server that evicts has taken a part of a scan."""
    nodes = await nodes_of(link, scan)
    own = [keys.node(scan), keys.prepared(scan), keys.end(scan), keys.nodes(scan)]
    kinds = await link.ask(*[("HGET", keys.node(node), "node_type") for node in nodes])
    streams = [keys.data(n) for n, kind in zip(nodes, kinds, strict=True) if kind == b"channel"]
    (found,) = await link.ask(("EXISTS", *own, *streams))
    return None in kinds or found < len(own) + len(streams)


async def containers_of(link: Link, session: str) -> list[str]:
    """The containers of a session."""
    return await _members(link, keys.containers(session))


async def _members(link: Link, key: str) -> list[str]:
    (answer,) = await link.ask(("SMEMBERS", key))
    return sorted(name.decode(errors="replace") for name in answer)
