"""From the command line to the prompt, and out again."""

import argparse
import sys
from collections.abc import Sequence

import bliss
from bliss.common.errors import BlissError
from bliss.common.interrupts import CommandAbandonedError
from bliss_shell.connecting import close, connect, open_in
from bliss_shell.keyboard import Keyboard
from bliss_shell.leaving import Leaving
from bliss_shell.messages import messages_to
from bliss_shell.opening import OpenSession
from bliss_shell.prompt import start_prompt
from bliss_shell.script import read_script, run_script


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.list or options.create or options.delete:
            return _edit(options)
        return _open(options)
    except (BlissError, CommandAbandonedError) as error:
        print(f"bliss-shell: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bliss-shell", description="An interactive shell for running experiments."
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("-s", "--session", metavar="NAME", help="the session to open")
    what.add_argument("-S", "--list", action="store_true", help="list the sessions")
    what.add_argument("-c", "--create", metavar="NAME", help="create a session, as a template")
    what.add_argument("-D", "--delete", metavar="NAME", help="delete a session")
    parser.add_argument("--config", metavar="FILE", help="the sessions.yml to use")
    parser.add_argument(
        "--exec", metavar="FILE", help="run this script in the session instead of the prompt"
    )
    parser.add_argument("arguments", nargs="*", metavar="...", help="arguments of the script")
    parser.add_argument(
        "--no-embedded",
        dest="embedded",
        action="store_false",
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


def _edit(options: argparse.Namespace) -> int:
    """List the sessions, create one or delete one."""
    from bliss_shell import session_list  # noqa: PLC0415 - reads YAML, which no prompt needs

    if options.create:
        return session_list.create(options.create, options.config)
    if options.delete:
        return session_list.delete(options.delete, options.config)
    return session_list.show(options.config)


def _open(options: argparse.Namespace) -> int:
    """Open a session, and run a script in it or stay at its prompt until `exit`."""
    script = read_script(options.exec) if options.exec else None
    keyboard, status = Keyboard(), 0
    with Leaving(keyboard.interrupts) as leaving, keyboard.handled():
        session = _opened(options, keyboard)
        try:
            status = _work(session, script, options)
        finally:
            close(session.beacon)
    return status if leaving.status is None else leaving.status


def _opened(options: argparse.Namespace, keyboard: Keyboard) -> OpenSession:
    """The session; Ctrl-C ends it where it does not leave out what is being made."""
    opened: list[OpenSession] = []

    def work() -> None:
        beacon = connect(options.config, embedded=options.embedded)
        try:
            opened.append(open_in(beacon, options.session, keyboard))
        except BaseException:
            close(beacon)
            raise

    interrupts = keyboard.interrupts
    error = interrupts.run_command(lambda: interrupts.attempt(work))
    if error:
        raise error
    return opened[0]


def _work(session: OpenSession, script: str | None, options: argparse.Namespace) -> int:
    with session, messages_to(session.workplace.log.on_message, session.in_place):
        if session.interrupts.cause:  # it was told to end while it opened
            return 0
        if script is not None:
            return run_script(session, options.exec, script, options.arguments)
        session.workplace.helper.is_on = options.typing_helper
        start_prompt(session.workplace)
        return 0
