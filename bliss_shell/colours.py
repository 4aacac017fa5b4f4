"""The colours of prompts, of what is typed, and of tracebacks: as legible on black as on white.

IPython's own are those of the terminal where it takes them for legible, and some are not: yellow
on white, say.  These are of the 256 that terminals have, with a contrast to black and to white of
at least 3.9 (WCAG 2.2; more than 4.6 to both is not possible).
"""

from collections.abc import Mapping
from typing import Any

from IPython.utils.PyColorize import theme_table
from pygments.token import Token

THEME = "neutral"  #: IPython's theme for any background

_BLUE, _GREEN, _TEAL, _RED, _ROSE = "#005fff", "#008700", "#008787", "#d7005f", "#af5f5f"
_OCHRE, _MAUVE, _VIOLET, _GREY, _BLUE_GREY = "#af5f00", "#af5f87", "#af00ff", "#767676", "#5f8787"

STYLES: Mapping[Any, str] = {
    Token.Prompt: _GREEN,
    Token.PromptNum: f"bold {_GREEN}",
    Token.OutPrompt: _RED,
    Token.OutPromptNum: f"bold {_RED}",
    Token.Comment: f"italic {_BLUE_GREY}",
    Token.Comment.Preproc: f"noitalic {_OCHRE}",
    Token.Keyword: f"bold {_GREEN}",
    Token.Keyword.Type: f"nobold {_RED}",
    Token.Operator.Word: f"bold {_VIOLET}",
    Token.Name.Attribute: _OCHRE,
    Token.Name.Builtin: _GREEN,
    Token.Name.Class: f"bold {_BLUE}",
    Token.Name.Constant: _ROSE,
    Token.Name.Decorator: _VIOLET,
    Token.Name.Entity: f"bold {_GREY}",
    Token.Name.Exception: f"bold {_ROSE}",
    Token.Name.Function: _BLUE,
    Token.Name.Label: _OCHRE,
    Token.Name.Namespace: f"bold {_BLUE}",
    Token.Name.Tag: f"bold {_GREEN}",
    Token.Name.Variable: _BLUE,
    Token.Name.Variable.Magic: _BLUE,
    Token.Literal.Number: _TEAL,
    Token.Literal.String: _OCHRE,
    Token.Literal.String.Escape: f"bold {_OCHRE}",
    Token.Literal.String.Interpol: f"bold {_MAUVE}",
    Token.Literal.String.Other: _GREEN,
    Token.Literal.String.Regex: _MAUVE,
    Token.Literal.String.Symbol: _BLUE,
    # of tracebacks, and of what `obj?` shows
    Token.Header: _RED,
    Token.Topline: _RED,
    Token.Line: _RED,
    Token.ExcName: _RED,
    Token.Filename: _GREEN,
    Token.FilenameEm: f"bold {_GREEN}",
    Token.Lineno: _GREEN,
    Token.LinenoEm: f"bold {_GREEN}",
    Token.NormalEm: _TEAL,
    Token.TB.Name: _MAUVE,
    Token.TB.NameEm: f"bold {_MAUVE}",
    Token.ValEm: _BLUE,
    Token.VName: _TEAL,
}


def use_colours() -> None:
    """Have IPython use them; before it makes its shell."""
    theme_table[THEME].extra_style.update(STYLES)
