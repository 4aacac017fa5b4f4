"""How `bliss-beacon` ends, for programs that start it."""

BUSY = 1  #: another Beacon, or another program, has the state folder or the port
FAILED = 2  #: it cannot run as it was asked to
