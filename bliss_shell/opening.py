"""A session that is open in this process: its devices, its names, and who watches over it."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from gevent import monkey

from bliss.beacon import Beacon
from bliss.common.ending import Ending, first_of
from bliss.common.errors import ConfigError, DeviceError
from bliss.common.protocols import is_axis
from bliss.scanning.remote_pause import RemotePause
from bliss.scanning.session import Session, set_current_session
from bliss_shell import commands, together
from bliss_shell.activities import Activities
from bliss_shell.closing import Closing
from bliss_shell.devices import Devices
from bliss_shell.keyboard import Keyboard
from bliss_shell.live_table import LiveTable
from bliss_shell.loggers import Loggers
from bliss_shell.looking import Looking
from bliss_shell.move_log import open_log
from bliss_shell.reload import in_words
from bliss_shell.scan_waits import ScanWaits
from bliss_shell.session_log import SessionLog
from bliss_shell.setup_file import run_setup
from bliss_shell.table_choice import TableChoice
from bliss_shell.typed_line import TypedLine
from bliss_shell.user_scripts import UserScripts
from bliss_shell.watched_channels import WatchedChannels
from bliss_shell.workplace import Workplace


class OpenSession:
    """The session, with all that can be typed in it; a context manager that closes it.

        with open_session("demo_session") as session:
            ascan, robz = session["ascan"], session["robz"]

    Args:
        beacon: A connection with the role `session`, which is current.
        name: Of the session.
        keyboard: Who gets a Ctrl-C; by default nobody in particular.
    """

    def __init__(self, beacon: Beacon, name: str, keyboard: Keyboard | None = None) -> None:
        config = beacon.session_config(name)
        beacon.lock_session(name)
        # a thread of the system's, which goes on while a command computes
        beacon.start_beating(monkey.get_original("_thread", "start_new_thread"), _say_lost)
        self.name = name
        self.beacon = beacon
        self._closing = Closing()
        self._closing.add("the session", partial(beacon.unlock_session, name))
        keyboard = keyboard or Keyboard()
        self.in_place, self.interrupts = keyboard.in_place, keyboard.interrupts
        self.session = Session(name, beacon, self.interrupts)
        set_current_session(self.session)
        self._closing.add("the session's scans", partial(set_current_session, None))
        self.devices = Devices(self.interrupts)
        self._closing.add_all(self.devices.closing)
        self._choice = TableChoice(self.session)
        self._loggers = Loggers()
        typed, table = TypedLine(), LiveTable(self._choice.wanted, self.in_place)
        log = SessionLog(name)
        self._closing.add("the log", log.close)
        self.workplace = Workplace(name, self.interrupts, typed, log)
        self._log = open_log(self.session, typed)
        self._watched = WatchedChannels(beacon)
        self._closing.add("the Channels that are watched", self._watched.close)
        self.workplace.activities = Activities(self.session, self._log, self._watched.now).now
        self._closing.add("the log of moves", self._log.file.close)
        self._closing.add("axes that move", self._stop_moves)
        self.session.listeners += [table, log, ScanWaits(self._log, table.on_scan_waiting)]
        self._closing.add("scans", self.session.end_scans)
        self._closing.add(f"the Channel {name}:pause", RemotePause(self.session).close)
        self._file = config["file"]
        sys.path.append(os.path.dirname(self._file))  # users' own classes lie beside it
        self._take(config)
        for setup in config["setups"]:
            run_setup(setup, self.workplace)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __getitem__(self, name: str) -> Any:
        return self.names[name]

    @property
    def names(self) -> dict[str, Any]:
        """All that can be typed at its prompt: devices, commands, what the setup file defines."""
        return self.workplace.namespace

    def close(self) -> None:
        """Stop what moves or scans, and let go of the devices and of the session."""
        self._closing.run()

    def reload_config(self) -> None:
        """Take up what has changed in the configuration, and say what that is.

            reload_config()

        What is new or has changed is made again, with all that refers to it; the rest stays as it
        is.  Setup files do not run again.

        Raises:
            ConfigError: If the configuration is wrong, or an axis that would be made again moves,
                or a scan runs; nothing has changed then.
        """
        config = self.beacon.session_config(self.name)
        self._check_rest(config)
        print(in_words(self._take(config)))

    def _stop_moves(self) -> None:
        """Stop what was not waited for, or jogs: nobody looks after it from now on."""
        moving = list(self._log.under_way)
        if moving:
            self.interrupts.cause = self.interrupts.cause or "the end of the session"
            error = first_of(Ending([together.stop_steps(moving)]).run())
            if error:
                raise error
            names = ", ".join(axis.name for axis in moving)
            print(f"stopped {names}, as the session ends", file=sys.stderr)

    def _check_rest(self, config: Mapping[str, Any]) -> None:
        if self.session.running:
            name = self.session.running[-1].name
            raise ConfigError(f"reload_config: {name} runs; wait for its end, or stop it")
        moving = [name for name, each in self.devices.outdated(config).items() if _moves(each)]
        if moving:
            raise ConfigError(f"reload_config: {', '.join(moving)} moves; wait, or stop it")

    def _take(self, config: Mapping[str, Any]) -> Any:
        """Make this the configuration of the session."""
        before = self.devices.objects
        change = self.devices.load(config)
        for problem in change.problems:
            print(problem, file=sys.stderr)
        objects = self.devices.objects
        self.session.axes = [device for device in objects.values() if is_axis(device)]
        fresh = [objects[name] for name in (*change.new, *change.changed)]
        self._log.attach(device for device in fresh if is_axis(device))
        self.workplace.withdraw({name: before[name] for name in change.gone})
        scripts = UserScripts(self.workplace, self.session, os.path.dirname(self._file))
        self.workplace.provide(
            {
                **commands.namespace(objects, self.interrupts, self._log, self.in_place),
                **scripts.commands(),
                **Looking(self.session, objects, self.names, self._log).commands(),
                **self._loggers.commands(),
                **self._watched.commands(),
                **self._choice.commands(),
                "reload_config": self.reload_config,
                "SCANS": self.session.scans,
                **objects,
            }
        )
        return change


def _moves(device: Any) -> bool:
    try:
        return is_axis(device) and device.is_moving
    except DeviceError:  # perhaps the reason why it is to be made again
        return False


def _say_lost(why: str) -> None:
    """Say that another process has the session now; called in a thread that is not gevent's."""
    os.write(2, f"\nthis session was given up, as it gave no sign of life: {why}\n".encode())
