"""Lets any other process pause the scans of a session, by a Channel.

pause = Channel("demo_session:pause")
pause.value = "the sample is being changed"   # scans wait before their next point
pause.value = ""                              # and go on
"""

from typing import Any

from bliss.config.channels import Channel
from bliss.scanning.session import Session


class RemotePause:
    """Listens while a session is open.

    Args:
        session: Whose scans are paused.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._channel = Channel(f"{session.name}:pause", default_value="", callback=self._take)
        self._take(self._channel.value)

    def close(self) -> None:
        """Listen no longer."""
        self._channel.close()

    def _take(self, value: Any) -> None:
        reason = str(value)[:200] if value else ""
        self._session.pause_reason = reason
        for scan in list(self._session.running):
            if reason:
                scan.pause(reason)
            else:
                scan.resume()
