"""A change of the configuration file: text in, text out; comments and order stay as they are."""

import io
import math
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.util import load_yaml_guess_indent

from bliss.common.errors import ConfigError
from bliss.config.static import parse_configuration

_FIXED = ("name", "class")  #: what an object is


def with_fields(text: str, file: str, name: str, fields: Mapping[str, Any]) -> str:
    """The configuration with some fields of an object changed, or added.

    Args:
        text: The configuration as it is.
        file: Where it comes from, for messages.
        name: Of a controller, or of an object that one brings.
        fields: New values: plain data; None removes a field.

    Raises:
        ConfigError: If there is no such object, or the result would not be a configuration.
    """
    wrong = [field for field in fields if field in _FIXED]
    if wrong:
        raise ConfigError(f"{file}: {name}: {wrong[0]} cannot be changed while it is in use")
    yaml = _yaml_of(text)
    document = yaml.load(text)
    entry = _entry(document, name)
    if entry is None:
        raise ConfigError(f"{file}: there is no object {name!r} under controllers")
    for field, value in fields.items():
        if value is None:
            entry.pop(field, None)
        else:
            _replace(entry, field, _plain(value))
    out = io.StringIO()
    yaml.dump(document, out)
    changed = out.getvalue()
    parse_configuration(changed, file)
    return changed


def fields_of(text: str, file: str, name: str) -> dict[str, Any]:
    """What the configuration says of an object, as plain data.

    Raises:
        ConfigError: If the configuration is wrong, or there is no such object.
    """
    for controller in parse_configuration(text, file).controllers:
        if controller.name == name:
            return dict(controller.config)
        for value in controller.config.values():
            for item in value if isinstance(value, list) else ():
                if isinstance(item, dict) and item.get("name") == name:
                    return item
    raise ConfigError(f"{file}: there is no object {name!r} under controllers")


def _entry(document: Any, name: str) -> CommentedMap | None:
    for controller in document.get("controllers", ()):
        if controller.get("name") == name:
            return controller  # type: ignore[no-any-return]
        for value in controller.values():
            for item in value if isinstance(value, CommentedSeq) else ():
                if isinstance(item, CommentedMap) and item.get("name") == name:
                    return item
    return None


def _replace(entry: CommentedMap, field: str, value: Any) -> None:
    """Set a field, in the form that it has."""
    before = entry.get(field)
    if isinstance(before, CommentedSeq) and isinstance(value, list) and len(before) == len(value):
        for index, each in enumerate(value):
            before[index] = each
    elif not isinstance(value, list) and before == value:
        return  # 1000 and 1000.0 are the same to whoever wrote it
    else:
        entry[field] = value


def _plain(value: Any) -> Any:
    """Numbers as people write them: 1000.0 as 1000; a list on one line; no limit as null."""
    if isinstance(value, float) and not isinstance(value, ScalarFloat):
        if math.isinf(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, list | tuple):
        listed = CommentedSeq(_plain(each) for each in value)
        listed.fa.set_flow_style()
        return listed
    return value


def _yaml_of(text: str) -> YAML:
    """A reader and writer that leaves the text's own layout as it is."""
    _, indent, offset = load_yaml_guess_indent(text)
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 10_000  # never break a line that was not broken
    if indent is not None:
        yaml.indent(mapping=2, sequence=indent, offset=offset or 0)
    yaml.representer.add_representer(type(None), _null)
    return yaml


def _null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")
