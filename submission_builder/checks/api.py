"""S113, S114: names of torch and braindecode in the sources, compared with the versions that the server may have.

The checks compare only dotted names that begin with an import. They leave out methods of objects, names that the file
binds a second time, and code that tests for the name first (``hasattr``, ``__version__``, ``try``).
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.inspected import at
from submission_builder.server.api.index import apis_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_PACKAGES = ("torch", "braindecode")
_CAUGHT = {"AttributeError", "ImportError", "ModuleNotFoundError", "TypeError", "Exception"}
_TESTS = re.compile(r"hasattr|getattr|version|VERSION|TORCH|^_?HAS_")


@check("S113", "error")
def known_names(zip_: Inspected) -> Iterator[Place]:
    """Every name of torch and braindecode exists in the versions that the server may have.

    Fault
        A name of torch or braindecode may not exist on the server
    Why
        The server has torch 2.2.2 or 2.8.0 (the organisers published both) and braindecode 1.2.0. A missing name raises
        AttributeError or ImportError.
    Causes
        Code for a newer torch: torch.nn.RMSNorm and torch.amp.GradScaler came after 2.2.2.
    Solution
        Write the function yourself, or test for the name first: `if hasattr(torch.nn, 'RMSNorm'):`.
    """
    for name, node, dotted in _uses(zip_):
        apis = apis_of(dotted)
        lacking = [api.version for api in apis if api.lacks(dotted)]
        if lacking:
            yield at(name, node), f"{dotted} does not exist in {apis[0].package} {' and '.join(lacking)}"


@check("S114", "error")
def known_keywords(zip_: Inspected) -> Iterator[Place]:
    """Every keyword argument exists in the versions of torch and braindecode that the server may have.

    Fault
        A keyword argument may not exist in the server's torch or braindecode
    Why
        An unknown keyword raises TypeError. The server has torch 2.2.2 or 2.8.0, and braindecode 1.2.0.
    Causes
        Code for a newer version, such as scaled_dot_product_attention(enable_gqa=…); or a typing error.
    Solution
        Remove the argument, or catch the TypeError.
    """
    calls = {(name, id(node.func)): node for name, node in zip_.walk() if isinstance(node, ast.Call)}
    for name, node, dotted in _uses(zip_):
        call = calls.get((name, id(node)))
        for keyword in [keyword.arg for keyword in call.keywords if keyword.arg] if call else []:
            lacking = [
                f"{api.package} {api.version}"
                for api in apis_of(dotted)
                if (taken := api.keywords(dotted)) is not None and keyword not in taken
            ]
            if lacking:
                yield at(name, node), f"{dotted} has no parameter {keyword} in {' and '.join(lacking)}"


def _uses(zip_: Inspected) -> Iterator[tuple[str, ast.AST, str]]:
    """Yield every use of a name of torch or braindecode: the file, the node, the full dotted name."""
    for name, nodes in zip_.nodes.items():
        bound, guarded = _imports(nodes), _guarded(nodes)
        inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
        for node in nodes:
            if id(node) in guarded:
                continue
            for dotted in _modules_of(node):
                yield name, node, dotted
            if id(node) not in inner and (read := _resolved(node, bound)) is not None:
                yield name, node, read


def _modules_of(node: ast.AST) -> list[str]:
    """Return the names of the two packages that an import statement imports."""
    modules = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        modules = [f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*"]
    return [dotted for dotted in modules if dotted.partition(".")[0] in _PACKAGES]


def _imports(nodes: list[ast.AST]) -> dict[str, str]:
    """Return the dotted name of each imported name, but not of names that the file also binds to something else."""
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


def _resolved(node: ast.AST, bound: dict[str, str]) -> str | None:
    """Return the full dotted name of a name that is read; None unless it begins with an import."""
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return None
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in bound:
        return None
    return ".".join([bound[node.id], *reversed(attributes)])


def _guarded(nodes: list[ast.AST]) -> set[int]:
    """Return ids of the nodes in code that tests for a name or catches the failure."""
    blocks: list[ast.AST] = []
    for node in nodes:
        if isinstance(node, ast.If | ast.IfExp | ast.BoolOp):
            test = node if isinstance(node, ast.BoolOp) else node.test
            if any(isinstance(n, ast.Name | ast.Attribute) and _TESTS.search(_last(n)) for n in ast.walk(test)):
                blocks.append(node)
        elif isinstance(node, ast.Try) and any(_catches(handler) for handler in node.handlers):
            blocks.append(node)
    return {id(inner) for block in blocks for inner in ast.walk(block)}


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _catches(handler: ast.ExceptHandler) -> bool:
    names = [n for n in ast.walk(handler.type) if isinstance(n, ast.Name)] if handler.type else []
    return handler.type is None or any(name.id in _CAUGHT for name in names)
