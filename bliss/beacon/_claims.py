"""What a client holds at Beacon for as long as it lives; touches no socket.

The beat reads it in a thread that shares no lock with anyone, so every change is one assignment or
one operation of a dict.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from bliss.beacon import wire
from bliss.common.errors import ConsumerTakenError, SessionLockedError


class Asking(Protocol):
    """What is needed of a connection."""

    def ask(self, request: dict[str, Any]) -> Any:
        """Send a request and return its result."""


@dataclass(frozen=True)
class Claim:
    """A session, or the place of one of its consumers."""

    session: str
    consumer: str | None = None  #: None: the session itself

    def taking(self) -> dict[str, Any]:
        """The request that takes it."""
        if self.consumer is not None:
            return {"op": "announce_consumer", "name": self.consumer, "session": self.session}
        return {"op": "lock_session", "name": self.session}

    def giving_up(self) -> dict[str, Any]:
        """The request that gives it up."""
        if self.consumer is not None:
            return {"op": "withdraw_consumer", "name": self.consumer, "session": self.session}
        return {"op": "unlock_session", "name": self.session}


class Claims:
    """Those of one client, and which of them others took meanwhile."""

    def __init__(self) -> None:
        self.wanted: frozenset[Claim] = frozenset()
        self._lost: dict[Claim, str] = {}

    @property
    def lost_session(self) -> str | None:
        """Who holds a session that was ours, in a sentence."""
        return next((why for each, why in list(self._lost.items()) if each.consumer is None), None)

    def add(self, claim: Claim) -> None:
        """It is ours now."""
        self._lost.pop(claim, None)
        self.wanted |= {claim}

    def discard(self, claim: Claim) -> None:
        """It is not wanted any more."""
        self.wanted -= {claim}
        self._lost.pop(claim, None)

    def clear(self) -> None:
        """Nothing is wanted any more."""
        self.wanted = frozenset()

    def missing(self, held: Iterable[Claim] = ()) -> list[Claim]:
        """Those to be taken again when Beacon says that we hold `held`, all others than lost."""
        return [claim for claim in self.wanted.difference(held) if claim not in self._lost]

    def take_again(self, claim: Claim, connection: Asking) -> None:
        """Take a claim that Beacon may have given up, or does not know since it was restarted.

        Raises:
            SessionLockedError, ConsumerTakenError: If someone else has it; it counts as lost then.
        """
        try:
            connection.ask(claim.taking() | {"again": True})
        except (SessionLockedError, ConsumerTakenError) as error:
            self._lost[claim] = str(error)
            raise
        if claim not in self.wanted:  # given up while we asked
            connection.ask(claim.giving_up())


def held_according_to(answer: Any) -> tuple[set[Claim], float]:
    """What the answer to a beat says that we hold, and the seconds to the next beat.

    Raises:
        WireError: If it is not such an answer.
    """
    try:
        held = {Claim(str(session)) for session in answer["sessions"]}
        held |= {Claim(str(session), str(name)) for name, session in answer["consumers"]}
        return held, float(answer["next"])
    except (TypeError, KeyError, ValueError) as error:
        raise wire.WireError(f"unexpected answer to a beat: {answer!r:.100}") from error


OnLost = Callable[[str], object]
