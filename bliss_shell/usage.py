"""How a command is called, in words."""

import inspect
from typing import Any

_SHOWN = 3  #: paragraphs of a docstring: what it does, and an example


def parameters_in_words(signature: inspect.Signature) -> list[str]:
    """One text a parameter, without annotations: `["count_time=1.0", "*counters"]`."""
    parameters = signature.parameters.values()
    return [str(each.replace(annotation=inspect.Parameter.empty)) for each in parameters]


def usage(name: str, command: Any) -> str:
    """How a command is called: `ct(count_time=1.0, *counters, name=None, …)`."""
    return f"{name}({', '.join(parameters_in_words(inspect.signature(command)))})"


def introduction(name: str, command: Any) -> str:
    """How a command is called, and the first lines of its docstring: what it does, an example."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    shown: list[str] = []
    for paragraph in paragraphs[:_SHOWN]:
        if paragraph.startswith(("Args", "Returns", "Raises", "Yields")):
            break
        shown.append(paragraph)
    text = "\n\n".join(shown).strip()
    indented = "\n".join(f"    {line}" if line else "" for line in text.splitlines())
    return f"{usage(name, command)}\n\n{indented}" if text else usage(name, command)
