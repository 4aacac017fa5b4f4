"""A node's metadata."""

import logging
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any

import redis

from bliss.common import values
from bliss.common.errors import FormatError
from bliss.data import keys
from bliss.data._wrong import expecting

_log = logging.getLogger(__name__)


class Info(Mapping[str, Any]):
    """A node's metadata, read from the server each time it is asked for."""

    def __init__(self, client: redis.Redis, db_name: str) -> None:
        self._client: Any = client
        self._key = keys.info(db_name)

    def __getitem__(self, name: str) -> Any:
        with expecting("hash", self._key):
            raw = self._client.hget(self._key, name)
        if raw is None:
            raise KeyError(name)
        try:
            return values.unpack(raw)
        except FormatError as problem:
            raise FormatError(f"{self._key}: {name!r}: {problem}") from None

    def get_all(self) -> dict[str, Any]:
        """All of it as a dict of its own, in one round trip; what cannot be read is left out."""
        with expecting("hash", self._key):
            raw = self._client.hgetall(self._key)
        everything = {}
        for name, value in raw.items():
            try:
                everything[_text(name)] = values.unpack(value)
            except FormatError as problem:
                _log.warning("%s: %r is left out: %s", self._key, _text(name), problem)
        return everything

    def __iter__(self) -> Iterator[str]:
        with expecting("hash", self._key):
            return iter([_text(name) for name in self._client.hkeys(self._key)])

    def __len__(self) -> int:
        with expecting("hash", self._key):
            return int(self._client.hlen(self._key))

    def items(self) -> ItemsView[str, Any]:
        """Names and values, in one round trip."""
        return self.get_all().items()

    def values(self) -> ValuesView[Any]:
        """The values, in one round trip."""
        return self.get_all().values()

    def __repr__(self) -> str:
        return f"Info({self.get_all()!r})"


def _text(name: bytes) -> str:
    return name.decode(errors="backslashreplace")
