"""URLs of services that are not Beacon's own, taken apart and checked.

    redis://[user:password@]host[:port][/database]
    rediss://…                                        the same, encrypted
    redis+sentinel://[user:password@]host[:port],host[:port]…/service[/database]
    rediss+sentinel://…                               the same, encrypted

Parameters behind a `?` are those of redis-py where it has them too.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from bliss.beacon.address import Address, parse_address
from bliss.beacon.tls import tls_context
from bliss.common.errors import ConfigError

EXAMPLE = "redis://user:password@host:6379/0"

_PORTS = {"redis": 6379, "rediss": 6379, "redis+sentinel": 26379, "rediss+sentinel": 26379}
_CERT_REQS = {"required": True, "none": False}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PARAMETERS = ("db", "password_file")
_OF_TLS = ("ssl_ca_certs", "ssl_cert_reqs", "ssl_check_hostname", "ssl_certfile", "ssl_keyfile")
_OF_SENTINEL = ("sentinel_username", "sentinel_password")


@dataclass(frozen=True)
class ServiceUrl:
    """Where a service is, and how to get in."""

    shown: str  #: the URL without its passwords, for people
    addresses: tuple[Address, ...]  #: of the server, or of the Sentinels that know it
    service: str | None  #: what the Sentinels call it; None without Sentinels
    credentials: Mapping[str, Any] = field(repr=False)
    """`username`, `password`, `db` and `tls`, as clients are told."""
    sentinel: Mapping[str, Any] = field(repr=False)
    """The same of the Sentinels, without `db`."""

    @property
    def place(self) -> tuple[tuple[Address, ...], str | None, int]:
        """What two URLs of the same database have in common."""
        return self.addresses, self.service, self.credentials["db"]


def service_urls(
    options: Mapping[str, str | None], environment: Mapping[str, str] = os.environ
) -> dict[str, ServiceUrl]:
    """The URLs of the servers that are not to be Beacon's own.

    Args:
        options: What the command line says, by name of the server; the environment
            (`BLISS_DATA_URL`) is asked where it says nothing.
        environment: The environment.

    Raises:
        ConfigError: If a URL is wrong, or both are of the same database.
    """
    urls = {}
    for name, option in options.items():
        variable = f"BLISS_{name.upper()}_URL"
        source, text = (
            (f"--{name}-url", option) if option else (variable, environment.get(variable))
        )
        if text:
            urls[name] = parse_service_url(text, source)
    places = [url.place for url in urls.values()]
    if len(places) > len(set(places)):
        raise ConfigError(
            f"{' and '.join(urls)} server: expected two databases, got the same one twice;"
            " give one of the URLs another number, as in redis://host/1"
        )
    return urls


def parse_service_url(text: str, source: str) -> ServiceUrl:
    """What a URL says; files that it names are read.

    Args:
        text: The URL.
        source: Where it comes from, for the error message.

    Raises:
        ConfigError: If it is wrong; the message shows no password.
    """
    try:
        return _parse(text)
    except ValueError as problem:
        raise ConfigError(f"{source}={_masked(text)}: {problem}") from None


def _parse(text: str) -> ServiceUrl:
    url = _split(text)
    if url.scheme not in _PORTS or not text.startswith(f"{url.scheme}://"):
        raise ValueError(
            f"expected {', '.join(f'{scheme}://…' for scheme in _PORTS)}; for example {EXAMPLE}"
        )
    if url.fragment or ("@" in text and "@" not in url.netloc):
        raise ValueError(
            "has a '#', '/' or '?' where it cannot; in a password write them as %23, %2F and %3F"
        )
    parameters = _parameters(url)
    user_info, _, hosts = url.netloc.rpartition("@")
    addresses = tuple(_address(host, _PORTS[url.scheme]) for host in hosts.split(","))
    service, db = _path(url, parameters.get("db"))
    if service is None and len(addresses) > 1:
        raise ValueError("names several hosts; expected one, or redis+sentinel://…")
    tls = _tls(parameters) if url.scheme.startswith("rediss") else None
    username, password = _user(user_info, parameters.get("password_file"))
    sentinel = {
        "username": parameters.get("sentinel_username"),
        "password": parameters.get("sentinel_password"),
        "tls": tls,
    }
    return ServiceUrl(
        shown=_masked(text),
        addresses=addresses,
        service=service,
        credentials={"username": username, "password": password, "db": db, "tls": tls},
        sentinel=sentinel,
    )


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:  # its message may show the password
        raise ValueError(f"is no URL; expected one such as {EXAMPLE}") from None


def _parameters(url: SplitResult) -> dict[str, str]:
    known = list(_PARAMETERS)
    if url.scheme.startswith("rediss"):
        known += _OF_TLS
    if url.scheme.endswith("+sentinel"):
        known += _OF_SENTINEL
    found = dict(parse_qsl(url.query, keep_blank_values=True))
    for name in found:
        if name not in known:
            raise ValueError(f"{url.scheme} has no parameter {name!r}; it has {', '.join(known)}")
    return found


def _address(text: str, port: int) -> Address:
    has_port = ":" in text.rpartition("]")[2]
    try:
        return parse_address(text if has_port else f"{text}:{port}")
    except ConfigError:
        raise ValueError(f"host {text!r}: expected a name or an IP address, and a port") from None


def _path(url: SplitResult, parameter: str | None) -> tuple[str | None, int]:
    """The service's name, if Sentinels know it, and the database."""
    service, db = None, url.path.strip("/")
    if url.scheme.endswith("+sentinel"):
        service, _, db = db.partition("/")
        if not service:
            raise ValueError("expected the service that the Sentinels know, as in host/mymaster")
    db = db or parameter or "0"
    if not (db.isascii() and db.isdigit() and len(db) < 6):
        raise ValueError(f"database {db!r}: expected a number, usually 0")
    return service and unquote(service), int(db)


def _user(user_info: str, password_file: str | None) -> tuple[str | None, str | None]:
    name, colon, password = user_info.partition(":")
    if password_file:
        return unquote(name) or None, _text_of(password_file).strip()
    if name and not colon:
        raise ValueError("has a user without a password; expected user:password@, or password_file")
    return unquote(name) or None, unquote(password) if colon else None


def _tls(parameters: Mapping[str, str]) -> dict[str, Any]:
    """As `bliss.beacon.tls` wants it; the CA's certificates go to clients on other machines too."""
    ca, certificate = parameters.get("ssl_ca_certs"), parameters.get("ssl_certfile")
    tls = {
        # nothing but comments is not ASCII
        "ca": _text_of(ca).encode("ascii", "ignore").decode() if ca else None,
        "verify": _choice(parameters, "ssl_cert_reqs", _CERT_REQS, "required"),
        "check_hostname": _choice(parameters, "ssl_check_hostname", _TRUTHS, "true"),
        "certificate": certificate,
        "key": parameters.get("ssl_keyfile") or certificate,
    }
    try:
        tls_context(tls)
    except (OSError, ValueError) as problem:
        raise ValueError(f"its certificates cannot be used ({problem})") from None
    return tls


def _choice(
    parameters: Mapping[str, str], name: str, choices: Mapping[str, bool], default: str
) -> bool:
    value = parameters.get(name, default).lower()
    if value not in choices:
        raise ValueError(f"{name}={value}: expected one of {', '.join(choices)}")
    return choices[value]


def _text_of(path: str) -> str:
    try:
        return Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "no text"
        raise ValueError(f"file {path} cannot be read ({reason})") from None


def _masked(text: str) -> str:
    without = re.sub(r"(://[^:@/]*:).*@", r"\1***@", text)
    return re.sub(r"(password=)[^&]*", r"\1***", without)
