"""What shall survive the session: single values and hashes of values in the settings server.

    last = SimpleSetting("demo_session:last_file", default_value="")
    last.set("scan_0001.h5")
    numbers = HashSetting("demo_session:scan_numbers")
    numbers.incr("ascan")       # 1, then 2: a number is never given twice

Every method is one round trip; nothing is kept in the process.  Values are those of a Channel
(see `bliss.config.channels`), stored until they are cleared.
"""

from collections.abc import ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import NoPermissionError, ResponseError

from bliss.beacon import get_beacon
from bliss.config import _keys, _server, _values
from bliss.config._server import SettingsServerError

if TYPE_CHECKING:
    import redis

    from bliss.beacon import Beacon

__all__ = ["HashSetting", "SettingsServerError", "SimpleSetting", "scan"]


class SimpleSetting:
    """One value.

    Args:
        name: Its key, as it stands in the server.
        default_value: What `get` returns as long as nothing is set; it is not stored.
        beacon: Whose settings server; that of `get_beacon()` when not given.
    """

    def __init__(
        self, name: str, default_value: Any = None, *, beacon: "Beacon | None" = None
    ) -> None:
        self.name = _keys.setting(name)
        self._owner = f"setting {name!r}"
        self._default = default_value
        self._beacon = beacon or get_beacon()

    def __repr__(self) -> str:
        return f"<{self._owner}>"

    def get(self) -> Any:
        """The stored value, else the default.

        Raises:
            FormatError: If something else than a value is stored there.
        """
        with _server.reported(f"{self._owner} cannot be read"):
            data = self._beacon.redis("settings").get(self.name)
        return self._default if data is None else _values.decode(self._owner, cast(bytes, data))

    def set(self, value: Any) -> None:
        """Store a value.

        Raises:
            TypeError: If it is not plain data or a numpy array of numbers.
        """
        data = _values.encode(self._owner, value)
        with _server.reported(f"{self._owner} cannot be set"):
            self._beacon.redis("settings").set(self.name, data)

    @property
    def value(self) -> Any:
        """The same as `get` and `set`."""
        return self.get()

    @value.setter
    def value(self, value: Any) -> None:
        self.set(value)

    def clear(self) -> None:
        """Forget the stored value."""
        with _server.reported(f"{self._owner} cannot be cleared"):
            self._beacon.redis("settings").delete(self.name)


class HashSetting(MutableMapping[str, Any]):
    """Values by name: a mapping kept in the server.

    Args:
        name: Its key, as it stands in the server.
        default_values: What fields hold as long as nothing is set; they are not stored.
        beacon: Whose settings server; that of `get_beacon()` when not given.
    """

    def __init__(
        self,
        name: str,
        default_values: Mapping[str, Any] | None = None,
        *,
        beacon: "Beacon | None" = None,
    ) -> None:
        self.name = _keys.setting(name)
        self._owner = f"setting {name!r}"
        self._defaults = dict(default_values or {})
        self._beacon = beacon or get_beacon()

    def __repr__(self) -> str:
        return f"<{self._owner}>"

    def __getitem__(self, field: str) -> Any:
        data = self._do("read", "HGET", field)
        if data is not None:
            return _values.decode(f"{self._owner}, field {field!r}", data)
        if field in self._defaults:
            return self._defaults[field]
        raise KeyError(f"{self._owner} has no field {field!r}")

    def __setitem__(self, field: str, value: Any) -> None:
        self.update({field: value})

    def __delitem__(self, field: str) -> None:
        if not self._do("changed", "HDEL", field):
            raise KeyError(f"{self._owner} has no field {field!r} stored")

    def __iter__(self) -> Iterator[str]:
        return iter(self.get_all())

    def __len__(self) -> int:
        return len(self.get_all())

    def __contains__(self, field: object) -> bool:
        return field in self._defaults or bool(self._do("read", "HEXISTS", field))

    def set(self, field: str, value: Any) -> None:
        """Store one field.

        Raises:
            TypeError: If `value` is not plain data or a numpy array of numbers.
        """
        self[field] = value

    def get_all(self) -> dict[str, Any]:
        """All fields with their values, defaults among them: `{"ascan": 12, "ct": 3}`."""
        stored = self._do("read", "HGETALL")
        return self._defaults | {
            field.decode(): _values.decode(f"{self._owner}, field {field.decode()!r}", data)
            for field, data in stored.items()
        }

    def items(self) -> ItemsView[str, Any]:
        """Fields and values, read at once."""
        return self.get_all().items()

    def values(self) -> ValuesView[Any]:
        """Values, read at once."""
        return self.get_all().values()

    def update(self, other: Any = (), /, **fields: Any) -> None:
        """Store several fields at once, all or none.

        Raises:
            TypeError: If a value is not plain data or a numpy array of numbers.
        """
        if pairs := self._pairs(dict(other, **fields)):
            self._do("changed", "HSET", *pairs)

    def _pairs(self, fields: Mapping[str, Any]) -> list[Any]:
        pairs: list[Any] = []
        for field, value in fields.items():
            pairs += [field, _values.encode(f"{self._owner}, field {field!r}", value)]
        return pairs

    def update_safely(self, fields: Mapping[str, Any], *, timeout: float = 5.0) -> None:
        """Store several fields, all or none, and return when the server's end cannot undo it.

        They are in its append-only file then, in the system's care; from there they come to the
        disk within a second.  An outside server without such a file is not waited for.

        Args:
            fields: What to store.
            timeout: Seconds that the file may take.

        Raises:
            SettingsServerError: If the server does not answer, refuses, or cannot write; whether
                the fields are changed is not known then, until they are read again.
            TypeError: If a value is not plain data or a numpy array of numbers.
        """
        pairs = self._pairs(fields)
        with (
            _server.reported(f"{self._owner} may or may not be changed"),
            # one connection, as WAITAOF is about what that one has written
            cast(Any, self._beacon.redis("settings")).client() as one,
        ):
            one.execute_command("HSET", self.name, *pairs)
            try:
                written = one.execute_command("WAITAOF", 1, 0, int(timeout * 1e3))
            except NoPermissionError:
                raise
            except ResponseError:  # it has no such file
                return
            if not written[0]:
                raise TimeoutError(f"its file was not written within {timeout:g} s")

    def remove(self, *fields: str) -> None:
        """Forget the stored values of these fields, if they have any."""
        if fields:
            self._do("changed", "HDEL", *fields)

    def clear(self) -> None:
        """Forget all stored values."""
        self._do("cleared", "DEL")

    def incr(self, field: str, by: int = 1) -> int:
        """Add to a whole number and return the sum; no two callers are given the same.

        A field that is not stored starts at its default, else at 0.

        Raises:
            SettingsServerError: If the field does not hold a whole number.
        """
        start = _values.encode(self._owner, self._defaults.get(field, 0))
        asked = f"{self._owner}, field {field!r}, cannot be counted"
        args = ("bliss_hash_incr", [self.name], field, by, start)
        return int(_server.call(self._beacon, asked, *args))

    def _do(self, done: str, command: str, *args: Any) -> Any:
        with _server.reported(f"{self._owner} cannot be {done}"):
            client = self._beacon.redis("settings")
            return client.execute_command(command, self.name, *args)  # type: ignore[no-untyped-call]


def scan(
    pattern: str = "*", count: int = 1000, connection: "redis.Redis | None" = None
) -> Iterator[str]:
    """Names of the keys that match, without holding up the server.

    A key that is made or removed meanwhile may be missed, one that stays never; one may come twice.

    Args:
        pattern: As in a shell: `*`, `?`, `[abc]`; a backslash before a character means itself.
        count: About how many keys the server looks at in one go.
        connection: The client of the server to look in; that of the settings when not given.

    Yields:
        Key names: `"demo_session:scan_numbers"`.
    """
    with _server.reported("keys cannot be listed"):
        client = connection or get_beacon().redis("settings")
        for key in client.scan_iter(match=pattern, count=count):
            yield key.decode(errors="replace") if isinstance(key, bytes) else key
