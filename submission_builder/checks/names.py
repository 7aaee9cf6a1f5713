"""Uses of names of the packages that the index of the server's API has.

Only dotted names that begin with an import count. Left out are methods of objects, names that the file binds a second
time, names that the code itself assigns (``np.float = float``), packages of which the zip has its own, and code that
tests for the name first (``hasattr``, ``__version__``, ``try``).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.conditions import dotted_name
from submission_builder.checks.guards import IMPORT, NAME
from submission_builder.server.api.index import apis_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from submission_builder.checks.context import Context

    Use = tuple[str, ast.AST, Context, str]
    """A file, a node, its context, and the dotted name that the node reads."""

_NEWER_BUILTINS = {"BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError"}


def uses_of_server_names(
    executed: Mapping[str, list[tuple[ast.AST, Context]]], trees: Mapping[str, ast.Module], own: Container[str]
) -> Iterator[Use]:
    """Yield every executed use of a name of the indexed packages.

    Parameters
    ----------
    executed
        The executed nodes of each file.
    trees
        All of each file, since other code binds names as well.
    own
        Top-level modules of the zip.
    """
    bound = {name: _imports(tree) for name, tree in trees.items()}
    assigned = {dotted for name, tree in trees.items() for dotted in _assigned(tree, bound[name])}
    for name, nodes in executed.items():
        inner = {id(node.value) for node, _ in nodes if isinstance(node, ast.Attribute)}
        for node, context in nodes:
            imported = [] if IMPORT in context.caught or NAME in context.caught else _modules_of(node)
            read = [] if id(node) in inner or NAME in context.caught else _resolved(node, bound[name])
            for dotted in [*imported, *read]:
                parts = dotted.split(".")
                if parts[0] not in own and not any(".".join(parts[:n]) in assigned for n in range(1, len(parts) + 1)):
                    yield name, node, context, dotted


def _modules_of(node: ast.AST) -> list[str]:
    """Return the dotted names of the indexed packages that an import statement imports."""
    modules = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        modules = [f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*"]
    return [dotted for dotted in modules if apis_of(dotted)]


def _imports(tree: ast.AST) -> dict[str, str]:
    """Return the dotted name of each imported name, but not of names that the file also binds to something else.

    Builtins of a newer Python count as imported.
    """
    bound: dict[str, str] = {}
    twice: set[str] = set()
    for node in ast.walk(tree):
        for local, dotted in _bindings(node):
            if bound.setdefault(local, dotted) != dotted:
                twice.add(local)
    builtins = {} if "*" in bound else {name: f"builtins.{name}" for name in _NEWER_BUILTINS - set(bound)}
    return {local: dotted for local, dotted in bound.items() if apis_of(dotted) and local not in twice} | builtins


def _assigned(tree: ast.AST, bound: dict[str, str]) -> Iterator[str]:
    """Yield the dotted names of modules' attributes that a file assigns."""
    for node in ast.walk(tree):
        target, attribute = "", ""
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            target, attribute = dotted_name(node.value), node.attr
        elif isinstance(node, ast.Call) and dotted_name(node.func) == "setattr" and len(node.args) > 1:
            name = node.args[1]
            target, attribute = dotted_name(node.args[0]), str(name.value) if isinstance(name, ast.Constant) else ""
        first, _, rest = target.partition(".")
        if first in bound:
            yield ".".join(part for part in (bound[first], rest, attribute) if part)


def _bindings(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that a node binds, with their dotted names; these are empty unless an import binds them."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, "" if node.level else f"{node.module}.{alias.name}"
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id, ""
    elif isinstance(node, ast.arg):
        yield node.arg, ""
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, ""


def _resolved(node: ast.AST, bound: dict[str, str]) -> list[str]:
    """Return the full dotted name of a name that is read; empty unless it begins with an import."""
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return []
    first, dot, rest = dotted_name(node).partition(".")
    return [f"{bound[first]}{dot}{rest}"] if first in bound else []
