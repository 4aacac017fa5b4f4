"""A client as Beacon knows it, from what it says of itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import bliss
from bliss.beacon import wire
from bliss.common.errors import BeaconError
from bliss.server.locks import Holder
from bliss.server.redis_config import JANITOR, ROLES

Request = Mapping[str, Any]


class Peer:
    """A connection of a client that has said hello.

    Args:
        number: Of the connection, unique in the life of this Beacon.
        hello: What it said.
        reached: The IP address at which it has found us.

    Raises:
        BeaconError: If it speaks another version, or names a role that there is not.
    """

    def __init__(self, number: int, hello: Request, reached: str) -> None:
        version = hello.get("version")
        if hello.get("op") != "hello" or version != wire.VERSION:
            raise BeaconError(
                f"this Beacon ({bliss.__version__}) speaks version {wire.VERSION} of its protocol,"
                f" the client version {version!r}; install the same release on both sides"
            )
        self.number = number
        self.reads_data = False  #: whether it has asked where the data server is
        self.reached = reached
        self.role = text_of(hello, "role")
        if self.role not in ROLES or self.role == JANITOR:
            roles = ", ".join(role for role in ROLES if role != JANITOR)
            raise BeaconError(f"role {self.role!r}: expected one of {roles}")
        self.holder = Holder(
            client=text_of(hello, "client"),
            user=text_of(hello, "user"),
            host=text_of(hello, "host"),
            pid=int(hello["pid"]) if isinstance(hello.get("pid"), int) else 0,
            since=datetime.now(),
        )

    @property
    def client(self) -> str:
        """Name of the client, the same on all its connections."""
        return self.holder.client

    def expect_role(self, role: str, purpose: str) -> None:
        """Refuse what only clients of that role may do.

        Raises:
            BeaconError: If this is none.
        """
        if self.role != role:
            raise BeaconError(f"role {self.role!r} cannot {purpose}; connect with role {role!r}")


def text_of(request: Request, key: str) -> str:
    """The text that a request has under `key`.

    Raises:
        BeaconError: If there is none.
    """
    value = request.get(key)
    if not isinstance(value, str):
        raise BeaconError(f"{key} of a request: expected text, got {value!r:.100}")
    return value
