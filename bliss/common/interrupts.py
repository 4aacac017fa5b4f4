"""Ctrl-C: who gets it, and what it does while something is brought to its end.

The first one ends what the command does, after cleaning up.  The second leaves out what need not
be done to stop everything.  The third waits for nothing any more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.event import Event

from bliss.common.ending import Ending

GIVE_UP = 2.0  #: s from the third Ctrl-C until the command is left to itself


class CommandAbandonedError(Exception):
    """The command ignored three interrupts, and was left to itself."""


def interrupted_by(error: KeyboardInterrupt) -> str:
    """`interrupted by Ctrl-C`, or by what has ended the whole session."""
    return f"interrupted by {str(error) or 'Ctrl-C'}"


class Interrupts:
    """Delivers interrupts to the greenlet that runs a command, and to no other.

    What is `shielded` is not interrupted in the middle: an interrupt is kept, and raised when the
    shield ends.  All methods but `arrive` do nothing special on other greenlets than the
    command's, and when there is no command.

    Args:
        on_idle: Called for an interrupt when no command runs.
        on_count: Called for each interrupt of a command with its number; both are called by the
            signal handler.
    """

    def __init__(
        self,
        on_idle: Callable[[], object] = lambda: None,
        on_count: Callable[[int], object] = lambda _count: None,
    ) -> None:
        self.on_idle = on_idle
        self.on_count = on_count
        #: Whether an interrupt is kept.  Set it without a call in between where the shield has to
        #: close again after an interrupt: Python looks for signals at calls, not at stores.
        self.is_shielded = True
        #: What they stand for, in words, where it is not Ctrl-C but what ends the whole session.
        self.cause = ""
        self._command: gevent.Greenlet | None = None
        self._has_commands = False  #: whether there was ever one
        self._count = 0
        self._is_kept = False
        self._ending: Ending | None = None
        self._woken = Event()

    def arrive(self) -> None:
        """An interrupt has come; called by the signal handler, in whatever greenlet runs."""
        command = self._command
        if command is None:
            self.on_idle()
            return
        self._count += 1
        self.on_count(self._count)
        loop = gevent.get_hub().loop
        if self._count >= 3:
            loop.run_callback(self._woken.set)
        if self.is_shielded:
            self._is_kept = True
            loop.run_callback(self._hurry)
        elif gevent.getcurrent() is not command:
            loop.run_callback(self._throw)
        elif self._count < 3:
            raise self._interrupt()
        else:
            gevent.get_hub().switch()  # it computes and ignores us: never come back to it

    def _throw(self) -> None:
        # on the hub: the command may have ended, or shielded itself, in between
        if self.is_shielded:
            self._is_kept = True
        elif self._command is not None:
            self._command.throw(self._interrupt())

    def _interrupt(self) -> KeyboardInterrupt:
        return KeyboardInterrupt(self.cause) if self.cause else KeyboardInterrupt()

    def _hurry(self) -> None:
        if self._ending and self._count > 1:
            self._ending.hurry()

    def run_command(self, work: Callable[[], Any]) -> Any:
        """Run `work` on a greenlet of its own as the command, and give back what it returns.

        It begins shielded.

        Raises:
            CommandAbandonedError: If it ignored three interrupts.
        """
        answer: list[Any] = []
        problem: list[BaseException] = []

        def run() -> None:
            try:
                answer.append(work())
            except BaseException as error:  # noqa: BLE001 - raised by who waits
                problem.append(error)
            if self._command is command:
                self._command = None
                self._woken.set()

        self._has_commands = True
        command = gevent.Greenlet(run)
        self._count, self._is_kept, self.is_shielded = 0, False, True
        self._woken.clear()
        self._command = command
        command.start()
        self._wait()
        if problem:
            raise problem[0]
        if not answer:
            raise CommandAbandonedError("the command did not end, and goes on by itself")
        return answer[0]

    def _wait(self) -> None:
        self._woken.wait()
        if self._command is not None:  # it has not ended, but had its third interrupt
            self._woken.clear()
            self._woken.wait(GIVE_UP)
            self._command = None

    def is_beside_the_command(self) -> bool:
        """Whether the current greenlet runs beside what is typed at a prompt."""
        return self._has_commands and gevent.getcurrent() is not self._command

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Keep interrupts inside this block, and raise what was kept at its end."""
        if gevent.getcurrent() is not self._command:
            yield
            return
        before, self.is_shielded = self.is_shielded, True
        try:
            yield
        except KeyboardInterrupt:
            self._is_kept = False  # later ones only hurried it
            raise
        finally:
            self.is_shielded = before
            if not before and not self._is_kept:
                self._count = 0
        self.raise_kept()

    @property
    def count(self) -> int:
        """How many have come since the command began, or since one was dealt with."""
        return self._count

    @property
    def is_kept(self) -> bool:
        """Whether an interrupt came while it was shielded, and is raised later."""
        return self._is_kept

    def raise_kept(self) -> None:
        """Raise an interrupt that was kept, unless shielded."""
        if self._is_kept and not self.is_shielded:
            self._is_kept = False
            raise self._interrupt()

    def attempt(self, work: Callable[[], object]) -> BaseException | None:
        """Run `work` open to interrupts, inside a `shielded` block; gives back what it raised."""
        mine = gevent.getcurrent() is self._command
        try:
            try:
                if mine:
                    self.is_shielded = False
                    self.raise_kept()
                work()
            finally:
                if mine:
                    self.is_shielded = True
        except BaseException as error:  # noqa: BLE001 - it is given back
            return error
        return None

    def finish(self, ending: Ending) -> list[BaseException]:
        """Run an ending, which further interrupts hurry; gives back what went wrong."""
        if gevent.getcurrent() is not self._command:
            return ending.run()
        self._ending = ending
        try:
            return ending.run()
        finally:
            self._ending = None
