"""Who holds which session: a table, and nothing else; touches no socket and no clock."""

from dataclasses import dataclass, field
from datetime import datetime

from bliss.common.errors import SessionLockedError


@dataclass(frozen=True)
class Holder:
    """A connection that holds, or asks for, a session."""

    connection: int  #: number of the connection, unique in the life of this Beacon
    client: str  #: the client's name, which stays the same when it connects again
    user: str
    host: str
    pid: int
    since: datetime

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}) since {self.since:%Y-%m-%d %H:%M:%S}"


@dataclass
class SessionLocks:
    """The sessions that are held."""

    holders: dict[str, Holder] = field(default_factory=dict)

    def take(self, session: str, asking: Holder) -> bool:
        """Let `asking` hold `session`; returns whether nobody held it before.

        A client that holds it through an older connection takes it over: that connection broke,
        and its end has not been noticed yet.

        Raises:
            SessionLockedError: If another client holds it.
        """
        holder = self.holders.get(session)
        if holder is not None and holder.client != asking.client:
            raise SessionLockedError(f"session {session} is in use by {holder}; end that one first")
        self.holders[session] = asking
        return holder is None

    def release(self, session: str, connection: int) -> None:
        """Free `session`, if it is held through `connection`."""
        if session in self.holders and self.holders[session].connection == connection:
            del self.holders[session]

    def release_all(self, connection: int) -> list[str]:
        """Free all that is held through `connection`, which has ended; returns what it was."""
        freed = [name for name, each in self.holders.items() if each.connection == connection]
        for session in freed:
            del self.holders[session]
        return freed
