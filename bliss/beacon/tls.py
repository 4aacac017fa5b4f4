"""TLS to a server that is not Beacon's own, the same way for Beacon and for all its clients."""

import socket
import ssl
from collections.abc import Mapping
from typing import Any


def tls_context(tls: Mapping[str, Any]) -> ssl.SSLContext:
    """What a connection is to be encrypted with.

    Args:
        tls: As Beacon says where a server is: `ca` (certificates as PEM text, None for those of
            this machine), `verify` (whether its certificate has to be signed by one of these),
            `check_hostname` (and be made out to its host name), `certificate` and `key` (paths of
            PEM files to show who we are, None if nobody asks).

    Raises:
        OSError: If a file cannot be read, or holds something else; `ssl.SSLError` is one too.
        ValueError: If `ca` is empty.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = tls["verify"] and tls["check_hostname"]
    context.verify_mode = ssl.CERT_REQUIRED if tls["verify"] else ssl.CERT_NONE
    if tls["ca"] is not None:
        context.load_verify_locations(cadata=tls["ca"])
    elif tls["verify"]:
        context.load_default_certs()
    if tls["certificate"]:
        context.load_cert_chain(tls["certificate"], tls["key"])
    return context


def encrypted(
    sock: socket.socket, tls: Mapping[str, Any], *, host: str, timeout: float | None
) -> socket.socket:
    """A connected socket from here on encrypted; it is closed if that fails.

    Args:
        sock: The socket.
        tls: As for `tls_context`.
        host: Name of the server, for its certificate.
        timeout: Seconds for both sides to agree; what listens may not know TLS, and be silent.

    Raises:
        OSError: If the two do not agree, or the server is not who it should be.
    """
    later = sock.gettimeout()
    try:
        sock.settimeout(timeout)
        wrapped = tls_context(tls).wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise
    wrapped.settimeout(later)
    return wrapped
