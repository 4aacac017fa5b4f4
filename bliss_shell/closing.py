"""What is closed when a session ends; whatever does not answer, Ctrl-C leaves at once."""

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import gevent
from gevent.event import Event

Step = tuple[str, Callable[[], object]]
"""What is closed, in words that follow `closing`, and how."""

_PATIENCE = 1.5  #: s, after which is said what is waited for
_LAST_CHANCE = 0.3  #: s that each step gets after Ctrl-C


class Closing:
    """Steps that all run, the one that was added last first, even if another fails.

    >>> closing = Closing()
    >>> closing.add("the door", lambda: print("door"))
    >>> closing.add("the window", lambda: print("window"))
    >>> closing.run()
    window
    door
    """

    def __init__(self) -> None:
        self._steps: list[Callable[[], Iterable[Step]]] = []
        self._name = ""  #: of what is closed now
        self._greenlet: gevent.Greenlet | None = None  #: that closes it
        self._hurry = Event()
        self._left: list[str] = []  #: what was not closed
        self._errors: list[BaseException] = []

    def add(self, name: str, call: Callable[[], object]) -> None:
        """Have this closed."""
        self.add_all(lambda: [(name, call)])

    def add_all(self, steps: Callable[[], Iterable[Step]]) -> None:
        """Have all of this closed, in this order; it is asked for at the end."""
        self._steps.append(steps)

    def run(self) -> None:
        """Close all, and say on the screen what is waited for, and what Ctrl-C has left as it was.

        Raises:
            BaseException: The first error, when all else is closed.
        """
        saying = gevent.spawn_later(_PATIENCE, self._say_what_takes_long)
        with self._interrupts_taken():
            while self._steps:
                for name, call in self._steps.pop()():
                    self._close(name, call)
        saying.kill(block=False)
        if self._left:
            print(f"left without closing {', '.join(self._left)}", file=sys.stderr)
        if self._errors:
            raise self._errors[0]

    def _close(self, name: str, call: Callable[[], object]) -> None:
        errors: list[BaseException] = []
        self._name = name
        self._greenlet = greenlet = gevent.spawn(_attempt, call, errors)
        gevent.wait([greenlet, self._hurry], count=1)
        greenlet.join(_LAST_CHANCE)
        if not greenlet.dead or any(isinstance(error, KeyboardInterrupt) for error in errors):
            self._left.append(name)
            greenlet.kill(block=False)
        else:
            self._errors += errors

    @contextmanager
    def _interrupts_taken(self) -> Iterator[None]:
        """Have Ctrl-C hurry, and raise nothing but in a step that computes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, lambda _signal, _frame: self._interrupt())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt(self) -> None:
        gevent.get_hub().loop.run_callback(self._hurry.set)
        if gevent.getcurrent() is self._greenlet:
            raise KeyboardInterrupt

    def _say_what_takes_long(self) -> None:
        print(
            f"closing {self._name} takes long: it, or a server, does not answer; "
            "Ctrl-C leaves at once",
            file=sys.stderr,
        )


def _attempt(call: Callable[[], object], errors: list[BaseException]) -> None:
    try:
        call()
    except BaseException as error:  # noqa: BLE001 - raised when all else is closed
        errors.append(error)
