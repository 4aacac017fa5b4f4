"""When an embedded Beacon ends: with the last session; touches no socket and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

FIRST_SESSION_TIMEOUT = 30.0  #: seconds; an embedded Beacon that no session came to ends then

SESSION = "session"  #: role of the clients that an embedded Beacon lives for


@dataclass
class EmbeddedLife:
    """Says whether the Beacon that a shell started for itself is still of use."""

    had_session: bool = False
    sessions: int = 0

    def update(self, roles: Mapping[str, int]) -> None:
        """Take note of how many clients of each role there are."""
        self.sessions = roles.get(SESSION, 0)
        self.had_session = self.had_session or self.sessions > 0

    def is_over(self, age: float) -> bool:
        """Whether to end, `age` seconds after the start."""
        if self.had_session:
            return self.sessions == 0
        return age >= FIRST_SESSION_TIMEOUT
