"""Our function libraries that a server needs."""

from pathlib import Path

from bliss.server.commands import Where, run_commands

_ROOT = Path(__file__).parent.parent
_FILES = {"data": "data/functions.lua", "settings": "config/functions.lua"}


def library_of(server: str) -> str:
    """The library of a server, in Lua; the package that it belongs to is not imported for it."""
    return (_ROOT / _FILES[server]).read_text("utf-8")


async def load_library(where: Where, library: str) -> bool:
    """Load a library into a server, unless it is there; returns whether it was loaded.

    Raises:
        CommandError: If the server refuses.
        OSError: If the server cannot be reached.
    """
    name = library.partition("name=")[2].partition("\n")[0]
    (found,) = await run_commands(where, ("FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE"))
    if any(library.encode() in entry for entry in found):
        return False
    await run_commands(where, ("FUNCTION", "LOAD", "REPLACE", library))
    return True
