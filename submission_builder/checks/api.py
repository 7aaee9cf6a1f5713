"""S113, S114: what is asked of torch and braindecode by name, held against the versions that the server may have.

Only what can be followed by reading is judged: dotted names that begin with an import. Methods of objects are not,
nor names that the file binds a second time, nor code that has made sure (``hasattr``, ``__version__``, a ``try``).
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from submission_builder.checks.inspected import at
from submission_builder.server.api.index import apis_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_PACKAGES = ("torch", "braindecode")
_CAUGHT = {"AttributeError", "ImportError", "ModuleNotFoundError", "TypeError", "Exception"}
_MADE_SURE = re.compile(r"hasattr|getattr|version|VERSION|TORCH|^_?HAS_")


def known_names(zip_: Inspected) -> Iterator[Place]:
    """S113."""
    for name, node, dotted in _asked(zip_):
        apis = apis_of(dotted)
        lacking = [api.version for api in apis if api.lacks(dotted)]
        if lacking:
            yield at(name, node), f"{dotted} is not in {apis[0].package} {' and '.join(lacking)}"


def known_keywords(zip_: Inspected) -> Iterator[Place]:
    """S114."""
    calls = {(name, id(node.func)): node for name, node in zip_.walk() if isinstance(node, ast.Call)}
    for name, node, dotted in _asked(zip_):
        call = calls.get((name, id(node)))
        for keyword in [keyword.arg for keyword in call.keywords if keyword.arg] if call else []:
            lacking = [
                f"{api.package} {api.version}"
                for api in apis_of(dotted)
                if (taken := api.keywords(dotted)) is not None and keyword not in taken
            ]
            if lacking:
                yield at(name, node), f"{dotted} takes no {keyword} in {' and '.join(lacking)}"


def _asked(zip_: Inspected) -> Iterator[tuple[str, ast.AST, str]]:
    """Every use of a name of torch or braindecode: the file, the node, the full dotted name."""
    for name, nodes in zip_.nodes.items():
        bound, sure = _imports(nodes), _made_sure(nodes)
        inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
        for node in nodes:
            if id(node) in sure:
                continue
            for dotted in _modules_of(node):
                yield name, node, dotted
            if id(node) not in inner and (read := _resolved(node, bound)) is not None:
                yield name, node, read


def _modules_of(node: ast.AST) -> list[str]:
    """Names of the two packages that an import asks for."""
    asked = []
    if isinstance(node, ast.Import):
        asked = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        asked = [f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*"]
    return [dotted for dotted in asked if dotted.partition(".")[0] in _PACKAGES]


def _imports(nodes: list[ast.AST]) -> dict[str, str]:
    """Look up what each imported name stands for, left out where the file binds it to anything else."""
    bound: dict[str, str] = {}
    twice: set[str] = set()
    for node in nodes:
        for local, dotted in _bindings(node):
            if bound.setdefault(local, dotted) != dotted:
                twice.add(local)
    return {
        local: dotted for local, dotted in bound.items() if dotted.partition(".")[0] in _PACKAGES and local not in twice
    }


def _bindings(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that a node binds, with what they then stand for; nothing that is known, for all but imports."""
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


def _resolved(node: ast.AST, bound: dict[str, str]) -> str | None:
    """Write out a dotted name that is read, if it begins with an import."""
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return None
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in bound:
        return None
    return ".".join([bound[node.id], *reversed(attributes)])


def _made_sure(nodes: list[ast.AST]) -> set[int]:
    """Nodes in code that asks first, or catches the failure."""
    blocks: list[ast.AST] = []
    for node in nodes:
        if isinstance(node, ast.If | ast.IfExp | ast.BoolOp):
            test = node if isinstance(node, ast.BoolOp) else node.test
            if any(isinstance(n, ast.Name | ast.Attribute) and _MADE_SURE.search(_last(n)) for n in ast.walk(test)):
                blocks.append(node)
        elif isinstance(node, ast.Try) and any(_catches(handler) for handler in node.handlers):
            blocks.append(node)
    return {id(inner) for block in blocks for inner in ast.walk(block)}


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _catches(handler: ast.ExceptHandler) -> bool:
    names = [n for n in ast.walk(handler.type) if isinstance(n, ast.Name)] if handler.type else []
    return handler.type is None or any(name.id in _CAUGHT for name in names)
