"""Running several masters of a chain side by side."""

from collections.abc import Callable, Collection, Hashable, Mapping

import gevent
from gevent.event import Event

Take = Callable[[Callable[[], bool]], object]
"""Takes points until the function that it is given says that it is over."""


def together(
    takes: Mapping[Hashable, Take], counted: Collection[Hashable], is_over: Callable[[], bool]
) -> None:
    """Run all to their end; the first error ends the others, and is raised.

    Args:
        takes: What to run.
        counted: Those that end by themselves; the others go on until these have ended, or, if
            there are none, until it is over.
        is_over: Says that all shall end after the points in hand.
    """
    left, ended = set(counted), 0
    news = Event()
    errors: list[BaseException] = []

    def may_end() -> bool:
        return is_over() or (bool(counted) and not left)

    def run(key: Hashable, take: Take) -> None:
        nonlocal ended
        try:
            take(is_over if key in left else may_end)
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            errors.append(error)
        left.discard(key)
        ended += 1
        news.set()

    running = [gevent.spawn(run, key, take) for key, take in takes.items()]
    try:
        while ended < len(running) and not errors:
            news.clear()
            news.wait()
    finally:
        gevent.killall(running, block=False)
    if errors:
        raise errors[0]
