"""IPython's completer, which asks ours first."""

from collections.abc import Iterator

from IPython.core.completer import Completion, IPCompleter

from bliss_shell.call_place import place_of
from bliss_shell.completion import offer
from bliss_shell.usage import parameters_in_words
from bliss_shell.workplace import Workplace


class SessionCompleter(IPCompleter):
    """Offers devices and keywords inside a call of a command, and IPython's own elsewhere."""

    workplace: Workplace

    def completions(self, text: str, offset: int) -> Iterator[Completion]:
        """What can be typed at `offset` of `text`."""
        commands, helper = self.workplace.commands, self.workplace.helper
        place = place_of(text[:offset], commands, spec=helper.is_on)
        if place is not None:
            found = offer(place, commands[place.command].signature, self.namespace)
            begin = offset - len(place.prefix)
            for word, what in found.words:
                yield Completion(begin, offset, word, type=what)
            if found.is_all:
                return
        for each in super().completions(text, offset):
            yield self._with_signature(each)

    def _with_signature(self, found: Completion) -> Completion:
        command = self.workplace.commands.get(found.text)
        if command is None:
            return found
        shown = f"({', '.join(parameters_in_words(command.signature))})"
        return Completion(found.start, found.end, found.text, type="function", signature=shown)
