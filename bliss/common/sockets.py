"""TCP connections that leave nothing behind, whatever ends the attempt to make one."""

import socket
from types import ModuleType


def connected(
    host: str, port: int, timeout: float | None, sockets: ModuleType = socket
) -> socket.socket:
    """A connected socket that sends at once, and waits `timeout` seconds at most.

    Python's own ways, and redis-py's, close their socket when the network fails, but not when
    Ctrl-C or another greenlet raises something here meanwhile.

    Args:
        host: Name or address.
        port: Its port.
        timeout: For the connection, and for what is done with it; None waits for ever.
        sockets: Where sockets come from: gevent's, or the operating system's own whatever gevent
            has patched.

    Raises:
        OSError: If there is no connection.
    """
    problem = OSError(f"{host}: no such host")
    for family, kind, protocol, _, where in sockets.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        made: socket.socket = sockets.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(timeout)
            made.connect(where)
        except OSError as error:
            made.close()
            problem = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise problem
