"""The settings and the data server, Beacon's own or somebody else's."""

from collections.abc import Mapping
from pathlib import Path

from bliss.server.outside import OutsideServer
from bliss.server.redis_config import SERVERS
from bliss.server.redis_server import RedisServer
from bliss.server.service_url import ServiceUrl

Server = RedisServer | OutsideServer


def make_servers(
    urls: Mapping[str, ServiceUrl], *, binary: str, host: str, folder: Path, memory: str
) -> dict[str, Server]:
    """Both servers, not started yet.

    Args:
        urls: Of those that are not Beacon's own, by name.
        binary: The program of Beacon's own.
        host: IP address for Beacon's own to listen on.
        folder: For their files.
        memory: What data may take of the memory of Beacon's own: `"1gb"`.
    """
    return {
        name: OutsideServer(name, urls[name])
        if name in urls
        else RedisServer(
            name,
            binary=binary,
            host=host,
            folder=folder,
            memory=memory if name == "data" else None,
        )
        for name in SERVERS
    }
