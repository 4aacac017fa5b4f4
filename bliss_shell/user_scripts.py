"""The user's own scripts: files of Python that use what can be typed at the prompt."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bliss.common.errors import ArgumentError
from bliss.config.settings import SimpleSetting
from bliss.scanning.session import Session
from bliss_shell.workplace import Workplace

COMMANDS = ("user_script_homedir", "user_script_list", "user_script_load", "user_script_run")


class UserScripts:
    """The commands for scripts.

    Args:
        workplace: Of the session.
        session: The session, whose settings remember where scripts are.
        folder: Where they are until something else is said.
    """

    def __init__(self, workplace: Workplace, session: Session, folder: str) -> None:
        self._workplace = workplace
        self._folder = folder
        self._home = SimpleSetting(
            f"{session.name}:user_script_homedir", default_value="", beacon=session.beacon
        )

    def commands(self) -> dict[str, Any]:
        """What can be typed."""
        return {name: getattr(self, name) for name in COMMANDS}

    @property
    def home(self) -> Path:
        """The folder that scripts are looked for in."""
        return Path(self._home.get() or self._folder)

    def user_script_homedir(self, folder: str | None = None) -> str:
        """The folder that scripts are looked for in; at first, where `sessions.yml` is.

            user_script_homedir("~/scripts")

        Args:
            folder: Set it; it is kept for the session.

        Raises:
            ArgumentError: If there is no such folder.
        """
        if folder is not None:
            path = Path(folder).expanduser().resolve()
            if not path.is_dir():
                raise ArgumentError(f"user_script_homedir: there is no folder {path}")
            self._home.set(str(path))
        return str(self.home)

    def user_script_list(self) -> None:
        """Show which scripts there are."""
        print(f"scripts in {self.home}:")
        for path in sorted(self._scripts()):
            print(f"  {path}")

    def user_script_run(self, scriptname: str) -> None:
        """Run a script; what it defines is gone afterwards.

            user_script_run("align")

        Args:
            scriptname: Of the file, with or without `.py`, in the folder of scripts, or a path.

        Raises:
            ArgumentError: If there is no such file.
            Exception: What the script raises.
        """
        self._run(self._path("user_script_run", scriptname), "__main__")

    def user_script_load(self, scriptname: str, export_global: bool | str = "user") -> Any:
        """Run a script and keep what it defines: `user.my_function`.

            user_script_load("align")
            user_script_load("align", export_global=True)

        Args:
            scriptname: Of the file, with or without `.py`, in the folder of scripts, or a path.
            export_global: The name that it is kept under; True: each name as it is, at the
                prompt; False: it is only given back.

        Raises:
            ArgumentError: If there is no such file.
            ProtectedNameError: If it would overwrite a device or a command at the prompt; nothing
                of it has run.
            Exception: What the script raises.
        """
        path = self._path("user_script_load", scriptname)
        names = self._run(path, path.stem, checks=export_global is True)
        if export_global is True:
            self._workplace.namespace.update(names)
            self._workplace.commands.make_own(names, path.stem)
            return None
        if export_global is False:
            return SimpleNamespace(**names)
        kept = self._workplace.namespace.setdefault(str(export_global), SimpleNamespace())
        vars(kept).update(names)
        return None

    def _run(self, path: Path, module: str, *, checks: bool = False) -> dict[str, Any]:
        """Run a file with all that can be typed; what it has defined."""
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        if checks:
            self._workplace.protection.check(tree, str(path))
        before = {**self._workplace.namespace, "__name__": module, "__file__": str(path)}
        names = dict(before)
        exec(compile(tree, str(path), "exec"), names)  # noqa: S102 - what it is for
        return {
            name: value
            for name, value in names.items()
            if name[0] != "_" and before.get(name, before) is not value
        }

    def _path(self, command: str, name: str) -> Path:
        if not isinstance(name, str):
            raise ArgumentError(f'{command}: {name!r:.60} is no name; expected one, as in "align"')
        path = Path(self.home, Path(name).expanduser())
        for each in (path, path.with_name(f"{path.name}.py")):
            if each.is_file():
                return each
        there = ", ".join(map(str, sorted(self._scripts())[:10])) or "none"
        raise ArgumentError(
            f"{command}: there is no script {path}; scripts in {self.home}: {there}"
        )

    def _scripts(self) -> Iterator[Path]:
        """Those in the folder, and in folders in it."""
        home = self.home
        for path in (*home.glob("*.py"), *home.glob("[!._]*/*.py")):
            if not path.name.startswith((".", "_")):
                yield path.relative_to(home)
