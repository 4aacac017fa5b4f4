"""The command `bliss-beacon forget-consumer`: an operator gives up one that never comes back."""

import argparse
import sys
from collections.abc import Sequence

from bliss.beacon import Beacon

COMMAND = "forget-consumer"


def forget_consumer(arguments: Sequence[str]) -> None:
    """Ask Beacon to give a consumer up, and print which scans required it.

    Raises:
        BeaconError: If Beacon does not answer, or no scan requires that consumer.
        ConsumerTakenError: If the consumer runs.
        ConfigError: If Beacon's address is none.
    """
    given = _parser().parse_args(arguments)
    with Beacon(given.address, "writer") as beacon:
        scans = beacon.forget_consumer(given.name, given.session)
    sys.stdout.write("".join(f"{scan} does not require {given.name} any more\n" for scan in scans))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"bliss-beacon {COMMAND}",
        description="Let no scan of a session require a consumer any more, as it never comes back."
        " Points that it has not stored may be lost then.",
    )
    parser.add_argument("session", metavar="SESSION")
    parser.add_argument("name", metavar="NAME", help="of the consumer; see `bliss-beacon status`")
    parser.add_argument(
        "address", nargs="?", help="host:port (default: BEACON_HOST, else localhost:25000)"
    )
    return parser
