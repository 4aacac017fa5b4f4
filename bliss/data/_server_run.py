"""Which run of a data server answers, and whether it has the data of the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

SECTIONS = ("server", "replication")  #: of INFO, that say it


@dataclass(frozen=True, slots=True)
class ServerRun:
    """The time of a server from its start to its end.

    A history is what one master wrote; its replicas have it too.  One that becomes the master
    begins another history and remembers the one before.  So does Redis itself when it decides
    what a replica has to be sent.
    """

    run_id: str  #: the server's own name for it
    history: str = ""  #: name of what it writes now
    before: str = ""  #: name of the history that it went on with, if it was a replica

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> Self:
        """The run that INFO describes."""
        before = str(info.get("master_replid2", ""))
        if not before.strip("0"):  # so it says that there is none
            before = ""
        return cls(str(info["run_id"]), str(info.get("master_replid", "")), before)

    def continues(self, other: "ServerRun") -> bool:
        """Whether it has the data of another run, but for what that one wrote last."""
        known = {self.history, self.before} - {""}
        return self.run_id == other.run_id or other.history in known


def fields_in(info: bytes) -> dict[str, str]:
    """The fields of INFO's answer."""
    lines = (line.partition(":") for line in info.decode(errors="replace").splitlines())
    return {name: value for name, colon, value in lines if colon}
