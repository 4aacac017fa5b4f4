"""The command `bliss-beacon status`: what a running Beacon does, for people and for programs."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bliss.beacon import Beacon

Status = Mapping[str, Any]

_UNITS = ("B", "kB", "MB", "GB")
_NAMED = 8  #: followers that are named
_COUNTS = ("confirmed", "expired", "deleted", "trimmed")  #: what the janitor counts


def show_status(arguments: Sequence[str]) -> None:
    """Ask Beacon and print what it says.

    Raises:
        BeaconError: If it does not answer.
        ConfigError: If its address is none.
    """
    given = _parser().parse_args(arguments)
    with Beacon(given.address, "viewer") as beacon:
        status = beacon.status()
    lines = [json.dumps(status, indent=2)] if given.json else in_words(status, time.time())
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def in_words(status: Status, now: float) -> Iterator[str]:
    """The status in lines for people; `now` is Unix time."""
    up = _duration(now - status["since"])
    yield f"Beacon {status['release']} at {status['address']} (process {status['pid']}), up {up}"
    yield f"configuration  {status['config']}"
    yield from titled("sessions", [f"{name}: {who}" for name, who in status["sessions"].items()])
    servers = [_server(name, each, now) for name, each in status["servers"].items()]
    yield from titled("servers", servers)
    clients = [f"{count} {role}" for role, count in sorted(status["clients"].items())]
    yield from titled("clients", [", ".join(clients)] if clients else [])
    consumers = status["consumers"].items()
    yield from titled("consumers", [f"{name}: {', '.join(each)}" for name, each in consumers])
    followers = status["followers"]
    more = [f"{len(followers) - _NAMED} more"] if len(followers) > _NAMED else []
    named = ", ".join([*followers[:_NAMED], *more])
    yield from titled("followers", [named] if named else [])
    yield from titled("janitor", list(_janitor(status["janitor"])))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bliss-beacon status", description="Say what a running Beacon does."
    )
    parser.add_argument(
        "address", nargs="?", help="host:port (default: BEACON_HOST, else localhost:25000)"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser


def titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    """A line each, the first one with a title; `none` if there are none."""
    for number, line in enumerate(lines or ["none"]):
        yield f"{'' if number else title:<13}  {line}"


def _janitor(report: Mapping[str, Any]) -> Iterator[str]:
    """What it has done, and what keeps it from making room."""
    counts = [f"{name} {report[name]}" for name in _COUNTS if name in report]
    if counts:
        yield ", ".join(counts)
    for name, lacking in report.get("waits_for", {}).items():
        yield f"waits for {name}, which has not stored {_size(lacking)}"


def _server(name: str, server: Status, now: float) -> str:
    where = f"{name} at {server['host']}:{server['port']}"
    if not server["up"]:
        return f"{where}: down"
    since = f", up {_duration(now - server['since'])}" if server.get("since") else ""
    return f"{where}{since}, {_memory(server['memory'])}"


def _memory(memory: Mapping[str, int] | None) -> str:
    if memory is None:
        return "does not say how much memory it uses"
    limit = f" of {_size(memory['max'])}" if memory["max"] else ""
    return f"uses {_size(memory['used'])}{limit}"


def _size(number: float) -> str:
    for unit in _UNITS[:-1]:
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:.3g} {_UNITS[-1]}"


def _duration(seconds: float) -> str:
    """The largest unit and the next one: `3 d 0 h`, `5 min 12 s`."""
    left = max(round(seconds), 0)
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts or unit == "s":
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
