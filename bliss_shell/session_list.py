"""The sessions that are configured: list them, create one, delete one."""

import sys
from pathlib import Path

from bliss.beacon import Beacon
from bliss.common.errors import BeaconNotFoundError, ConfigError
from bliss.config.session_editing import with_session, without_session
from bliss.config.static import read_configuration
from bliss.server.find_config import FILE_NAME, find_configuration, is_demo
from bliss.server.replacing import replace
from bliss_shell import templates


def show(config: str | None) -> int:
    """List the sessions, those of the running Beacon if there is one; the exit status."""
    file, running = _used(config)
    configuration = read_configuration(file)
    print(f"sessions in {file}:")
    width = max((len(name) for name in configuration.session_names), default=0)
    for name in configuration.session_names:
        objects = len(configuration.session(name)["objects"])
        who = f", in use by {running[name]}" if name in running else ""
        print(f"  {name:{width}}  {objects} objects{who}")
    return 0


def create(name: str, config: str | None) -> int:
    """Add a session to the configuration, with a setup file to fill in; the exit status.

    Where there is only the demo's configuration, one is begun in the working folder.

    Raises:
        ConfigError: If there is such a session, or the name or the file will not do.
    """
    file, _ = _used(config)
    if is_demo(file):
        file = Path(FILE_NAME).resolve()
        if file.exists():
            raise ConfigError(f"{file}: the running Beacon does not use this file; end it first")
        text = templates.configuration()
    else:
        text = file.read_text(encoding="utf-8")
    setup = file.parent / f"{name}_setup.py"
    if not name.isidentifier():
        raise ConfigError(f"{name!r}: expected a name that can be typed, such as my_session")
    changed = with_session(text, str(file), templates.session(name, setup.name))
    if not setup.exists():
        setup.write_text(templates.setup(name), encoding="utf-8")
    _replace(file, changed)
    print(f"created {name} in {file}, with the setup file {setup}")
    print(f"open it with: bliss-shell -s {name}")
    return 0


def delete(name: str, config: str | None) -> int:
    """Take a session out of the configuration, if the user says yes; the exit status.

    Raises:
        ConfigError: If there is no such session, others need it, or the file will not do.
    """
    file, running = _used(config)
    if is_demo(file):
        raise ConfigError(f"{file}: this is the demo's own file, and stays as it is")
    if name in running:
        raise ConfigError(f"session {name} is in use by {running[name]}; end that one first")
    text = file.read_text(encoding="utf-8")
    changed = without_session(text, str(file), name)
    print(
        f"Delete the session {name} from {file}? Its setup file stays. [y/N] ", end="", flush=True
    )
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        print("nothing is deleted")
        return 1
    _replace(file, changed)
    print(f"deleted {name}")
    return 0


def _used(config: str | None) -> tuple[Path, dict[str, str]]:
    """The configuration file, and by whom its sessions are used now."""
    if config is None:
        try:
            with Beacon(role="viewer") as beacon:
                status = beacon.status()
                return _here(Path(status["config"]), str(beacon.address)), status["sessions"]
        except BeaconNotFoundError:
            pass
    return find_configuration(config), {}


def _here(file: Path, address: str) -> Path:
    if not file.is_file():
        raise ConfigError(
            f"the Beacon at {address} uses {file}, which is not on this machine; do this there"
        )
    return file


def _replace(file: Path, text: str) -> None:
    try:
        if file.exists():
            replace(file, text)
        else:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror})") from None
