"""The command `bliss-shell`."""

import sys


def main() -> int:
    """Patch the process for gevent before anything else is imported, then run the shell."""
    from gevent import monkey  # noqa: PLC0415 - nothing may be imported before it

    monkey.patch_all()
    from bliss_shell.run import run  # noqa: PLC0415

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
