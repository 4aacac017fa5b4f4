"""Arithmetic that a user types, checked before anything is calculated.

    Expression("log(i0 / it)").evaluate({"i0": 10.0, "it": 10.0})   # 0.0

Known are numbers, the names given, `pi` and `e`, `+ - * / // % **`, comparisons (true counts as
1), and the functions in `FUNCTIONS`, which are numpy's.  Nothing else of Python is: the text is
taken apart into its operations, and is never run.  Calculation is numpy's, too: `1 / 0` is
infinite, not an error.
"""

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from bliss.common.errors import ConfigError

_OF_ARRAYS = "sum mean std min max median"
_OF_ONE = (
    "sqrt exp log log2 log10 sin cos tan arcsin arccos arctan sinh cosh tanh abs sign floor ceil "
    "round"
)
_OF_TWO = "arctan2 hypot minimum maximum"

#: Name to numpy's function.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in f"{_OF_ARRAYS} {_OF_ONE} {_OF_TWO}".split()},
    "clip": np.clip,
    "where": np.where,
}
CONSTANTS: Mapping[str, float] = {"pi": np.pi, "e": np.e}
LONGEST = 1000  #: characters of an expression
DEEPEST = 200  #: levels of an expression; a sum of so many terms has as many

_ARGUMENTS = {
    **dict.fromkeys(f"{_OF_ARRAYS} {_OF_ONE}".split(), 1),
    **dict.fromkeys(_OF_TWO.split(), 2),
    "clip": 3,
    "where": 3,
}
_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: np.power,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

Values = Mapping[str, Any]
_Part = Callable[[Values], Any]


class Expression:
    """A formula of some names.

    Args:
        text: The formula.
        known: The names it may use; None allows any.

    Raises:
        ConfigError: If it is anything but such a formula.
    """

    def __init__(self, text: str, known: Collection[str] | None = None) -> None:
        self.text = text
        self._names: set[str] = set()
        self._evaluate = self._parsed(text)
        unknown = self._names - set(known) if known is not None else set()
        if unknown:
            raise self._wrong(
                f"{', '.join(sorted(unknown))} is not known; there are "
                f"{', '.join([*(known or ()), *CONSTANTS])}, and the functions "
                f"{', '.join(FUNCTIONS)}"
            )

    @property
    def names(self) -> frozenset[str]:
        """The names it uses, without functions and constants."""
        return frozenset(self._names)

    def evaluate(self, values: Values) -> Any:
        """What it comes to: a number of numpy's, or an array where one of `values` is one.

        Args:
            values: A number or an array for each of `names`.
        """
        floats = {name: np.asarray(values[name], float)[()] for name in self._names}
        with np.errstate(all="ignore"):
            return self._evaluate(floats)

    def __repr__(self) -> str:
        return f"<Expression {self.text}>"

    def _parsed(self, text: str) -> _Part:
        if len(text) > LONGEST:
            raise ConfigError(f"an expression of {len(text)} characters: at most {LONGEST}")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError) as problem:
            raise self._wrong(f"it cannot be read ({problem})") from None
        except (RecursionError, MemoryError):
            raise self._wrong("it is nested too deeply") from None
        if _depth(tree) > DEEPEST:
            raise self._wrong(f"it is nested too deeply; at most {DEEPEST} levels")
        return self._part(tree)

    def _part(self, node: ast.expr) -> _Part:
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                return self._number(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _OPERATORS:
                return _applied(_OPERATORS[type(sign)], [self._part(operand)])
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _applied(_OPERATORS[type(op)], [self._part(left), self._part(right)])
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
                return _compared(_OPERATORS[type(op)], self._part(left), self._part(right))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
        raise self._wrong(
            f"{ast.unparse(node)!r:.40} is no arithmetic; expected numbers, names, + - * / // % "
            "**, a comparison, or a function of numpy's"
        )

    def _number(self, value: float) -> _Part:
        try:
            number = np.float64(value)
        except OverflowError:
            raise self._wrong("a number in it is too large") from None
        return lambda _: number

    def _name(self, name: str) -> _Part:
        if name in CONSTANTS:
            return self._number(CONSTANTS[name])
        if name in FUNCTIONS:
            raise self._wrong(f"{name} is a function; expected its arguments in brackets")
        self._names.add(name)
        return operator.itemgetter(name)

    def _call(self, name: str, arguments: list[ast.expr]) -> _Part:
        if name not in FUNCTIONS:
            raise self._wrong(f"there is no function {name}; there are {', '.join(FUNCTIONS)}")
        if len(arguments) != _ARGUMENTS[name]:
            raise self._wrong(f"{name} takes {_ARGUMENTS[name]} arguments, got {len(arguments)}")
        return _applied(FUNCTIONS[name], [self._part(argument) for argument in arguments])

    def _wrong(self, problem: str) -> ConfigError:
        return ConfigError(f"expression {self.text!r:.60}: {problem}")


def _depth(tree: ast.AST) -> int:
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def _applied(function: Callable[..., Any], parts: list[_Part]) -> _Part:
    return lambda values: function(*(part(values) for part in parts))


def _compared(function: Callable[..., Any], left: _Part, right: _Part) -> _Part:
    return lambda values: np.asarray(function(left(values), right(values)), float)[()]
