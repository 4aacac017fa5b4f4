"""Scans whose session died are ended for it, so that nobody waits for them for ever."""

import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import Any, Protocol

import msgpack

from bliss.data import keys
from bliss.server.locks import Holder

_log = logging.getLogger(__name__)


class DataServer(Protocol):
    """What is needed of the data server."""

    async def command(self, *command: str | bytes | float) -> Any:
        """Give the server a command, as Beacon's own user."""


async def end_lost_scans(server: DataServer, session: str, reason: str) -> None:
    """End all scans of `session` that have no END, with the outcome `lost`."""
    for name in await server.command("SMEMBERS", keys.unfinished(session)):
        scan = name.decode()
        now = time.time()
        info = {"end_timestamp": now, "outcome": "lost", "reason": reason}
        touched = keys.touched_by_end(scan)
        command = ["FCALL", "bliss_end_scan", len(touched), *touched, scan, now, "lost", reason]
        ended = await server.command(*command, *_packed(info))
        if ended:
            _log.warning("%s is lost: %s", scan, reason)


def _packed(info: Mapping[str, Any]) -> list[str | bytes]:
    return [part for name, value in info.items() for part in (name, msgpack.packb(value))]


def is_dead(holder: Holder) -> bool:
    """Whether the holder's process has ended, as far as can be seen from this machine."""
    if holder.host != socket.gethostname():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it is there, and somebody else's
    return False
