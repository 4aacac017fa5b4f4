"""Which `sessions.yml` is used; does not read it."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from bliss.common.errors import ConfigError

FILE_NAME = "sessions.yml"
VARIABLE = "BLISS_CONFIG"  #: environment variable that names the file


def find_configuration(
    explicit: str | None, environment: Mapping[str, str] = os.environ, folder: str = "."
) -> Path:
    """The file to use: `explicit`, else `BLISS_CONFIG`, else in `folder`, else the demo's.

    Raises:
        ConfigError: If a file was asked for by name and is not there.
    """
    for source, name in (("--config", explicit), (VARIABLE, environment.get(VARIABLE))):
        if name:
            return _existing(Path(folder, os.path.expanduser(name)), source)
    here = Path(folder, FILE_NAME)
    return here.resolve() if here.is_file() else _demo()


def is_demo(path: Path) -> bool:
    """Whether this is the file that comes with the shell, which is nobody's own."""
    return path == _demo()


def _existing(path: Path, source: str) -> Path:
    path = path / FILE_NAME if path.is_dir() else path
    if not path.is_file():
        raise ConfigError(f"{source} {path}: expected a {FILE_NAME}, there is no such file")
    return path.resolve()


def _demo() -> Path:
    """The file that comes with the shell: in its package, or beside that in a working copy.

    The shell is found without importing it: it stands above this package.
    """
    shell = find_spec("bliss_shell")
    for folder in (shell.submodule_search_locations or ()) if shell else ():
        for path in (Path(folder, "demo", FILE_NAME), Path(folder).parent / FILE_NAME):
            if path.is_file():
                return path.resolve()
    raise ConfigError(f"no {FILE_NAME} here, and no demo is installed; name one with --config")
