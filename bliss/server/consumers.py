"""Who stores the data of which session: a table, and nothing else; touches no socket and no clock.

A consumer whose connection ended counts on for a while: it may have been killed, and be started
again, and a scan that is made meanwhile is to wait for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bliss.server.locks import Holder


@dataclass
class _Announced:
    by: Holder
    until: float = float("inf")  #: without end while it is connected


class Consumers:
    """The consumers that have announced themselves.

    Args:
        patience: Seconds that one counts on whose connection ended.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._announced: dict[tuple[str, str], _Announced] = {}  # by session and name

    def connected(self, session: str, name: str) -> Holder | None:
        """The client that is this consumer, if it is connected."""
        known = self._announced.get((session, name))
        return known.by if known and known.until == float("inf") else None

    def announce(self, session: str, name: str, by: Holder) -> None:
        """A client is this consumer, whoever was before."""
        self._announced[session, name] = _Announced(by)

    def withdraw(self, session: str, name: str, client: str) -> None:
        """A client is this consumer no more, if it was."""
        if (session, name) in self.of(client):
            del self._announced[session, name]

    def forget(self, session: str, name: str) -> None:
        """Nobody is this consumer, whoever was before."""
        self._announced.pop((session, name), None)

    def withdraw_all(self, client: str) -> None:
        """A client has ended, as it should."""
        for key in self.of(client):
            del self._announced[key]

    def left(self, client: str, now: float) -> None:
        """The last connection of a client has ended."""
        for key in self.of(client):
            self._announced[key].until = now + self._patience

    def of(self, client: str) -> list[tuple[str, str]]:
        """Session and name of each consumer that a client is."""
        return [key for key, each in self._announced.items() if each.by.client == client]

    def names(self, session: str, now: float) -> list[str]:
        """The consumers of a session."""
        return sorted(name for its, name in self._counting(now) if its == session)

    def by_session(self, now: float) -> dict[str, list[str]]:
        """The consumers of each session that has any."""
        sessions = dict.fromkeys(session for session, _ in self._counting(now))
        return {session: self.names(session, now) for session in sessions}

    def _counting(self, now: float) -> Iterator[tuple[str, str]]:
        for key, each in list(self._announced.items()):
            if each.until > now:
                yield key
            else:
                del self._announced[key]
