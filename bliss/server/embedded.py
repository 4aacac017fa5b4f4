"""A Beacon for a shell that finds none: started on this machine, ended with the last shell."""

import contextlib
import ipaddress
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from bliss.beacon import Beacon
from bliss.beacon.address import VARIABLE, Address
from bliss.common.errors import BeaconError, BeaconNotFoundError
from bliss.server.exit_status import BUSY
from bliss.server.find_config import find_configuration
from bliss.server.state import LOG_FILE, default_folder

START_TIMEOUT = 10.0  #: seconds for a Beacon to be there, ours or another's
LAST_WORDS = 3.0  #: seconds that a Beacon which fails may take to say why
PAUSE = 0.02  #: seconds between attempts while another Beacon starts or ends


def ensure_beacon(
    address: str | None = None, config: str | None = None, role: str = "session"
) -> tuple[Beacon, str | None]:
    """A connected Beacon; starts one if nothing answers and the address is on this machine.

    Shells that start at the same moment end up with one Beacon: the kernel lets one of those
    that they start hold the state folder, the others give up, and every shell connects to it.

    Args:
        address: `host:port`, by default what `BEACON_HOST` says.
        config: The configuration file to start it with, by default as `bliss-beacon` finds it.
        role: What to connect as; a Beacon started here lives while a `"session"` is connected.

    Returns:
        The client, and a line for the user: that a Beacon was started, or that the running one
        uses another configuration than this shell would.

    Raises:
        BeaconNotFoundError: If there is none and none can be started.
        BeaconError: If the one started here failed; says why.
    """
    file = find_configuration(config)
    beacon = Beacon(address, role)
    try:
        started = _connect_or_start(beacon, file)
    except BaseException:
        beacon.close()
        raise
    if started:
        return beacon, f"started an embedded Beacon at {beacon.address} (configuration: {file})"
    return beacon, _other_configuration(beacon, file)


def _connect_or_start(beacon: Beacon, config: Path) -> bool:
    """Connect; returns whether the Beacon was started here."""
    started = False
    log = default_folder(beacon.address.port) / LOG_FILE
    begin = log.stat().st_size if log.is_file() else 0
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            beacon.connect()
            beacon.server("data")  # not answered by a Beacon that is about to end
        except BeaconNotFoundError as error:
            if started:
                reason = _last_words(log, begin)
                raise BeaconError(f"the embedded Beacon ended: {reason}") from error
            host = _loopback(beacon.address)
            if host is None or not _may_come(error) or time.monotonic() > deadline:
                raise
        else:
            return started
        started = _start(host, beacon.address, config) or started
        time.sleep(0 if started else PAUSE)


def _may_come(error: BeaconNotFoundError) -> bool:
    """Whether nothing listens, or something that was just ending, rather than another program."""
    return isinstance(error.__cause__, ConnectionRefusedError | ConnectionResetError)


def _start(host: str, address: Address, config: Path) -> bool:
    """Run `bliss-beacon --embedded`, which returns when it listens; whether it is ours that does.

    Raises:
        BeaconError: If it cannot run.
    """
    # -P: a logging.py, say, in the folder that the user works in must not be imported.
    command = [sys.executable, "-P", "-m", "bliss.server", "--embedded"]
    options = ["--host", host, "--port", str(address.port), "--config", str(config)]
    try:
        done = subprocess.run(  # noqa: S603
            [*command, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, VARIABLE: str(address)},
            start_new_session=True,  # a Ctrl-C at the shell is not for it
            timeout=START_TIMEOUT,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise BeaconError(
            f"the embedded Beacon did not start within {START_TIMEOUT:g} s"
        ) from error
    if done.returncode in (0, BUSY):
        return done.returncode == 0
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    raise BeaconError(f"the embedded Beacon did not start: {lines[-1]}")


def _last_words(log: Path, begin: int) -> str:
    """The error that ended the Beacon that was started here, from the log behind `begin`."""
    deadline = time.monotonic() + LAST_WORDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            lines = log.read_bytes()[begin:].decode(errors="replace").splitlines()
            errors = [line.partition(" ERROR ")[2] for line in lines if " ERROR " in line]
            if errors:
                return errors[-1]
        time.sleep(PAUSE)
    return f"see {log}"


def _loopback(address: Address) -> str | None:
    """The loopback IP address that the host name stands for, if any; IPv4 first."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        return None
    addresses = [str(each[4][0]) for each in found]
    loopback = [each for each in addresses if ipaddress.ip_address(each).is_loopback]
    return min(loopback, key=lambda each: ":" in each, default=None)


def _other_configuration(beacon: Beacon, mine: Path) -> str | None:
    theirs = beacon.config
    if theirs == str(mine):
        return None
    return f"Beacon at {beacon.address} uses the configuration {theirs} (not {mine})"
