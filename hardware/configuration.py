"""Checks of what the configuration says about a device, with messages that a user can act on."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from bliss.common.errors import ConfigError


class DeviceConfig(BaseModel):
    """Fields of a device: those named, of the type named, nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


Config = TypeVar("Config", bound=DeviceConfig)


def checked(model: type[Config], name: str, config: Mapping[str, Any]) -> Config:
    """The configuration of controller `name`, as an instance of `model`.

    Raises:
        ConfigError: Naming controller, device, field, value, and what was expected.
    """
    try:
        return model.model_validate(dict(config))
    except ValidationError as problem:
        sentences = [_sentence(name, config, error) for error in problem.errors()]
        raise ConfigError("\n".join(sentences)) from None


def _sentence(name: str, config: Mapping[str, Any], error: ErrorDetails) -> str:
    where = ".".join(_path(config, error["loc"]))
    expected = error["msg"][:1].lower() + error["msg"][1:]
    match error["type"]:
        case "missing":
            return f"{name}: {where} is missing"
        case "extra_forbidden":
            return f"{name}: {where} is no field of it; check its spelling"
        case _ if isinstance(error["input"], Mapping):
            return f"{name}: {where}: {expected}"
        case _:
            return f"{name}: {where} is {error['input']!r}; {expected}"


def _path(config: Any, location: tuple[int | str, ...]) -> list[str]:
    """Names along the way to a field: an entry of a list goes by its name, not its number."""
    path: list[str] = []
    for step in location[:-1]:
        if isinstance(config, Mapping) and step not in config:
            continue  # pydantic's mark of the alternative it tried
        config = config[step]
        path.append(_label(config, step))
    last = location[-1]
    is_entry = isinstance(last, int) and isinstance(config, list)
    return [*path, _label(config[last], last) if is_entry else str(last)]


def _label(entry: Any, step: int | str) -> str:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else str(step)
