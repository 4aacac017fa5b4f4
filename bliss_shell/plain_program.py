"""A session in a plain Python program."""

from collections.abc import Iterator
from contextlib import contextmanager

from gevent import monkey

from bliss.common.errors import ScanError
from bliss_shell.connecting import close, connect, open_in
from bliss_shell.opening import OpenSession

_NEEDED = ("socket", "threading", "time", "select")


@contextmanager
def open_session(
    name: str | None = None, *, config: str | None = None, embedded: bool = True
) -> Iterator[OpenSession]:
    """See `bliss_shell.open_session`."""
    missing = [module for module in _NEEDED if not monkey.is_module_patched(module)]
    if missing:
        raise ScanError(
            f"open_session: gevent has not patched {missing[0]}, so nothing could run beside a "
            "scan; begin the program, before any other import, with\n"
            "    from gevent import monkey\n"
            "    monkey.patch_all()"
        )
    beacon = connect(config, embedded=embedded)
    try:
        with open_in(beacon, name) as session:
            yield session
    finally:
        close(beacon)
