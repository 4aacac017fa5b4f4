"""From the configuration to the objects a session works with."""

from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from bliss.common.errors import ConfigError


def build_devices(
    config: Mapping[str, Any], closing: ExitStack | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The session's objects by name, and what is missing, in words.

    A controller that cannot be built costs the session its objects and those that refer to them,
    and no others.

    Args:
        config: Of the session, as `Beacon.session_config` gives it.
        closing: Gets what is to be called when the session ends: each controller's `leave`.
    """
    everything: dict[str, Any] = {}
    problems = []
    for entry in config["controllers"]:
        try:
            controller = _build(entry, everything)
        except ConfigError as error:
            problems.append(str(error))
        else:
            if closing and hasattr(controller, "leave"):
                closing.callback(controller.leave)
            everything |= {entry["name"]: controller, **controller.devices}
    missing = [name for name in config["objects"] if name not in everything]
    if missing:
        problems.append(f"the session goes on without {', '.join(missing)}")
    return {n: everything[n] for n in config["objects"] if n in everything}, problems


def _build(entry: Mapping[str, Any], others: Mapping[str, Any]) -> Any:
    name, path = entry["name"], entry["class"]
    kind = _class_of(name, path)
    try:
        goes_without = getattr(kind, "goes_without_missing", False)
        return kind(name, _resolved(entry["config"], others, goes_without=goes_without))
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            f"controller {name!r}: {path} refused its configuration "
            f"({type(error).__name__}: {error})"
        ) from error


def _class_of(name: str, path: str) -> Any:
    module, _, kind = path.rpartition(".")
    try:
        return getattr(import_module(module), kind)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"controller {name!r}: no class {path!r}: {error}; expected the dotted path of a class "
            "that can be imported, as in hardware.simulated_axes.SimulatedAxisController"
        ) from error


def _resolved(value: Any, others: Mapping[str, Any], *, goes_without: bool) -> Any:
    """`value` with every "$name" in it replaced by that object.

    Where a controller goes without what could not be made, lists are without it.
    """
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in others:
            raise ConfigError(f"{value} could not be made, and is needed here")
        return others[value[1:]]
    if isinstance(value, list):
        kept = [item for item in value if not (goes_without and _is_missing(item, others))]
        return [_resolved(item, others, goes_without=goes_without) for item in kept]
    if isinstance(value, dict):
        return {
            key: _resolved(item, others, goes_without=goes_without) for key, item in value.items()
        }
    return value


def _is_missing(item: Any, others: Mapping[str, Any]) -> bool:
    return isinstance(item, str) and item.startswith("$") and item[1:] not in others
