"""Plain client processes for the tests of channels, and what they do to a server."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil

from bliss.beacon import Beacon
from tests.beacon_process import BeaconProcess

WAIT = 20.0  # seconds; never reached unless something is broken

CLIENT = """
import sys, queue
from bliss.config.channels import Channel, EventChannel
assert "gevent" not in sys.modules
heard = queue.Queue()
for line in sys.stdin:
    try:
        answer = eval(line, globals())
    except SyntaxError:
        answer = exec(line, globals())
    print(repr(answer), flush=True)
"""


class Client:
    """A plain Python process that does what it is told: no gevent, no session."""

    def __init__(self, beacon: BeaconProcess) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT],
            env=beacon.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, line: str) -> str:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer, f"the client ended at {line!r}"
        return answer

    def end(self, signum: int = signal.SIGTERM) -> None:
        self.process.send_signal(signum)
        self.process.wait(WAIT)
        self.process.stdin.close()
        self.process.stdout.close()


def listeners() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bliss channels"]


def wait_for(condition: Callable[[], bool]) -> None:
    """For what only asking again can tell."""
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def break_connections(port: int) -> int:
    """Cut this process' connections to a server as a failing network does."""
    connections = [c for c in psutil.Process().net_connections("tcp") if c.raddr]
    mine = [c.fd for c in connections if c.raddr.port == port]
    for descriptor in mine:
        with socket.socket(fileno=os.dup(descriptor)) as twin:
            twin.shutdown(socket.SHUT_RDWR)
    return len(mine)


def settings_server(here: Beacon) -> dict[str, Any]:
    return here.status()["servers"]["settings"]


def kill_settings_server(here: Beacon) -> None:
    """Returns when Beacon has started it again."""
    before = settings_server(here)
    os.kill(before["pid"], signal.SIGKILL)
    wait_for(lambda: settings_server(here)["starts"] > before["starts"])
