"""What `sessions.yml` says now."""

from pathlib import Path

from bliss.config.static import Configuration, read_configuration


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


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()  # reading it will say what is wrong
    return (found.st_mtime_ns, found.st_size, found.st_ino)
