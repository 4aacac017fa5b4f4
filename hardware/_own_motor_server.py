"""The simulated motor controller of the demo: started when it is first used, found when it runs.

It belongs to the Beacon whose sessions use it, in whose state folder it keeps where its motors are;
so several Beacons on a machine have one each.  It is hardware: it outlives the session, and a
session that comes within a few seconds finds its motors in motion.  After that it ends, and goes on
where it stood when it is started again.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

import gevent
import gevent.socket

from bliss.beacon import get_beacon
from bliss.common.errors import DeviceError
from bliss.common.sockets import connected
from hardware import _motor_rack, motor_server

START_TIMEOUT = 10.0  #: s until it has to be there, on a machine that is busy
PAUSE = 0.02  #: s between two attempts, while another one starts or ends
FOLDER = "motors"  #: in the state folder of Beacon


def connect_to_own_server(name: str, timeout: float) -> socket.socket:
    """A connection to the simulated motor controller of this Beacon, which is started if needed.

    Sessions that start it at the same moment end up with one: the kernel lets one hold the folder.

    Args:
        name: Of the controller that wants it.
        timeout: Seconds that an answer may take.

    Raises:
        DeviceError: If it cannot be started.
    """
    folder = _folder(name)
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        connection = _connect(folder, timeout)
        if connection is not None:
            return connection
        if time.monotonic() > deadline:
            raise DeviceError(
                f"{name}: its simulated motor controller did not start within {START_TIMEOUT:g} s; "
                f"expected it to write its port to {folder / motor_server.PORT_FILE}"
            )
        if not _start(name, folder):
            gevent.sleep(PAUSE)


def _folder(name: str) -> Path:
    state = get_beacon().state
    if state is None or not Path(state).is_dir():
        raise DeviceError(
            f"{name}: start_server starts a simulated controller in Beacon's state folder, which "
            "is not here; run bliss-simulated-motors yourself, and configure its address"
        )
    return Path(state) / FOLDER


def _connect(folder: Path, timeout: float) -> socket.socket | None:
    """A connection to the one that has the folder, if it runs and is no other program."""
    try:
        port, process = (folder / motor_server.PORT_FILE).read_text(encoding="ascii").split()
        connection = connected("127.0.0.1", int(port), timeout, gevent.socket)
    except (OSError, ValueError):
        return None
    expected = f"OK {_motor_rack.NAME} {_motor_rack.VERSION} {process}\n".encode("ascii")
    told = b""
    try:
        connection.sendall(b"?ID\n")
        while len(told) < len(expected) and (more := connection.recv(len(expected) - len(told))):
            told += more
    except OSError:
        pass
    finally:
        if told != expected:
            connection.close()
    return connection if told == expected else None


def _start(name: str, folder: Path) -> bool:
    """Start one; whether it is ours that runs now."""
    # -P: a socket.py, say, in the folder that the user works in must not be imported
    command = [sys.executable, "-P", "-m", "hardware.motor_server", "--embedded", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the shell is not for it
            timeout=START_TIMEOUT,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is not None and done.returncode in (0, motor_server.BUSY):
        return done.returncode == 0
    lines = done.stderr.strip().splitlines() if done else []
    why = lines[-1] if lines else f"no sign of it within {START_TIMEOUT:g} s"
    raise DeviceError(f"{name}: its simulated motor controller did not start: {why}")
