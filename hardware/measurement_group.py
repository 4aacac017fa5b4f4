"""Measurement groups: sets of counters that are switched on and off together.

counting.disable("*gauss*")
counting.switch_state("fast")       # another choice of the same counters; both are kept
counting.set_active()               # what scans count that name no counters
"""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bliss.common.errors import SettingError
from bliss.common.protocols import Counter, counters_of, is_counter, is_counter_container, optional
from bliss.config.settings import HashSetting
from hardware.configuration import DeviceConfig, checked

DEFAULT_STATE = "default"
_CURRENT = "state"  #: field that holds the name of the state
_DISABLED = "disabled:"  #: before the name of a state, field that holds what it leaves out

#: Of a counter, a pattern of names such as `"*gauss*"`, or a device: what names some of a group.
Choice = Any


class MeasurementGroup:
    """A named set of counters, each enabled or disabled; a scan counts those enabled.

        fast = MeasurementGroup("fast", [diode1, fluo_diode])

    What is disabled is kept from session to session, for each of its states.

    Args:
        name: What the user types.
        counters: Counters, and devices or groups that have some.
        stored: Where its states are kept; the settings server by default.

    Raises:
        SettingError: If one is neither.
    """

    def __init__(
        self,
        name: str,
        counters: Iterable[Any],
        *,
        stored: MutableMapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise SettingError(f"{name!r:.40} is no name of a group; expected one such as counting")
        self.name = name
        self._members: list[Any] = []
        self._stored = HashSetting(f"measurement_group:{name}") if stored is None else stored
        if is_counter(counters) or not isinstance(counters, Iterable):
            counters = [counters]
        self.add(*counters)

    # What is in it

    @property
    def available(self) -> list[str]:
        """Full names of all its counters."""
        return [_fullname(counter) for counter in self._all()]

    @property
    def enabled(self) -> list[str]:
        """Full names of those that a scan counts."""
        return [_fullname(counter) for counter in self.counters]

    @property
    def disabled(self) -> list[str]:
        """Full names of those that a scan leaves out."""
        enabled = set(self.enabled)
        return [name for name in self.available if name not in enabled]

    @property
    def counters(self) -> list[Counter]:
        """Those that a scan counts."""
        left_out = self._left_out()
        return [counter for counter in self._all() if _fullname(counter) not in left_out]

    def add(self, *counters: Any) -> None:
        """Add counters, or devices with all of theirs, until the session ends.

        Raises:
            SettingError: If one is neither.
        """
        for each in counters:
            if not is_counter(each) and not is_counter_container(each):
                raise SettingError(
                    f"{self.name}: {each!r:.60} is not a counter, nor a device that has some"
                )
            if each is self:
                raise SettingError(f"{self.name}: cannot be in itself")
        self._members = list(dict.fromkeys([*self._members, *counters]))

    def remove(self, *counters: Any) -> None:
        """Take out what `add`, or the configuration, put in; until the session ends.

        Raises:
            SettingError: If one is not in it.
        """
        for each in counters:
            if each not in self._members:
                raise SettingError(f"{self.name}: {each!r:.60} is not in it; see {self.name}")
            self._members.remove(each)

    # What of it a scan counts

    def enable(self, *choices: Choice) -> None:
        """Have a scan count these: names, patterns such as `"*gauss*"`, counters or devices.

        Raises:
            SettingError: If one of them is none of this group; nothing has changed.
        """
        self._leave_out(self._left_out() - self._chosen(choices))

    def disable(self, *choices: Choice) -> None:
        """Have a scan leave these out; otherwise as `enable`."""
        self._leave_out(self._left_out() | self._chosen(choices))

    def enable_all(self) -> None:
        """Have a scan count all."""
        self._leave_out(set())

    def disable_all(self) -> None:
        """Have a scan count none."""
        self._leave_out(set(self.available))

    # Several choices of the same counters

    @property
    def active_state_name(self) -> str:
        """The state it is in."""
        return str(self._stored.get(_CURRENT, DEFAULT_STATE))

    @property
    def state_names(self) -> list[str]:
        """All its states."""
        kept = (f.removeprefix(_DISABLED) for f in self._stored if f.startswith(_DISABLED))
        return sorted({DEFAULT_STATE, self.active_state_name, *kept})

    def switch_state(self, name: str) -> None:
        """Go over to another state; a new one has all counters enabled.

        Raises:
            SettingError: If that cannot be the name of a state.
        """
        if not isinstance(name, str) or not name.strip():
            raise SettingError(f"{self.name}: {name!r:.40} is no name of a state; expected text")
        if _DISABLED + name not in self._stored:
            self._stored[_DISABLED + name] = []
        self._stored[_CURRENT] = name

    def remove_states(self, *names: str) -> None:
        """Forget states.

        Raises:
            SettingError: If there is none of that name, or it is in that state.
        """
        for name in names:
            if name == self.active_state_name:
                raise SettingError(f"{self.name}: is in state {name!r}; switch to another first")
            if _DISABLED + name not in self._stored:
                states = ", ".join(self.state_names)
                raise SettingError(f"{self.name}: no state {name!r:.40}; there are {states}")
            del self._stored[_DISABLED + name]

    def set_active(self) -> None:
        """Have scans that name no counters count this group's."""
        ACTIVE_MG.set(self)

    def _all(self) -> list[Counter]:
        found = (counter for member in self._members for counter in counters_of(member))
        return list({(id(each.controller), each.name): each for each in found}.values())

    def _left_out(self) -> set[str]:
        return set(self._stored.get(_DISABLED + self.active_state_name, ()))

    def _leave_out(self, names: set[str]) -> None:
        self._stored[_DISABLED + self.active_state_name] = sorted(names)

    def _chosen(self, choices: Sequence[Choice]) -> set[str]:
        return {name for choice in choices for name in self._matching(choice)}

    def _matching(self, choice: Choice) -> set[str]:
        if isinstance(choice, str):
            found = {_fullname(each) for each in self._all() if _is_called(each, choice)}
        else:
            found = {_fullname(each) for each in counters_of(choice)} & set(self.available)
        if not found:
            raise SettingError(
                f"{self.name}: {choice!r:.60} is none of its counters: {', '.join(self.available)}"
            )
        return found

    def __info__(self) -> str:
        """What a user wants to see."""
        enabled, disabled = self.enabled, self.disabled
        is_active = ", active" if ACTIVE_MG.group is self else ""
        lines = [
            f"{self.name}: measurement group{is_active}, state {self.active_state_name!r} of "
            f"{', '.join(map(repr, self.state_names))}",
            f"  enabled   {', '.join(enabled) or 'none'}",
            f"  disabled  {', '.join(disabled) or 'none'}",
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<MeasurementGroup {self.name}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        printer.text(repr(self) if len(printer.stack) > 1 else self.__info__())


class Stored(Protocol):
    """A value that is kept, such as a `bliss.config.settings.SimpleSetting`."""

    def get(self) -> Any:
        """The value, None if there is none."""

    def set(self, value: Any) -> None:
        """Keep another value."""


class ActiveGroup:
    """The measurement group of scans that name no counters; has all that the group has."""

    def __init__(self) -> None:
        self._group: MeasurementGroup | None = None
        self._stored: Stored | None = None

    @property
    def group(self) -> MeasurementGroup | None:
        """The group; None if there is none."""
        return self._group

    @property
    def counters(self) -> list[Counter]:
        """Those that the group enables; none without a group."""
        return self._group.counters if self._group else []

    def set(self, group: MeasurementGroup | None) -> None:
        """Make a group the active one, also of the next session; None is no group."""
        self._group = group
        if self._stored is not None:
            self._stored.set(group and group.name)

    def restore(self, groups: Sequence[MeasurementGroup], stored: Stored) -> None:
        """Begin a session: with the group of the last one, or the first.

        Args:
            groups: Those of the session.
            stored: Where its name is kept.
        """
        self._stored = stored
        name = stored.get()
        named = [group for group in groups if group.name == name]
        self._group = next(iter([*named, *groups]), None)

    def forget(self) -> None:
        """End a session."""
        self._group = self._stored = None

    def __getattr__(self, name: str) -> Any:
        group = self.__dict__.get("_group")
        if group is None or name.startswith("__"):
            raise AttributeError(f"no measurement group is active, so there is no {name}; see lsmg")
        return getattr(group, name)

    def __info__(self) -> str:
        """What a user wants to see."""
        return self._group.__info__() if self._group else "no measurement group is active"

    def __repr__(self) -> str:
        return f"<active: {self._group!r}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        printer.text(repr(self) if len(printer.stack) > 1 else self.__info__())


#: The active measurement group of this process; a process runs one session.
ACTIVE_MG = ActiveGroup()


def _fullname(counter: Counter) -> str:
    return f"{counter.controller.name}:{counter.name}"


def _is_called(counter: Counter, pattern: str) -> bool:
    names = (counter.name, _fullname(counter), optional(counter, "alias") or counter.name)
    return any(fnmatchcase(name, pattern) for name in names)


def _member(value: object) -> object:
    if not is_counter(value) and not is_counter_container(value):
        raise PydanticCustomError("counter", "a counter or a detector is expected, as in $diode1")
    return value


class GroupConfig(DeviceConfig):
    """A measurement group in the configuration."""

    name: str = Field(min_length=1)
    counters: list[Annotated[Any, BeforeValidator(_member)]]


class MeasurementGroupsConfig(DeviceConfig):
    """The measurement groups in the configuration."""

    groups: list[GroupConfig] = Field(min_length=1)


class MeasurementGroups:
    """Measurement groups that the configuration has.

    Args:
        name: Of all of them.
        config: `groups`, a list of `name` and `counters`: counters and detectors, as in $diode1.
    """

    goes_without_missing = True  #: a counter that cannot be made costs no other

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.name = name
        settings = checked(MeasurementGroupsConfig, name, config)
        self._groups = {
            each.name: MeasurementGroup(each.name, each.counters) for each in settings.groups
        }

    @property
    def devices(self) -> dict[str, object]:
        """The groups by name."""
        return dict(self._groups)

    def __repr__(self) -> str:
        return f"<MeasurementGroups {self.name}: {', '.join(self._groups)}>"
