"""Devices and commands keep their names."""

import ast

import pytest

from bliss_shell.bound_names import bound_names
from bliss_shell.protection import ProtectedNameError, Protection


@pytest.mark.parametrize(
    "code",
    ["robz = 5", "a = robz = 5", "a, robz = 1, 2", "[a, *robz] = b", "robz += 1", "robz: int = 1",
     "for robz in x: pass", "with x as robz: pass", "del robz", "def robz(): pass",
     "class robz: pass", "(robz := 5)", "[robz := a for a in b]", "if x:\n  robz = 1",
     "try: pass\nexcept E as robz: pass", "match x:\n  case [robz]: pass",
     "match x:\n  case {'a': 1, **robz}: pass", "match x:\n  case [*robz]: pass",
     "async def f(): pass\nrobz = 1", "def f():\n  global robz\n  robz = 1",
     "while x:\n  for a in b:\n    robz = a", "async for robz in x: pass"],
)  # fmt: skip
def test_what_binds_a_name_is_found(code):
    assert "robz" in [name for name, _ in bound_names(ast.parse(code))]


@pytest.mark.parametrize(
    "code",
    ["robz", "robz.velocity = 5", "robz[0] = 5", "x = robz", "f(robz=5)", "lambda robz: robz",
     "def f(robz): robz = 1", "def f():\n  robz = 1", "class A:\n  robz = 1",
     "[robz for robz in x]",
     "{robz: 1 for robz in x}", "import robz", "from scans import robz", "x = lambda: (robz := 1)"],
)  # fmt: skip
def test_what_binds_it_elsewhere_is_not(code):
    assert "robz" not in [name for name, _ in bound_names(ast.parse(code))]


@pytest.fixture
def names():
    return {"robz": object(), "wa": print, "mine": 1}


@pytest.fixture
def protection(names):
    protection = Protection(names)
    protection.keep({name: names[name] for name in ("robz", "wa")})
    return protection


def test_a_name_is_refused_before_anything_runs(protection):
    with pytest.raises(ProtectedNameError, match=r'robz would be.*unprotect\("robz"\)'):
        protection.visit(ast.parse("x = 1\nrobz = 5"))
    with pytest.raises(ProtectedNameError, match=r"my\.py:2: robz would be"):
        protection.check(ast.parse("x = 1\nrobz = 5"), "my.py")
    protection.visit(ast.parse("mine = 5"))


def test_what_was_overwritten_all_the_same_is_taken_back(protection, names):
    before = dict(names)
    assert protection.restore() == ""
    names["robz"] = 5
    assert "robz was overwritten" in protection.restore()
    assert names == before
    names.clear()
    assert "robz, wa were overwritten" in protection.restore()
    assert names == {name: before[name] for name in ("robz", "wa")}


def test_it_can_be_done_on_purpose(protection, names):
    protection.unprotect("robz")
    protection.visit(ast.parse("robz = 5"))
    names["robz"] = 5
    assert protection.restore() == ""
    protection.protect("robz")
    names["robz"] = 6
    assert protection.restore()
    assert names["robz"] == 5


def test_what_is_not_protected_is_said(protection):
    with pytest.raises(ProtectedNameError, match="'nosuch' is not a protected name"):
        protection.unprotect("robz", "nosuch")
    with pytest.raises(ProtectedNameError, match="robz would be"):
        protection.visit(ast.parse("robz = 5"))
    with pytest.raises(ProtectedNameError, match="there is no 'nosuch'"):
        protection.protect("nosuch")
