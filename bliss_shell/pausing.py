"""Pausing scans at the prompt, and what pauses them by itself."""

from typing import Any

from bliss.common.errors import ArgumentError
from bliss.config.channels import Channel
from bliss.scanning.session import Session
from bliss.scanning.suspenders import Suspender

COMMANDS = ("pause", "resume", "add_suspender", "remove_suspender", "suspenders")


class Pausing:
    """The commands.

    Args:
        session: Whose scans they pause.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def pause(self, reason: str = "pause() was called") -> None:
        """Have the scans that run in the background wait before their next point, until `resume()`.

            s = ascan(robz, -5, 5, 500, .1, diode1, run=False)
            s.start()
            pause("to look at the sample")
            resume()

        Raises:
            ArgumentError: If none runs.
        """
        if not self._session.running:
            raise ArgumentError("pause: no scan runs; s.start() runs one in the background")
        for scan in self._session.running:
            scan.pause(reason)

    def resume(self) -> None:
        """Let scans go on that were paused here or by another process; suspenders still count."""
        if self._session.pause_reason:
            with Channel(f"{self._session.name}:pause") as channel:
                channel.value = ""
        for scan in self._session.running:
            scan.resume()

    def add_suspender(self, suspender: Suspender) -> None:
        """Have a suspender watch every scan from the next one on.

            add_suspender(Suspender("beam", diode1, below=10, resume_above=20))

        Raises:
            ArgumentError: If it is none, or there is one of that name.
        """
        if not isinstance(suspender, Suspender):
            raise ArgumentError(
                f"add_suspender: {suspender!r:.60} is no suspender; expected "
                'Suspender("beam", diode1, below=10)'
            )
        if any(each.name == suspender.name for each in self._session.suspenders):
            raise ArgumentError(
                f"add_suspender: there is a suspender {suspender.name!r} already; "
                f"remove_suspender({suspender.name!r}) first"
            )
        self._session.suspenders.append(suspender)

    def remove_suspender(self, suspender: Any) -> None:
        """Have a suspender, or that of a name, watch no more scans.

            remove_suspender("beam")

        Raises:
            ArgumentError: If there is none such.
        """
        found = [s for s in self._session.suspenders if suspender in (s, s.name)]
        if not found:
            names = ", ".join(each.name for each in self._session.suspenders) or "none"
            raise ArgumentError(f"remove_suspender: no suspender {suspender!r}; there are: {names}")
        self._session.suspenders.remove(found[0])

    def suspenders(self) -> None:
        """Show what suspends scans, and whether it does now."""
        held = [reason for scan in self._session.running for reason in scan.pauses]
        for suspender in self._session.suspenders:
            print(f"Suspender {suspender}")
        if not self._session.suspenders:
            print("no suspenders; add_suspender(Suspender(...)) adds one")
        for reason in held:
            print(f"  pauses now: {reason}")


def namespace(session: Session) -> dict[str, Any]:
    """What the prompt has of it."""
    commands = Pausing(session)
    return {"Suspender": Suspender, **{name: getattr(commands, name) for name in COMMANDS}}
