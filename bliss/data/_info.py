"""A node's metadata."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any

import redis

from bliss.common import values
from bliss.data import keys


class Info(Mapping[str, Any]):
    """A node's metadata, read from the server each time it is asked for."""

    def __init__(self, client: redis.Redis, db_name: str) -> None:
        self._client: Any = client
        self._key = keys.info(db_name)

    def __getitem__(self, name: str) -> Any:
        raw = self._client.hget(self._key, name)
        if raw is None:
            raise KeyError(name)
        return values.unpack(raw)

    def get_all(self) -> dict[str, Any]:
        """All of it as a dict of its own, in one round trip."""
        raw = self._client.hgetall(self._key)
        return {name.decode(): values.unpack(value) for name, value in raw.items()}

    def __iter__(self) -> Iterator[str]:
        return iter([name.decode() for name in self._client.hkeys(self._key)])

    def __len__(self) -> int:
        return int(self._client.hlen(self._key))

    def items(self) -> ItemsView[str, Any]:
        """Names and values, in one round trip."""
        return self.get_all().items()

    def values(self) -> ValuesView[Any]:
        """The values, in one round trip."""
        return self.get_all().values()

    def __repr__(self) -> str:
        return f"Info({self.get_all()!r})"
