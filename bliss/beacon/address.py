"""Where Beacon is: the text `host:port`, taken apart and checked."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

from bliss.common.errors import ConfigError

VARIABLE = "BEACON_HOST"  #: environment variable that names the Beacon to use
DEFAULT_PORT = 25000


@dataclass(frozen=True, slots=True)
class Address:
    """A host name (or IP address) and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str, *, source: str = "address") -> Address:
    """The address that `text` names.

    Args:
        text: `"host:port"`, `"host"` (port 25000) or `"[::1]:port"`.
        source: Where the text comes from, for the error message.

    Raises:
        ConfigError: If `text` is anything else.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or text.rstrip().endswith("]"):
        host, port = text.strip(), str(DEFAULT_PORT)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""  # an IPv6 address without brackets: where does the port begin?
    if not _is_host(host) or not _is_port(port):
        raise ConfigError(
            f"{source}={text!r}: expected host:port, for example localhost:{DEFAULT_PORT}"
            f" (a port is a number from 1 to 65535)"
        )
    return Address(host, int(port))


def beacon_address(environment: Mapping[str, str] = os.environ) -> Address:
    """The address in `BEACON_HOST`, `localhost:25000` when that is not set.

    Raises:
        ConfigError: If `BEACON_HOST` holds something else than an address.
    """
    text = environment.get(VARIABLE, "")
    return parse_address(text, source=VARIABLE) if text else Address("localhost", DEFAULT_PORT)


def plain_ip(text: str) -> str:
    """An IP address as it is written by hand: `"127.0.0.1"` for `"::ffff:127.0.0.1"`.

    A socket that serves both families sees clients of the older one in such a guise.
    """
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_loopback(ip: str) -> bool:
    """Whether an IP address can only be that of this machine: `"127.0.0.1"`, `"::1"`."""
    return ipaddress.ip_address(plain_ip(ip)).is_loopback


def _is_host(text: str) -> bool:
    return bool(text) and text.isprintable() and not set(text) & set(" /@[]?#,;")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535
