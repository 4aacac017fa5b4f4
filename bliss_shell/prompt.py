"""IPython's terminal shell as the session's prompt."""

import gc
import os
import sys
import traceback
from functools import partial
from typing import Any

from IPython.terminal.interactiveshell import TerminalInteractiveShell
from IPython.terminal.prompts import Prompts
from prompt_toolkit.patch_stdout import patch_stdout
from pygments.token import Token
from traitlets.config import Config

from bliss.common.interrupts import CommandAbandonedError, Interrupts
from bliss_shell.complaints import complaint
from bliss_shell.interrupts import handled_by
from bliss_shell.recent_lines import RecentLines, forget_results
from bliss_shell.typed_line import TypedLine


class SessionPrompts(Prompts):
    """`DEMO_SESSION [1]:`."""

    shell: "SessionShell"

    def in_prompt_tokens(self) -> list[tuple[Any, str]]:
        """What stands before the line that is typed."""
        number = str(self.shell.execution_count)
        return [
            (Token.Prompt, f"{self.shell.session_name.upper()} ["),
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
    session_name = ""
    interrupts: Interrupts
    typed: TypedLine
    _last_error: BaseException | None = None

    def open_for(self, session_name: str, interrupts: Interrupts, typed: TypedLine) -> None:
        """Make it the prompt of a session."""
        self.session_name = session_name
        self.typed = typed
        self.interrupts = interrupts
        interrupts.on_idle = self._clear_line

    def run_cell(self, raw_cell: str, *args: Any, **kwargs: Any) -> Any:
        """Run what was typed, on a greenlet of its own; Ctrl-C reaches it and nothing else."""
        self.typed.begins(raw_cell)
        try:
            return self.interrupts.run_command(partial(super().run_cell, raw_cell, *args, **kwargs))
        except CommandAbandonedError as error:
            print(error, file=sys.stderr)
            self.execution_count += 1
            return None
        finally:
            self.typed.ended()
            forget_results(self)

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
        with patch_stdout(raw=True):
            options = self._extra_prompt_options()
            return str(self.pt_app.prompt(default=default, handle_sigint=False, **options))

    def _clear_line(self) -> None:
        app = self.pt_app.app if self.pt_app else None
        if app and app.loop:
            app.loop.call_soon_threadsafe(app.current_buffer.reset)

    def last_error(self) -> None:
        """Show where the last error came from."""
        if self._last_error is None:
            print("no error so far")
        else:
            traceback.print_exception(self._last_error)

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}  # IPython formats each error for notebooks, at 1 KB of cache a line

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Show an error in a line if that is enough; `last_error()` shows where it came from."""
        # IPython calls this inside `run_code`; a Ctrl-C must not end the showing of the last one
        self.interrupts.is_shielded = True
        _, self._last_error, trace = exc_tuple or sys.exc_info()
        assert self._last_error is not None  # noqa: S101 - it is called for an error
        lines = complaint(self._last_error, trace, self.user_ns)
        if lines is None:
            super().showtraceback(exc_tuple, *args, **kwargs)
        else:
            print(*lines, sep="\n", file=sys.stderr)


def start_prompt(
    session_name: str, namespace: dict[str, Any], interrupts: Interrupts, typed: TypedLine
) -> None:
    """Stay at the prompt until `exit`.

    Args:
        session_name: Shown in the prompt.
        namespace: What can be typed.
        interrupts: Gets every Ctrl-C meanwhile.
        typed: Is told what is typed.
    """
    config = Config()
    config.TerminalInteractiveShell.confirm_exit = False
    config.TerminalInteractiveShell.banner1 = ""
    config.TerminalInteractiveShell.xmode = "Plain"  # a line a call; the others keep each source
    if "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        config.TerminalInteractiveShell.colors = "nocolor"
    config.TerminalInteractiveShell.term_title_format = f"bliss: {session_name}"
    config.Completer.use_jedi = False  # it reads properties, and properties read hardware
    shell = SessionShell.instance(config=config, user_ns=namespace)
    shell.open_for(session_name, interrupts, typed)
    namespace["last_error"] = shell.last_error
    # what was imported stays: a collector that goes through it all makes points 7 ms late
    gc.collect()
    gc.freeze()
    with handled_by(interrupts):
        shell.mainloop()
