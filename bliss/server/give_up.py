"""A required consumer that never comes back is given up: no scan waits for it any more."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from bliss.common.errors import BeaconError
from bliss.data import keys
from bliss.server import survey
from bliss.server.link import Link

_log = logging.getLogger(__name__)


async def give_up(link: Link, session: str, consumer: str) -> list[str]:
    """Let no scan of a session require a consumer any more, and return those that did.

    What it has not stored may be lost from then on.

    Raises:
        BeaconError: If none did.
    """
    found = await survey.required(link, session)
    waiting = [scan for scan, consumers in found.items() if consumer in consumers]
    if not waiting:
        raise BeaconError(f"no scan of {session} requires {consumer!r}: {_others(found)}")
    for scan in waiting:
        nodes = await survey.nodes_of(link, scan)
        touched = (keys.prepared(scan), *(keys.data(node) for node in nodes))
        await link.ask(("FCALL", "bliss_give_up", len(touched), *touched, consumer))
        _log.warning("%s does not require %s any more: it was given up", scan, consumer)
    return waiting


def _others(found: Mapping[str, Sequence[Any]]) -> str:
    names = sorted({name for consumers in found.values() for name in consumers})
    return f"expected one of {', '.join(names)}" if names else "its scans require nobody"
