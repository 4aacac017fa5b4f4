"""The commands that show what there is: objects, configuration, source, status.

None of them but `status` asks anything of the hardware or of Beacon.
"""

import inspect
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bliss.common.errors import ArgumentError
from bliss.scanning.session import Session
from bliss.server.status import in_words, titled
from bliss_shell.activities import scan_in_words
from bliss_shell.move_log import MoveLog
from bliss_shell.screen import width_of

COMMANDS = ("lsobj", "lsconfig", "prdef", "status")

_INDENT = 15 * " "  #: below what stands behind a title
_PAGE = 4096  #: bytes, the unit of `/proc/self/statm`


class Looking:
    """The commands.

    Args:
        session: The session.
        objects: Of the session, by name.
        names: What can be typed.
        log: Knows which axes move.
    """

    def __init__(
        self, session: Session, objects: Mapping[str, Any], names: Mapping[str, Any], log: MoveLog
    ) -> None:
        self._session = session
        self._objects = objects
        self._names = names
        self._log = log

    def commands(self) -> dict[str, Any]:
        """What can be typed."""
        return {name: getattr(self, name) for name in COMMANDS}

    def lsobj(self, pattern: str | Any = None) -> None:
        """List the session's objects.

            lsobj()
            lsobj("rob*")

        Args:
            pattern: Of their names, with `*` and `?`; or one of them.
        """
        pattern = _pattern(pattern)
        found = [name for name in self._objects if fnmatchcase(name, pattern)]
        if found:
            width = width_of(sys.stdout)
            line = "  ".join(sorted(found))
            print(textwrap.fill(line, width - 1, break_long_words=False) if width else line)
        else:
            print(f"no object is named {pattern}")

    def lsconfig(self, pattern: str | Any = None) -> None:
        """List what the configuration makes for the session: controllers, classes, objects.

            lsconfig()
            lsconfig("rob*")

        Args:
            pattern: Of the names of controllers or objects, with `*` and `?`.
        """
        pattern = _pattern(pattern)
        config = self._session.beacon.session_config(self._session.name)
        print(f"{config['file']}:")
        for entry in config["controllers"]:
            names = [name for name in _items(entry["config"]) if name in config["objects"]]
            everything = [entry["name"], *names]
            if any(fnmatchcase(name, pattern) for name in everything):
                print(f"  {entry['name']}: {entry['class']}")
                if names:
                    width = width_of(sys.stdout) or 10_000
                    print(textwrap.fill("  ".join(names), width - 1, initial_indent="    ",
                                        subsequent_indent="    "))  # fmt: skip

    def prdef(self, obj: str | Any) -> None:
        """Show the source of a function, or of the class of an object.

            prdef(ascan)

        Args:
            obj: The function or object, or its name in quotes.

        Raises:
            ArgumentError: If there is no source of it.
        """
        value = self._names.get(obj, obj) if isinstance(obj, str) else obj
        wanted = value if callable(value) or inspect.ismodule(value) else type(value)
        try:
            lines, number = inspect.getsourcelines(wanted)
            file = inspect.getsourcefile(wanted)
        except (TypeError, OSError):
            raise ArgumentError(
                f"prdef: there is no source of {obj!r:.60}; expected a function written in Python"
            ) from None
        print(f"{file}:{max(number, 1)}")
        print(textwrap.dedent("".join(lines)).rstrip())

    def status(self) -> None:
        """Show on one screen what runs, what suspends it, who follows it, and what memory it takes.

        status()
        """
        lines = [*self._here(), "", *in_words(self._session.beacon.status(), time.time())]
        print(*_fitted(lines, width_of(sys.stdout)), sep="\n")

    def _here(self) -> Iterator[str]:
        session = self._session
        yield f"session {session.name} of {session.user} on {session.host}"
        running = [f"{scan_in_words(scan)} ({scan.scan_info['title']})" for scan in session.running]
        last = [f"none; the last one was {session.scans[-1]!r}"] if session.scans else []
        yield from titled("scans", running or last)
        yield from titled("suspenders", [str(each) for each in session.suspenders])
        moving = [axis.name for axis in self._log.under_way]
        yield from titled("moving", [", ".join(moving)] if moving else [])
        group = getattr(self._names.get("ACTIVE_MG"), "group", None)
        yield from titled("group", [group.name] if group else [])
        used = memory()
        yield from titled("memory", [f"{used / 1e6:.0f} MB" if used else "unknown"])


def _fitted(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Lines with titles, none of them wider than that."""
    for line in lines:
        if width is None or len(line) <= width:
            yield line
        else:
            yield from textwrap.wrap(line, width, subsequent_indent=_INDENT)


def _pattern(wanted: Any) -> str:
    """A pattern of names, from a pattern or an object."""
    if wanted is None:
        return "*"
    return wanted if isinstance(wanted, str) else str(getattr(wanted, "name", wanted))


def memory() -> int:
    """Bytes of memory that this process has; 0 where that is not told."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _items(config: Mapping[str, Any]) -> Iterator[str]:
    """The names in the lists of a controller's configuration."""
    for value in config.values():
        for item in value if isinstance(value, list) else ():
            if isinstance(item, dict) and "name" in item:
                yield str(item["name"])
