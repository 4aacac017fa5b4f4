"""What a scientist types into."""

# Nothing is imported here: the shell's entry point patches the process first.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bliss_shell.opening import OpenSession

__all__ = ["open_session"]


def open_session(
    name: str | None = None, *, config: str | None = None, embedded: bool = True
) -> "AbstractContextManager[OpenSession]":
    """A session for a plain Python program; nothing is patched here.

        from gevent import monkey
        monkey.patch_all()

        from bliss_shell import open_session

        with open_session("demo_session") as session:
            session["umv"](session["robx"], 1)

    Inside the block the functions of `scans` work too; `session.names` is all that could be typed
    at the session's prompt.

    Args:
        name: Of the session; by default the only one there is.
        config: The `sessions.yml` to use, where no Beacon runs.
        embedded: Whether to start a Beacon where none answers.

    Raises:
        ScanError: If gevent has not patched the program; says how to do that.
        BeaconError: If Beacon cannot be reached, or the session is open elsewhere.
        ConfigError: If there is no such session.
    """
    from bliss_shell.plain_program import open_session as opened  # noqa: PLC0415 - see above

    return opened(name, config=config, embedded=embedded)
