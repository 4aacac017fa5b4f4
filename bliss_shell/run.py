"""From the command line to the prompt, and out again."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from gevent import monkey

import bliss
from bliss.beacon import Beacon, set_beacon
from bliss.common.errors import BlissError, ConfigError
from bliss.common.interrupts import Interrupts
from bliss.common.protocols import is_axis
from bliss.scanning.remote_pause import RemotePause
from bliss.scanning.session import Session, set_current_session
from bliss.server.embedded import ensure_beacon
from bliss_shell import commands
from bliss_shell.devices import build_devices
from bliss_shell.interrupts import say
from bliss_shell.live_table import LiveTable
from bliss_shell.move_log import open_log
from bliss_shell.prompt import start_prompt
from bliss_shell.scan_waits import ScanWaits
from bliss_shell.setup_file import run_setup
from bliss_shell.typed_line import TypedLine
from bliss_shell.workplace import Workplace


def run(arguments: Sequence[str]) -> int:
    """Open a session and stay at its prompt until `exit`; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        beacon = _connect(options)
        try:
            return _stay(beacon, _chosen(beacon, options.session), options)
        finally:
            set_current_session(None)
            set_beacon(None)
            beacon.close()
    except BlissError as error:
        print(f"bliss-shell: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bliss-shell", description="An interactive shell for running experiments."
    )
    parser.add_argument("-s", "--session", metavar="NAME", help="the session to open")
    parser.add_argument("--config", metavar="FILE", help="the sessions.yml to use")
    parser.add_argument(
        "--no-embedded",
        action="store_true",
        help="do not start a Beacon when none answers at BEACON_HOST (default localhost:25000)",
    )
    parser.add_argument(
        "--no-typing-helper",
        dest="typing_helper",
        action="store_false",
        help="do not understand `umv robx 1` as `umv(robx, 1)`",
    )
    parser.add_argument("--version", action="version", version=f"bliss-shell {bliss.__version__}")
    return parser


def _connect(options: argparse.Namespace) -> Beacon:
    if options.no_embedded:
        beacon = Beacon(role="session")
        beacon.connect()
        notice = None
    else:
        beacon, notice = ensure_beacon(config=options.config)
    print(notice or f"Beacon at {beacon.address} (configuration: {beacon.config})")
    set_beacon(beacon)
    return beacon


def _chosen(beacon: Beacon, name: str | None) -> str:
    """The session asked for, or the only one there is."""
    known = beacon.session_names()
    if name is None and len(known) == 1:
        return known[0]
    if name is None:
        raise ConfigError(f"which session? Choose with `-s NAME`, from: {', '.join(known)}")
    return name


def _stay(beacon: Beacon, name: str, options: argparse.Namespace) -> int:
    config = beacon.session_config(name)
    beacon.lock_session(name)
    # a thread of the system's, which goes on while a command computes
    beacon.start_beating(monkey.get_original("_thread", "start_new_thread"), _say_lost)
    interrupts = Interrupts(on_count=say)
    session = Session(name, beacon, interrupts)
    set_current_session(session)
    sys.path.append(os.path.dirname(config["file"]))  # users' own classes lie beside it
    with ExitStack() as closing:
        devices, problems = build_devices(config, closing)
        for problem in problems:
            print(problem, file=sys.stderr)
        session.axes = [device for device in devices.values() if is_axis(device)]
        typed, table = TypedLine(), LiveTable(sys.stdout)
        log = open_log(session, typed)
        closing.callback(log.file.close)
        workplace = Workplace(name, interrupts, typed)
        workplace.helper.is_on = options.typing_helper
        workplace.provide(commands.namespace(devices, interrupts, log))
        workplace.provide({**devices, "SCANS": session.scans})
        session.listeners += [table, ScanWaits(log, table.on_scan_waiting)]
        closing.callback(session.end_scans)
        closing.enter_context(RemotePause(session))
        run_setup(config["setup"], workplace)
        start_prompt(workplace)
    return 0


def _say_lost(why: str) -> None:
    """Say that another process has the session now; called in a thread that is not gevent's."""
    os.write(2, f"\nthis session was given up, as it gave no sign of life: {why}\n".encode())
