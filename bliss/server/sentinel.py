"""Asking Redis Sentinels who is the master."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bliss.beacon.address import Address
from bliss.server.commands import CommandError, run_commands

ANSWER_TIMEOUT = 1.0  #: seconds for one Sentinel


class Sentinels:
    """Several Sentinels that watch the same service.

    Args:
        addresses: Where they are.
        service: What they call the service.
        credentials: What they ask for: `username`, `password`, `tls`.
    """

    def __init__(
        self, addresses: Sequence[Address], service: str, credentials: Mapping[str, Any]
    ) -> None:
        self._addresses = list(addresses)
        self._service = service
        self._credentials = credentials

    async def master(self) -> tuple[str, int]:
        """Host and port of the master, as the first Sentinel says that answers.

        Raises:
            OSError: If none answers, or none knows the service.
        """
        problems = []
        for _ in range(len(self._addresses)):
            address = self._addresses[0]
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    return await self._ask(address)
            except TimeoutError:
                problems.append(f"{address}: no answer within {ANSWER_TIMEOUT:g} s")
            except (OSError, CommandError) as problem:
                problems.append(f"{address}: {problem}")
            self.doubt()
        raise ConnectionError(
            f"no Sentinel says who is master of {self._service!r} ({'; '.join(problems)})"
        )

    def doubt(self) -> None:
        """Ask another one first: what this one says may be out of date."""
        self._addresses.append(self._addresses.pop(0))

    async def _ask(self, address: Address) -> tuple[str, int]:
        where = {"host": address.host, "port": address.port, **self._credentials}
        command = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)
        (found,) = await run_commands(where, command)
        if found is None:
            raise ConnectionError("it does not know that service")
        host, port = found
        return host.decode(), int(port)
