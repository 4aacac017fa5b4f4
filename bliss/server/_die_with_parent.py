"""Run a program that the kernel ends when its parent ends, however that happens.

Used as a script: `python -I -S _die_with_parent.py PARENT_PID PROGRAM ARGUMENT…`.  A step of its
own between fork and exec, because Python code between the two is unsafe once there are threads.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2); survives exec


def main() -> None:
    """Become the program."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - other systems have no prctl

        # SIGKILL, so that nothing remains that a next Beacon would have to wait for; the settings
        # server has handed every write to the kernel before it answered.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == int(parent):  # else it ended before the line above
        os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
