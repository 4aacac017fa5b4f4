"""A program that follows the session from outside, and says in JSON, line by line, what it sees."""

import json

from bliss.data import node
from bliss.data.node import Event, EventType


class _Started:
    """Stands in for an event, to tell that whatever happens from now on will be seen."""

    def set(self) -> None:
        _say({"listening": True})


def main() -> None:
    """Follow until killed."""
    session = node.get_session_node("demo_session")
    for event in session.walk_on_new_events(filter="scan", started_event=_Started()):
        _say(_in_words(event))


def _in_words(event: Event) -> dict[str, object]:
    if event.type is EventType.END_SCAN:
        return {"end": event.node.name, "outcome": event.data.outcome, "reason": event.data.reason}
    return {event.type.value: event.node.name}


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
