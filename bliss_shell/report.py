"""What goes wrong beside the command that runs: said to the user once."""

import sys

_said: set[str] = set()


def report_once(topic: str, sentence: str) -> None:
    """Say `sentence`, unless something of this topic has been said in this process."""
    if topic not in _said:
        _said.add(topic)
        print(sentence, file=sys.stderr)
