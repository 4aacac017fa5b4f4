"""Names of the keys in the settings server; nothing else in the project spells one.

| key                          | type   | holds                                  | lives           |
| ---------------------------- | ------ | -------------------------------------- | --------------- |
| `bliss:channel:value:{name}` | hash   | a Channel: `value` (msgpack) and `seq` | until its last  |
|                              |        | (grows with every change), once set,   | holder's        |
|                              |        | and an empty field `bliss:holder:{id}` | connection ends |
|                              |        | for each holder                        |                 |
| `bliss:channel:index`        | set    | keys of all Channels, to find those    | for ever        |
|                              |        | whose holders were killed              |                 |
| any other, as the user wrote | string | a `SimpleSetting`, msgpack             | until cleared   |
| any other, as the user wrote | hash   | a `HashSetting`, msgpack in each field | until cleared   |

And of the pub/sub channels there:

| pub/sub channel        | message                                                                 |
| ---------------------- | ----------------------------------------------------------------------- |
| `bliss:channel:{name}` | a Channel's change: seq in decimal, a space, value                      |
| `bliss:events:{name}`  | an EventChannel's event, msgpack                                        |
| `bliss:holder:{id}`    | none, ever: as long as someone is subscribed, this holder is connected  |
"""

_RESERVED = "bliss:"

CHANNEL_INDEX = "bliss:channel:index"


def channel(name: str) -> str:
    """Key of a Channel."""
    return f"bliss:channel:value:{_checked('Channel', name)}"


def channel_changes(name: str) -> str:
    """Pub/sub channel of a Channel's changes."""
    return f"bliss:channel:{_checked('Channel', name)}"


def events(name: str) -> str:
    """Pub/sub channel of an EventChannel."""
    return f"bliss:events:{_checked('EventChannel', name)}"


def holder(ident: str) -> str:
    """Pub/sub channel that a holder of Channels is subscribed to as long as it lives."""
    return f"bliss:holder:{ident}"


def setting(name: str) -> str:
    """Key of a setting.

    Raises:
        ValueError: If the name is one of the keys above.
    """
    if _checked("setting", name).startswith(_RESERVED):
        raise ValueError(
            f"setting {name!r}: names that begin with {_RESERVED!r} are ours; rename it"
        )
    return name


def _checked(kind: str, name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the name of a {kind} is a str, not {name!r} ({type(name).__name__})")
    if not name:
        raise ValueError(f"a {kind} needs a name that is not empty")
    return name
