"""The command `bliss-beacon`: gets hold of what Beacon needs, then serves until told to end."""

import asyncio
import contextlib
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bliss.common.errors import BlissError, ConfigError
from bliss.server.binary import find_binary
from bliss.server.challenge import Gate
from bliss.server.configuration import ConfigurationFile
from bliss.server.exit_status import BUSY, FAILED
from bliss.server.find_config import find_configuration
from bliss.server.forget_consumer import COMMAND, forget_consumer
from bliss.server.janitor import Janitor
from bliss.server.listener import listening_socket
from bliss.server.options import Options, parse_options
from bliss.server.redis_config import SERVERS
from bliss.server.serve import serve
from bliss.server.servers import make_servers
from bliss.server.state import LOG_FILE, BusyError, default_folder, held_folder
from bliss.server.status import show_status

LOG_SIZE = 1 << 20  #: bytes; one older file is kept

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Beacon until SIGTERM or SIGINT, or ask a running one for something; the exit status."""
    os.umask(0o077)
    command = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if command[:1] == ["status"]:
            show_status(command[1:])
        elif command[:1] == [COMMAND]:
            forget_consumer(command[1:])
        else:
            _run(parse_options(command))
    except BusyError as error:
        return _complain(error, BUSY)
    except BlissError as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:  # before the loop handles signals
        return 128 + signal.SIGINT
    return 0


def _complain(error: BlissError, status: int) -> int:
    if _log.hasHandlers():
        _log.error("%s", error)
    else:
        sys.stderr.write(f"bliss-beacon: {error}\n")
    return status


def _run(options: Options) -> None:
    if options.port == 0 and options.state is None:
        raise ConfigError("--port 0: expected --state too, to say where to keep what must survive")
    config = ConfigurationFile(find_configuration(options.config))
    own = set(SERVERS) - set(options.urls)
    binary = find_binary(options.server_binary) if own else ""
    with (
        held_folder(options.state or default_folder(options.port)) as state,
        contextlib.closing(listening_socket(options.host, options.port)) as listener,
    ):
        if options.embedded:
            _detach(state.path)
        port = listener.getsockname()[1]
        state.sign(f"Beacon at {options.host}:{port} (process {os.getpid()})")
        _start_log(state.path / LOG_FILE if options.embedded else None)
        servers = make_servers(
            options.urls,
            binary=binary,
            host=options.host,
            folder=state.path,
            memory=options.data_memory,
        )
        janitor = Janitor(
            servers["data"],
            lambda: config.current().session_names,
            lifetime=options.data_lifetime,
        )
        gate = Gate(options.password, trust_loopback=not options.trust_nobody)
        work = serve(
            listener,
            config,
            servers,
            janitor,
            gate,
            state=str(state.path),
            patience=options.session_timeout,
            embedded=options.embedded,
        )
        asyncio.run(work)


def _detach(folder: Path) -> None:
    """Go on in a process of its own; the one that was started ends well now.

    The shell that waits for it knows then that we listen.  There are no threads yet, so fork is
    safe; the lock and the listening socket live on in the child.
    """
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def _start_log(file: Path | None) -> None:
    handler: logging.Handler = (
        logging.handlers.RotatingFileHandler(file, maxBytes=LOG_SIZE, backupCount=1)
        if file
        else logging.StreamHandler()
    )
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO, handlers=[handler]
    )
