"""What a change of the configuration was, in words."""

from bliss_shell.devices import Change

_NAMED = 8  #: names of a kind that are shown


def in_words(change: Change) -> str:
    """A line: `new: tth; changed: robx, roby; gone: diode2; 7 as before`."""
    kinds = (("new", change.new), ("changed", change.changed), ("gone", change.gone))
    parts = [f"{kind}: {_listed(names)}" for kind, names in kinds if names]
    kept = f"{len(change.kept)} as before"
    return "; ".join([*parts, kept]) if parts else f"nothing has changed; {kept}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
