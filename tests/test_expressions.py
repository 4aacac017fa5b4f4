"""Formulas that a user types: right results, and nothing else of Python."""

import ast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bliss.common.errors import ConfigError
from hardware.expressions import CONSTANTS, FUNCTIONS, LONGEST, Expression

NUMBERS = st.floats(-1e3, 1e3)
TERMS = st.one_of(
    st.sampled_from(["a", "b", "pi"]),
    st.integers(0, 99).map(str),
    st.floats(0, 1e6, allow_nan=False).map(repr),
)


def _formulas(parts):
    return st.one_of(
        st.tuples(parts, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), parts).map(
            lambda three: f"({' '.join(three)})"
        ),
        parts.map(lambda part: f"-{part}"),
        st.tuples(st.sampled_from(["sqrt", "exp", "abs", "sin"]), parts).map(
            lambda two: f"{two[0]}({two[1]})"
        ),
        st.tuples(parts, parts).map(lambda two: f"hypot({two[0]}, {two[1]})"),
        st.tuples(parts, parts).map(lambda two: f"where({two[0]} < {two[1]}, 1, 2)"),
    )


FORMULAS = st.recursive(TERMS, _formulas, max_leaves=8)


@given(FORMULAS, NUMBERS, NUMBERS)
def test_a_formula_comes_to_what_numpy_makes_of_it(text, a, b):
    names = {**FUNCTIONS, **CONSTANTS, "a": np.float64(a), "b": np.float64(b)}
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):  # whole numbers of Python would grow without bound
        if isinstance(node, ast.Constant):
            node.value = float(node.value)
    floats = ast.unparse(tree).replace("pi", "float64(pi)")
    with np.errstate(all="ignore"):
        try:
            expected = eval(floats, {"float64": np.float64}, names)
        except (ZeroDivisionError, OverflowError):
            return  # of two of Python's own numbers; here it is infinite
    if not isinstance(expected, complex):  # a root of two of Python's own numbers
        found = Expression(text, ["a", "b"]).evaluate({"a": a, "b": b})
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_an_error_in_one_line(text):
    problem = ""
    try:
        expression = Expression(text)
        expression.evaluate(dict.fromkeys(expression.names, 1.0))
    except ConfigError as error:
        problem = str(error)
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read"),
        ("a b", "cannot be read"),
        ("a = 1", "cannot be read"),
        ("__import__('os').system('true')", "no arithmetic"),
        ("().__class__", "no arithmetic"),
        ("a.real", "no arithmetic"),
        ("[x for x in a]", "no arithmetic"),
        ("lambda: 1", "no arithmetic"),
        ("'a'", "no arithmetic"),
        ("1j", "no arithmetic"),
        ("open(1)", "there is no function open; there are sum, mean"),
        ("a if b else 1", "no arithmetic"),
        ("a < b < 1", "no arithmetic"),
        ("a and b", "no arithmetic"),
        ("sqrt(a, b)", "sqrt takes 1 arguments, got 2"),
        ("sqrt(x=a)", "no arithmetic"),
        ("sqrt + 1", "sqrt is a function"),
        ("c + d", "c, d is not known; there are a, b, pi"),
        ("(" * 400 + "a" + ")" * 400, "cannot be read|too deeply"),
        ("-" * 900 + "a", "too deeply"),
        ("+".join("a" * 400), "too deeply"),
        ("a" * (LONGEST + 1), "at most 1000"),
        ("1" + "0" * 400, "too large"),
    ],
)
def test_what_is_no_formula(text, says):
    with pytest.raises(ConfigError, match=says) as caught:
        Expression(text, ["a", "b"])
    assert "\n" not in str(caught.value)


def test_towers_of_powers_are_infinite_at_once():
    assert Expression("9**9**9**9").evaluate({}) == np.inf


@pytest.mark.parametrize(
    ("text", "expected"), [("a / 0", np.inf), ("-a / 0", -np.inf), ("a // 0", np.inf)]
)
def test_division_by_zero_is_infinite(text, expected):
    assert Expression(text).evaluate({"a": 1}) == expected


def test_spectra_are_calculated_point_by_point():
    spectrum = np.arange(4, dtype="<u4")
    made = Expression("sum(spectrum - 1) / 2").evaluate({"spectrum": spectrum})
    assert made == 1.0  # not that of unsigned numbers
    doubled = Expression("2 * spectrum").evaluate({"spectrum": spectrum})
    np.testing.assert_array_equal(doubled, [0, 2, 4, 6])


def test_a_long_sum_is_calculated():
    assert Expression(" + ".join(["a"] * 150)).evaluate({"a": 2}) == 300


def test_names_are_what_has_to_be_given():
    assert Expression("log(i0 / it) + pi").names == {"i0", "it"}
