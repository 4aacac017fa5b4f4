"""Linux timers that are file descriptors, so that the event loop can watch them.

Python has them from 3.13 on; before that the C library is called.
"""

import ctypes
import functools
import os
import sys
import time
from typing import Any

#: `timerfd` is a Linux system call.
AVAILABLE = sys.platform == "linux"

if sys.version_info >= (3, 13):

    def create() -> int:
        """A new timer; the caller closes it."""
        return os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_CLOEXEC | os.TFD_NONBLOCK)

    def arm(fd: int, deadline: float) -> None:
        """Make `fd` readable at `deadline` (s on CLOCK_MONOTONIC, above 0), and not before."""
        os.timerfd_settime(fd, flags=os.TFD_TIMER_ABSTIME, initial=deadline)

else:
    _TFD_CLOEXEC, _TFD_NONBLOCK, _TFD_TIMER_ABSTIME = 0o2000000, 0o4000, 1  # sys/timerfd.h

    class _Timespec(ctypes.Structure):
        _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))

    class _TimerSetting(ctypes.Structure):
        _fields_ = (("interval", _Timespec), ("initial", _Timespec))

    @functools.cache
    def _libc() -> Any:
        # PyDLL keeps the GIL: these calls never wait, and giving it up costs more than they do.
        return ctypes.PyDLL(None, use_errno=True)

    def create() -> int:
        """A new timer; the caller closes it."""
        flags = _TFD_CLOEXEC | _TFD_NONBLOCK
        return _checked(_libc().timerfd_create(time.CLOCK_MONOTONIC, flags))

    def arm(fd: int, deadline: float) -> None:
        """Make `fd` readable at `deadline` (s on CLOCK_MONOTONIC, above 0), and not before."""
        seconds = int(deadline)
        initial = _Timespec(seconds, int((deadline - seconds) * 1e9))
        setting = _TimerSetting(_Timespec(0, 0), initial)
        _checked(_libc().timerfd_settime(fd, _TFD_TIMER_ABSTIME, ctypes.byref(setting), None))

    def _checked(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"timerfd: {os.strerror(number)}")
        return result
