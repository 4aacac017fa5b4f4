"""Python's text without its strings and comments: what brackets and separators stand where."""

from collections.abc import Iterator


def pieces(text: str, separators: str) -> Iterator[str]:
    """The pieces of `text` between separators that stand outside strings and brackets."""
    begin = depth = 0
    for index, character in outside_strings(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in separators:
            yield text[begin:index]
            begin = index + 1
    yield text[begin:]


def brackets_open(text: str) -> list[int]:
    """Where the brackets stand that are still open at the end.

    Raises:
        ValueError: If one is closed that was not opened, or the end is in a string or a comment.
    """
    opened: list[int] = []
    for index, character in outside_strings(text):
        if character in "([{":
            opened.append(index)
        elif character in ")]}":
            if not opened:
                raise ValueError(f"{character} closes nothing")
            opened.pop()
    return opened


def outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Place and character of all that is in no string and no comment.

    Raises:
        ValueError: If the end is in one.
    """
    quote, index = "", 0
    while index < len(text):
        character = text[index]
        if quote:
            if character == "\\":
                index += 1
            elif text.startswith(quote, index):
                index += len(quote) - 1
                quote = ""
        elif character in "'\"":
            quote = character * 3 if text.startswith(character * 3, index) else character
            index += len(quote) - 1
        elif character == "#":
            newline = text.find("\n", index)
            if newline < 0:
                raise ValueError("in a comment")
            index = newline
        else:
            yield index, character
        index += 1
    if quote:
        raise ValueError("in a string")
