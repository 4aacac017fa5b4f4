"""Whether what a terminal shows can be read on black and on white."""

from collections.abc import Iterator
from itertools import groupby

LEAST = 3.0  #: WCAG 2.2 asks for that of what stands out by its place and form, too
BASE = {"red", "green", "brown", "blue", "magenta", "cyan"}  #: as the terminal's user wants them
NAMED = {  #: as xterm has them
    "black": "000000",
    "white": "e5e5e5",
    "red": "cd0000",
    "green": "00cd00",
    "brown": "cdcd00",
    "blue": "0000ee",
    "magenta": "cd00cd",
    "cyan": "00cdcd",
    "brightblack": "7f7f7f",
    "brightwhite": "ffffff",
    "brightred": "ff0000",
    "brightgreen": "00ff00",
    "brightbrown": "ffff00",
    "brightblue": "5c5cff",
    "brightmagenta": "ff00ff",
    "brightcyan": "00ffff",
}
PICTURE = set("▀▄█ ")


def luminance(colour: str) -> float:
    """Of `"ff8000"`, 0 … 1 (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Of two colours, 1 … 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def is_legible(text: str, ground: str) -> bool:
    """Whether text of a colour can be read, whatever the terminal's own colours are."""
    if "default" in (text, ground) and text == ground:
        return True
    if ground == "default":
        grounds = [] if text in BASE else ["000000", "ffffff"]
    elif text == "default":
        return False
    else:
        grounds = [NAMED.get(ground, ground)]
    return all(contrast(NAMED.get(text, text), each) >= LEAST for each in grounds)


def shown(emulator) -> Iterator[tuple[str, str, str]]:
    """The pieces of one colour: text, its colour, what is behind it."""
    for row in emulator.buffer.values():
        cells = [row[at] for at in range(emulator.columns)]
        for (fg, bg, reverse), run in groupby(cells, key=lambda c: (c.fg, c.bg, c.reverse)):
            text = "".join(cell.data for cell in run)
            if set(text) - PICTURE:
                yield (text.strip(), *((bg, fg) if reverse else (fg, bg)))


def illegible(emulator) -> set[tuple[str, str, str]]:
    """What of a screen cannot be read."""
    return {each for each in shown(emulator) if not is_legible(*each[1:])}
