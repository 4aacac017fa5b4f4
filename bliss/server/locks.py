"""Who holds which session: a table, and nothing else; touches no socket and no clock."""

from dataclasses import dataclass, field
from datetime import datetime

from bliss.common.errors import SessionLockedError


@dataclass(frozen=True)
class Holder:
    """A client that holds, or asks for, something."""

    client: str  #: the client's name, the same on all its connections; only it and Beacon know it
    user: str
    host: str
    pid: int
    since: datetime

    @property
    def who(self) -> str:
        """User, host and process."""
        return f"{self.user}@{self.host} (process {self.pid})"

    def __str__(self) -> str:
        return f"{self.who} since {self.since:%Y-%m-%d %H:%M:%S}"


@dataclass
class SessionLocks:
    """The sessions that are held."""

    holders: dict[str, Holder] = field(default_factory=dict)

    def take(self, session: str, asking: Holder) -> bool:
        """Let `asking` hold `session`; returns whether nobody held it before.

        Raises:
            SessionLockedError: If another client holds it.
        """
        holder = self.holders.setdefault(session, asking)
        if holder.client != asking.client:
            raise SessionLockedError(f"session {session} is in use by {holder}; end that one first")
        return holder is asking

    def of(self, client: str) -> list[str]:
        """The sessions that a client holds."""
        return [name for name, each in self.holders.items() if each.client == client]

    def release(self, session: str, client: str) -> None:
        """Free `session`, if that client holds it."""
        if session in self.of(client):
            del self.holders[session]

    def release_all(self, client: str) -> dict[str, Holder]:
        """Free all that a client holds; returns what it was."""
        return {session: self.holders.pop(session) for session in self.of(client)}
