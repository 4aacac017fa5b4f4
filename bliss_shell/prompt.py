"""IPython's terminal shell as the session's prompt."""

import gc
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import gevent
from IPython.core.interactiveshell import ExecutionResult
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from IPython.terminal.prompts import Prompts
from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.patch_stdout import patch_stdout
from pygments.token import Token
from traitlets.config import Config

from bliss.common import clock
from bliss.common.interrupts import CommandAbandonedError
from bliss_shell.call_place import place_of
from bliss_shell.colours import THEME, use_colours
from bliss_shell.command_display import show_commands
from bliss_shell.complaints import INTERRUPTED, complaint
from bliss_shell.completer import SessionCompleter
from bliss_shell.history import SessionHistory, configure_history
from bliss_shell.recent_lines import RecentLines, forget_results
from bliss_shell.state_folder import session_folder
from bliss_shell.toolbar import signature_line, status_line
from bliss_shell.workplace import Workplace

_REFRESH = 0.5  #: s between two looks at what goes on


class SessionPrompts(Prompts):
    """`DEMO_SESSION [1]:`."""

    shell: "SessionShell"

    def in_prompt_tokens(self) -> list[tuple[Any, str]]:
        """What stands before the line that is typed."""
        number = str(self.shell.execution_count)
        return [
            (Token.Prompt, f"{self.shell.workplace.name.upper()} ["),
            (Token.PromptNum, number),
            (Token.Prompt, "]: "),
        ]

    def out_prompt_tokens(self) -> list[tuple[Any, str]]:
        """What stands before a result."""
        number = str(self.shell.displayhook.prompt_count)
        return [
            (Token.OutPrompt, "         Out ["),
            (Token.OutPromptNum, number),
            (Token.OutPrompt, "]: "),
        ]


class SessionShell(TerminalInteractiveShell):
    """The prompt of one session."""

    prompts_class = SessionPrompts
    compiler_class = RecentLines
    _last_error: BaseException | None = None
    _said = ""  #: of the error of the line that runs
    _reads_plainly = False  #: whether it waits in `input`

    def __init__(self, workplace: Workplace, **kwargs: Any) -> None:
        self.workplace = workplace
        self.interrupts = workplace.interrupts
        super().__init__(user_ns=workplace.namespace, **kwargs)
        self.interrupts.on_idle = self._clear_line_or_leave
        self.input_transformers_cleanup.append(workplace.helper.transform)
        self.ast_transformers.append(workplace.protection)  # type: ignore[arg-type]
        assert self.display_formatter is not None  # noqa: S101 - IPython has made it
        show_commands(self.display_formatter, workplace.commands)
        workplace.provide({"last_error": self.last_error, "history": self.history})
        if self.pt_app:
            # Ctrl-Z would stop us, and what has started us, while axes run on
            self.pt_app.key_bindings.add("c-z")(lambda _event: None)  # type: ignore[union-attr]
            self.pt_app.bottom_toolbar = partial(self._toolbar, self.pt_app)
        else:  # IPython has one of its own where there is no terminal
            read = self.prompt_for_code
            self.prompt_for_code = partial(self._read_plainly, read)  # type: ignore[method-assign]

    def init_history(self) -> None:
        """Have a history that survives a crash."""
        self.history_manager = SessionHistory(shell=self, parent=self)
        self.configurables.append(self.history_manager)  # type: ignore[arg-type]

    def init_completer(self) -> None:
        """Have a completer that knows commands and devices."""
        super().init_completer()
        own = SessionCompleter(
            shell=self,
            namespace=self.user_ns,
            global_namespace=self.user_global_ns,
            parent=self,
        )
        own.custom_completers = self.Completer.custom_completers
        own.workplace = self.workplace
        self.Completer = own
        self.configurables[-1] = own  # type: ignore[call-overload]

    def transform_cell(self, raw_cell: str) -> str:
        """What is typed as Python; says so where it was SPEC's way."""
        changed = self.workplace.helper.as_python(raw_cell)
        if changed != raw_cell:
            print(f"-> {changed.strip()}")
        return str(super().transform_cell(raw_cell))

    def run_cell(self, raw_cell: str, *args: Any, **kwargs: Any) -> Any:
        """Run what was typed, on a greenlet of its own; Ctrl-C reaches it and nothing else."""
        self.workplace.typed.begins(raw_cell)
        self._said, begin, result = "", clock.now(), None
        try:
            with self.workplace.protection.watching():
                work = partial(super().run_cell, raw_cell, *args, **kwargs)
                result = self.interrupts.run_command(work)
        except CommandAbandonedError as error:
            self._said = str(error)
            print(error, file=sys.stderr)
            self.execution_count += 1
        finally:
            self.workplace.typed.ended()
            forget_results(self)
            if raw_cell.strip():
                self._note(raw_cell, clock.now() - begin, result)
            if self.interrupts.cause:
                self.ask_exit()
        return result

    def _note(self, text: str, seconds: float, result: ExecutionResult | None) -> None:
        """Write down what was typed, and what became of it."""
        error = result.error_before_exec or result.error_in_exec if result else None
        said = self._said or (f"{type(error).__name__}: {error}" if error else None)
        interrupted = self._said.startswith(INTERRUPTED)
        self.workplace.log.on_command(text, seconds, said, interrupted=interrupted)

    async def run_code(self, *args: Any, **kwargs: Any) -> Any:
        """Run the user's code; only here can a Ctrl-C come in between, and not in our own."""
        try:
            try:
                self.interrupts.is_shielded = False
                self.interrupts.raise_kept()
                return await super().run_code(*args, **kwargs)
            finally:
                self.interrupts.is_shielded = True
        except KeyboardInterrupt as error:
            # it came when the user's code had ended, before another error was shown
            self.showtraceback((type(error), error, None))
            return True

    def prompt_for_code(self) -> str:
        """Read what is typed; prompt_toolkit's handler of SIGINT would leave the prompt."""
        assert self.pt_app is not None  # noqa: S101 - IPython replaces this method otherwise
        default, self.rl_next_input = self.rl_next_input or "", None
        refreshing = gevent.spawn(self._refresh_toolbar, self.pt_app.app)
        try:
            with patch_stdout(raw=True):
                options = self._extra_prompt_options()
                return str(self.pt_app.prompt(default=default, handle_sigint=False, **options))
        finally:
            refreshing.kill()

    def _read_plainly(self, read: Callable[[], str]) -> str:
        self._reads_plainly = True
        try:
            return read()
        finally:
            self._reads_plainly = False

    def _refresh_toolbar(self, app: Application[Any]) -> None:
        """Draw the line below the prompt again while something goes on."""
        shown: list[str] = []
        while True:
            gevent.sleep(_REFRESH)
            now = self.workplace.activities()
            if now != shown:
                app.invalidate()
            shown = now

    def _toolbar(self, prompt: PromptSession[Any]) -> AnyFormattedText:
        """The line below the prompt."""
        commands, helper = self.workplace.commands, self.workplace.helper
        text = prompt.default_buffer.document.text_before_cursor
        place = place_of(text, commands, spec=helper.is_on)
        width = prompt.app.output.get_size().columns
        if place is None:
            return status_line(self.workplace.name, self.workplace.activities(), width)
        return signature_line(place, commands[place.command].signature, width)

    def _clear_line_or_leave(self) -> None:
        app = self.pt_app.app if self.pt_app else None
        if app and app.loop:
            leave = partial(app.exit, exception=EOFError)
            clear = app.current_buffer.reset
            app.loop.call_soon_threadsafe(leave if self.interrupts.cause else clear)
        elif self.interrupts.cause and self._reads_plainly:
            raise EOFError  # into `input`

    def last_error(self) -> None:
        """Show where the last error came from."""
        if self._last_error is None:
            print("no error so far")
        else:
            traceback.print_exception(self._last_error)

    def history(self, count: int = 20) -> None:
        """Show the last lines that were typed, of earlier days too.

        history(50)
        """
        assert self.history_manager is not None  # noqa: S101 - see init_history
        for _, _, line in self.history_manager.get_tail(count):
            print(str(line).rstrip())

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}  # IPython formats each error for notebooks, at 1 KB of cache a line

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Show an error in a line if that is enough; `last_error()` shows where it came from."""
        # IPython calls this inside `run_code`; a Ctrl-C must not end the showing of the last one
        before, self.interrupts.is_shielded = self.interrupts.is_shielded, True
        if self.interrupts.is_beside_the_command():  # as `sys.excepthook`, by some other greenlet
            self.interrupts.is_shielded = before
        _, self._last_error, trace = exc_tuple or sys.exc_info()
        assert self._last_error is not None  # noqa: S101 - it is called for an error
        lines = complaint(self._last_error, trace, self.user_ns)
        self._said = (lines or traceback.format_exception_only(self._last_error))[0].strip()
        if lines is None:
            super().showtraceback(exc_tuple, *args, **kwargs)
        else:
            print(*lines, sep="\n", file=sys.stderr)


def start_prompt(workplace: Workplace) -> None:
    """Stay at the prompt of a session until `exit`."""
    use_colours()
    shell = SessionShell.instance(workplace=workplace, config=_config(workplace.name))
    # what was imported stays: a collector that goes through it all makes points 7 ms late
    gc.collect()
    gc.freeze()
    if not workplace.interrupts.cause:
        shell.mainloop()


def _config(session_name: str) -> Config:
    config = Config()
    config.TerminalInteractiveShell.confirm_exit = False
    config.TerminalInteractiveShell.banner1 = ""
    config.TerminalInteractiveShell.xmode = "Plain"  # a line a call; the others keep each source
    asked = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    plain = asked or not sys.stdout.isatty()
    config.TerminalInteractiveShell.colors = "nocolor" if plain else THEME
    config.TerminalInteractiveShell.term_title = os.environ.get("TERM") != "dumb"
    config.TerminalInteractiveShell.term_title_format = f"bliss: {session_name}"
    config.Completer.use_jedi = False  # it reads properties, and properties read hardware
    configure_history(config, session_folder(session_name))
    return config
