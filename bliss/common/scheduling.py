"""Have Linux run a process as soon as it wakes up, though others compute."""

import ctypes
import platform
import struct
import sys

#: Numbers of `sched_setattr` and `sched_getattr`, which few C libraries have a function for.
_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}

#: `struct sched_attr`: size, policy, flags, nice, priority, runtime, deadline, period.
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
_NOT_INHERITED = 1  #: SCHED_FLAG_RESET_ON_FORK

SLICE = 100_000  #: ns, the shortest that Linux grants; by default it is some milliseconds


def run_promptly() -> bool:
    """Ask for short turns on the processor, and so to be let on it soon; whether Linux heard it.

    For the thread that calls this, and not for what it starts.  Since Linux 6.12 a thread may ask
    for the length of its turns (sched_setattr(2), `sched_runtime`): of those that want to run and
    have had no more than their share, the one whose turn would be over first does.  It needs no
    privilege, takes no time from others, and older kernels and other systems know nothing of it.
    """
    calls = _CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        return False
    syscall = ctypes.CDLL(None).syscall
    attributes = ctypes.create_string_buffer(_ATTRIBUTES.size)
    if syscall(calls[1], 0, attributes, _ATTRIBUTES.size, 0):
        return False
    _, policy, flags, nice, *_ = _ATTRIBUTES.unpack(attributes.raw)
    if policy:  # somebody has chosen another one for it
        return False
    wanted = (_ATTRIBUTES.size, policy, flags | _NOT_INHERITED, nice, 0, SLICE, 0, 0)
    return not syscall(calls[0], 0, _ATTRIBUTES.pack(*wanted), 0)
