"""The command `bliss-shell`."""

import gc
import sys

_INTERRUPTED = 130  #: exit status after Ctrl-C, as of other commands


def main() -> int:
    """Run the shell; the exit status."""
    try:
        return _run()
    except KeyboardInterrupt:  # before there is a prompt
        print("bliss-shell: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _run() -> int:
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
