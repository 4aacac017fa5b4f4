"""Anything that Python can read, as a counter.

loopscan(10, .1, SoftCounter(robz, "velocity"))
loopscan(10, .1, SoftCounter(read_pressure, unit="mbar", mode="LAST"))
"""

from collections.abc import Callable, Sequence
from typing import Any

from bliss.common.errors import SettingError
from bliss.common.sampling import SamplingMode
from hardware.counters import SamplingCounter


class SoftCounter(SamplingCounter):
    """A counter that reads an attribute, calls a method, or calls a function.

        speed = SoftCounter(robz, "velocity")

    Args:
        obj: What has it; or the function itself.
        value: Name of the attribute, or of a method without arguments.
        name: What the table shows; by default that of the attribute or function.
        controller_name: Before the name in the channel's; by default that of the object.
        apply: Takes what was read, and gives the value.
        mode: What is made of the samples of a point.
        about: What every counter has: `unit`, `dtype`, `shape`, `conversion_function`, `alias`.

    Raises:
        SettingError: If there is nothing to read, or it has no name that a channel can have.
    """

    def __init__(
        self,
        obj: Any = None,
        value: str | Callable[[], Any] = "value",
        name: str | None = None,
        controller_name: str | None = None,
        *,
        apply: Callable[[Any], Any] | None = None,
        mode: SamplingMode | str = SamplingMode.MEAN,
        **about: Any,
    ) -> None:
        if callable(obj) and value == "value" and not hasattr(type(obj), "value"):
            obj, value = None, obj
        if apply is not None and not callable(apply):
            raise SettingError(f"apply is {apply!r:.40}; expected a function of one value")
        read = value if callable(value) else _reader(obj, value)
        own = getattr(value, "__name__", "") if callable(value) else value
        name = _checked("name", name or own, obj or value)
        above = controller_name or getattr(obj, "name", None) or _kind(obj) or name
        owner = _checked("controller_name", above, obj or value)
        super().__init__(name, _Reader(owner, read, apply), mode=mode, **about)


class _Reader:
    """The controller of one soft counter."""

    def __init__(
        self, name: str, read: Callable[[], Any], apply: Callable[[Any], Any] | None
    ) -> None:
        self.name = name
        self._read = read
        self._apply = apply

    def read_all(self, counters: Sequence[Any]) -> list[Any]:
        value = self._apply(self._read()) if self._apply else self._read()
        return [value] * len(counters)

    def __repr__(self) -> str:
        return f"<SoftCounter's reader of {self.name}>"


def _reader(obj: Any, value: Any) -> Callable[[], Any]:
    if obj is None or not isinstance(value, str) or not _has(obj, value):
        raise SettingError(
            f"SoftCounter: {obj!r:.40} has no {value!r:.40} to read; expected an object and the "
            "name of its attribute, or a function"
        )

    def read() -> Any:
        found = getattr(obj, value)
        return found() if callable(found) else found

    return read


def _has(obj: Any, name: str) -> bool:
    return hasattr(type(obj), name) or hasattr(obj, name)  # the class first: it reads nothing


def _kind(obj: Any) -> str:
    return "" if obj is None else type(obj).__name__


def _checked(what: str, text: Any, source: Any) -> str:
    """A name that a channel can have, and that can be typed."""
    if isinstance(text, str) and text.isidentifier():
        return text
    raise SettingError(
        f"SoftCounter: {text!r:.40} cannot be the {what} of {source!r:.40}; give another with "
        f"{what}=, a name such as pressure"
    )
