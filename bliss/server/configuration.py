"""What `sessions.yml` says now."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bliss.common.errors import ConfigError
from bliss.config.editing import fields_of, with_fields
from bliss.config.static import Configuration, read_configuration
from bliss.server.find_config import is_demo
from bliss.server.replacing import replace


class ConfigurationFile:
    """The configuration file; read again when it has changed on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._signature: tuple[int, ...] = ()
        self._current: Configuration | None = None

    def current(self) -> Configuration:
        """What the file says now.

        Raises:
            ConfigError: If the file is gone, or wrong; says where.
        """
        signature = _signature(self.path)
        if self._current is None or signature != self._signature:
            self._current = None
            self._current = read_configuration(self.path)
            self._signature = signature
        return self._current

    def fields_of(self, name: str) -> dict[str, Any]:
        """What the file says of an object.

        Raises:
            ConfigError: If the file is wrong, or there is no such object.
        """
        return fields_of(self._text(), str(self.path), name)

    def change(self, name: str, fields: Mapping[str, Any]) -> None:
        """Change some fields of an object; the file is replaced as a whole, or stays as it is.

        Raises:
            ConfigError: If that is not possible; says why.
        """
        if is_demo(self.path):
            raise ConfigError(
                f"{self.path}: this is the demo's own file; copy it to a folder of your own and "
                "start there, then it can be changed"
            )
        text = with_fields(self._text(), str(self.path), name, fields)
        try:
            replace(self.path, text)
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be written ({error.strerror})") from None

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path}: cannot be read ({error})") from None


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()  # reading it will say what is wrong
    return (found.st_mtime_ns, found.st_size, found.st_ino)
