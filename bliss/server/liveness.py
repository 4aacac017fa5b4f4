"""Which clients are there: a table, and nothing else; touches no socket and no clock.

A client is there while one of its connections is open.  One that has begun to give signs of life
must go on: its process may stand still, or its machine be gone, with the connection open.
"""

from dataclasses import dataclass, field


@dataclass
class _Client:
    connections: set[int] = field(default_factory=set)
    beats: bool = False
    last_sign: float = 0.0


class Liveness:
    """The clients that have a connection, by name.

    Args:
        patience: Seconds without a sign of life after which one that gave signs is silent.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._clients: dict[str, _Client] = {}

    def came(self, client: str, connection: int, now: float) -> None:
        """A client has made a connection."""
        known = self._clients.setdefault(client, _Client())
        known.connections.add(connection)
        known.last_sign = now

    def left(self, client: str, connection: int) -> bool:
        """A connection has ended; returns whether it was the client's last."""
        connections = self._clients[client].connections
        connections.discard(connection)
        if not connections:
            del self._clients[client]
        return not connections

    def sign(self, client: str, now: float, *, beat: bool = False) -> None:
        """A client has asked for something, which is a sign of life too."""
        known = self._clients[client]
        known.last_sign = now
        known.beats = known.beats or beat

    def silent(self, now: float) -> list[str]:
        """Clients that have fallen silent; names each once, until it gives signs again."""
        found = [
            name
            for name, each in self._clients.items()
            if each.beats and now - each.last_sign > self._patience
        ]
        for name in found:
            self._clients[name].beats = False
        return found

    def overlook(self, seconds: float) -> None:
        """Hold against nobody the time in which we could not listen ourselves."""
        for each in self._clients.values():
            each.last_sign += seconds
