"""Which names a piece of Python binds or deletes where it runs; code in, names out."""

import ast
from collections.abc import Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_NAMING = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.MatchAs,
    ast.MatchStar,
)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that `tree` binds, with the line; imports are left out.

    What an import binds may well be what the name means already.

    Args:
        tree: A module, as `ast.parse` gives it.
    """
    for node in ast.iter_child_nodes(tree):
        yield from _bound_by(node)


def _bound_by(node: ast.AST) -> Iterator[tuple[str, int]]:
    name = _name_of(node)
    if name:
        yield name, getattr(node, "lineno", 0)
    if isinstance(node, _SCOPES):
        yield from _declared_global(node)
    elif isinstance(node, _COMPREHENSIONS):
        yield from _walrus(node)
    else:
        yield from bound_names(node)


def _name_of(node: ast.AST) -> str | None:
    """What a node itself binds."""
    if isinstance(node, ast.Name):
        return None if isinstance(node.ctx, ast.Load) else node.id
    if isinstance(node, ast.MatchMapping):
        return node.rest
    return node.name if isinstance(node, _NAMING) else None


def _declared_global(scope: ast.AST) -> Iterator[tuple[str, int]]:
    """What a function says to be global: to assign to it, or it would not say so."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Global):
            yield from ((name, node.lineno) for name in node.names)


def _walrus(comprehension: ast.AST) -> Iterator[tuple[str, int]]:
    """What `:=` binds outside the comprehension that it stands in."""
    for node in ast.walk(comprehension):
        if isinstance(node, ast.NamedExpr):
            yield node.target.id, node.lineno
