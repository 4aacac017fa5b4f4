"""What was typed at the prompt, for those who note what is done for it."""

from dataclasses import dataclass

_LONGEST = 200  #: characters that are kept


@dataclass
class TypedLine:
    """The line that runs."""

    text: str = ""  #: as it was typed; empty while the prompt waits

    def begins(self, cell: str) -> None:
        """A line, or several, was typed and will run."""
        self.text = " ".join(cell[: 2 * _LONGEST].split())[:_LONGEST]

    def ended(self) -> None:
        """It has run."""
        self.text = ""
