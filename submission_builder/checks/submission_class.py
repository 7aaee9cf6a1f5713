"""The class Submission of submission.py, as far as static analysis can determine it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.conditions import decided, dotted_name
from submission_builder.checks.inspected import CannotCheck
from submission_builder.protocol.entry_point import SUBMISSION
from submission_builder.server.api.index import apis_of
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, TypeGuard

    from submission_builder.checks.inspected import Inspected

NAME = SUBMISSION.class_name

_DYNAMIC = {"globals", "locals", "vars", "exec", "eval", "sys.modules"}
_KEEPS_SIGNATURE = {"staticmethod", "classmethod", "no_grad", "inference_mode", "lru_cache", "cache", "override"}
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class SubmissionClass:
    """The class Submission, which submission.py defines itself.

    Parameters
    ----------
    zip_
        The zip.

    Raises
    ------
    CannotCheck
        If submission.py imports the class, makes it by a call or defines it twice; or if a decorator, a metaclass or an
        assignment may change it.
    """

    def __init__(self, zip_: Inspected) -> None:
        bound = [node for name, node in bindings(zip_.code.entry, zip_.code.known(ENTRY)) if name == NAME]
        if len(bound) != 1 or not isinstance(bound[0], ast.ClassDef):
            raise CannotCheck(f"{ENTRY} does not define the class {NAME} itself")
        self.node = bound[0]
        decorators = {dotted_name(one.func if isinstance(one, ast.Call) else one) for one in self.node.decorator_list}
        self.is_dataclass = bool(decorators)
        """Whether a decorator makes the constructor."""
        if decorators - {"dataclass", "dataclasses.dataclass"} or self.node.keywords:
            raise CannotCheck(f"a decorator or a metaclass may change the class {NAME}")
        members = bindings(self.node, {})
        self._members = [name for name, _ in members]
        self._functions = {name: node for name, node in members if isinstance(node, ast.FunctionDef)}
        self._assigned = set(_assigned_later(zip_.code.entry))
        dynamic = any(dotted_name(node) in _DYNAMIC for node in _in_scope(self.node, {}))
        if dynamic or "__new__" in self._members or self._assigned & {"", "__init__"}:
            raise CannotCheck(f"the code makes members of the class {NAME} that static analysis cannot determine")

    @property
    def inherits(self) -> bool:
        """Whether the class may have methods of other classes, or makes methods when they are read."""
        bases = {dotted_name(base) for base in self.node.bases} - {"object"}
        return bool(bases) or not {"__getattr__", "__getattribute__"}.isdisjoint(self._members)

    @property
    def functions(self) -> list[str]:
        """Names of the methods."""
        return list(self._functions)

    def has(self, name: str) -> bool:
        """Whether the class has a method or another attribute of this name."""
        return name in self._members or name in self._assigned

    def method(self, name: str) -> ast.FunctionDef | None:
        """Return a method that can be called as its ``def`` says; None for any other attribute."""
        function = self._functions.get(name)
        if function is None or self._members.count(name) > 1 or name in self._assigned:
            return None
        decorators = [one.func if isinstance(one, ast.Call) else one for one in function.decorator_list]
        plain = all(dotted_name(one).rpartition(".")[2] in _KEEPS_SIGNATURE for one in decorators)
        return function if plain else None


def bindings(scope: ast.Module | ast.ClassDef, known: Mapping[str, Any]) -> list[tuple[str, ast.AST]]:
    """Return the names that a module or a class binds in its own scope, each with the node that binds it."""
    return [found for node in _in_scope(scope, known) for found in _bound(node)]


def may_have_class(zip_: Inspected) -> bool | None:
    """Whether submission.py has a global name Submission; None if static analysis cannot determine it."""
    return _may_bind(zip_, ENTRY, set())


def _may_bind(zip_: Inspected, file: str, seen: set[str]) -> bool | None:
    tree = zip_.code.parsed(file)
    if isinstance(tree, SyntaxError):
        return None
    names = [name for name, _ in bindings(tree, zip_.code.known(file))]
    if NAME in names or any(isinstance(node, ast.Global) and NAME in node.names for node in ast.walk(tree)):
        return True
    dynamic = any(dotted_name(node) in _DYNAMIC for node in ast.walk(tree))
    starred = [_starred(zip_, file, node, seen | {file}) for node in ast.walk(tree) if _is_star(node)]
    if True in starred:
        return True
    return None if None in starred or dynamic or "__getattr__" in names else False


def _starred(zip_: Inspected, file: str, node: ast.ImportFrom, seen: set[str]) -> bool | None:
    """Whether ``from module import *`` binds the name."""
    files = list(zip_.code.modules.loaded(file, node.module or "", node.level))
    if files:
        return None if files[-1] in seen else _may_bind(zip_, files[-1], seen)
    apis = apis_of(f"{node.module}.{NAME}")
    return False if apis and all(api.lacks(f"{node.module}.{NAME}") for api in apis) else None


def _in_scope(scope: ast.Module | ast.ClassDef, known: Mapping[str, Any]) -> Iterator[ast.AST]:
    """Yield the nodes of a scope in order, without the bodies of functions and classes and without dead branches."""
    pending: list[ast.AST] = [*scope.body[::-1]]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, ast.If) and (holds := decided(node.test, known)) is not None:
            pending += (node.body if holds else node.orelse)[::-1]
        else:
            pending += [*ast.iter_child_nodes(node)][::-1]


def _bound(node: ast.AST) -> list[tuple[str, ast.AST]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [(node.name, node)]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [(node.id, node)]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [((alias.asname or alias.name).partition(".")[0], node) for alias in node.names]
    return []


def _assigned_later(tree: ast.Module) -> Iterator[str]:
    """Yield the attributes that the code assigns to any object; an empty name if it cannot be determined."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Call) and dotted_name(node.func) == "setattr" and len(node.args) > 1:
            yield str(node.args[1].value) if isinstance(node.args[1], ast.Constant) else ""


def _is_star(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
