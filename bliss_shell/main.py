"""The command `bliss-shell`."""

import gc
import sys


def main() -> int:
    """Patch the process for gevent before anything else is imported, then run the shell."""
    gc.disable()  # a thousand modules leave no garbage
    from gevent import monkey  # noqa: PLC0415 - nothing may be imported before it

    monkey.patch_all()
    from bliss_shell.run import run  # noqa: PLC0415

    gc.freeze()  # they stay: to look at them again and again would interrupt scans
    gc.enable()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
