"""What `sessions.yml` may contain, and what is said about the rest."""

import keyword
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def python_name(text: str) -> str:
    """`text`, if it can be typed at the prompt; else a ValueError that says so."""
    if not text.isascii() or not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError("expected a name that can be typed at the prompt, such as robz")
    return text


def _dotted_path(text: str) -> str:
    if "." not in text or not all(part.isidentifier() for part in text.split(".")):
        raise ValueError("expected a dotted path, such as hardware.simulated_axes.Controller")
    return text


Name = Annotated[str, AfterValidator(python_name)]
DottedPath = Annotated[str, AfterValidator(_dotted_path)]


class ControllerEntry(BaseModel):
    """One entry of `controllers`; fields that are not here are passed to the class."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Name
    class_path: DottedPath = Field(alias="class")


class SessionEntry(BaseModel):
    """One entry of `sessions`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    setup_file: str | None = Field(default=None, alias="setup-file")
    config_objects: list[str] | None = Field(default=None, alias="config-objects")
    exclude_objects: list[str] = Field(default=[], alias="exclude-objects")
    include_sessions: list[str] = Field(default=[], alias="include-sessions")


class SessionsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    controllers: list[ControllerEntry] = []
    sessions: list[SessionEntry] = []


def in_words(error: Mapping[str, Any]) -> str:
    """What pydantic found, the way our messages read."""
    if error["type"] == "missing":
        return "expected this field, which is missing"
    if error["type"] == "extra_forbidden":
        model = SessionEntry if len(error["loc"]) > 1 else SessionsFile
        known = ", ".join(info.alias or name for name, info in model.model_fields.items())
        return f"there is no such field; expected one of {known}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message.replace('Input should be', 'expected')}, got {error['input']!r:.60}"
