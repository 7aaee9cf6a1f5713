"""S113, S114: names of Python, numpy, torch and braindecode, compared with the versions that the server may have.

The checks compare only dotted names that begin with an import. They leave out methods of objects, names that the file
binds a second time, names that the code itself assigns (``np.float = float``), packages of which the zip has its
own, and code that tests for the name first (``hasattr``, ``__version__``, ``try``). A finding does not prevent the run,
since the name may exist in one of the versions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.conditions import dotted_name
from submission_builder.checks.context import Level
from submission_builder.checks.guards import IMPORT, NAME
from submission_builder.checks.inspected import at
from submission_builder.server.api.index import apis_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.context import Context
    from submission_builder.checks.inspected import Inspected, Place

    Missing = tuple[str, ast.AST, Context, str]

_NEWER_BUILTINS = {"BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError"}


@check("S113", "error", certain=False)
def known_names(zip_: Inspected) -> Iterator[Place]:
    """Every name of the standard library, numpy, torch and braindecode exists in the versions that the server may have.

    Fault
        A name of Python, numpy, torch or braindecode may not exist on the server
    Why
        The server has Python 3.10 and braindecode 1.2.0. The organisers published two lists: one with torch 2.2.2,
        which needs numpy 1.26, and one with torch 2.8.0 and numpy 2.2.6. A missing name raises AttributeError or
        ImportError.
    Causes
        Code for newer versions: typing.Self and datetime.UTC came with Python 3.11, numpy.trapezoid with numpy 2.0,
        torch.nn.RMSNorm after torch 2.2.2. Code for older versions: numpy 2 removed numpy.NaN and numpy.float_.
    Solution
        Write the function yourself, or test for the name first: `if hasattr(torch.nn, 'RMSNorm'):`.
    """
    yield from ((at(name, node), message) for name, node, context, message in _lacking(zip_) if _is_certain(context))


@check("S114", "error", certain=False)
def known_keywords(zip_: Inspected) -> Iterator[Place]:
    """Every keyword argument exists in the server's versions of the standard library, numpy, torch and braindecode.

    Fault
        A keyword argument may not exist in the server's Python, numpy, torch or braindecode
    Why
        An unknown keyword raises TypeError. The server has Python 3.10, torch 2.2.2 with numpy 1.26 or torch 2.8.0 with
        numpy 2.2.6, and braindecode 1.2.0.
    Causes
        Code for a newer version, such as scaled_dot_product_attention(enable_gqa=…); or a typing error.
    Solution
        Remove the argument, or catch the TypeError.
    """
    yield from ((at(name, node), message) for name, node, context, message in _keywords(zip_) if _is_certain(context))


def missing_names(zip_: Inspected) -> Iterator[Missing]:
    """Yield every name and keyword that the server may lack, with the file, the node and its context."""
    yield from _lacking(zip_)
    yield from _keywords(zip_)


def _is_certain(context: Context) -> bool:
    return context.level is Level.CERTAIN


def _lacking(zip_: Inspected) -> Iterator[Missing]:
    for name, node, context, dotted in _uses(zip_):
        apis = apis_of(dotted)
        lacking = [api.version for api in apis if api.lacks(dotted)]
        if lacking:
            yield name, node, context, f"{dotted} does not exist in {apis[0].package} {' and '.join(lacking)}"


def _keywords(zip_: Inspected) -> Iterator[Missing]:
    calls = {id(node.func): node for _, node, _ in zip_.code.executed() if isinstance(node, ast.Call)}
    for name, node, context, dotted in _uses(zip_):
        call = calls.get(id(node))
        for keyword in [keyword.arg for keyword in call.keywords if keyword.arg] if call else []:
            lacking = [
                str(api)
                for api in apis_of(dotted)
                if (taken := api.keywords(dotted)) is not None and keyword not in taken
            ]
            if lacking:
                yield name, node, context, f"{dotted} has no parameter {keyword} in {' and '.join(lacking)}"


def _uses(zip_: Inspected) -> Iterator[tuple[str, ast.AST, Context, str]]:
    """Yield every executed use of a name of the indexed packages: the file, the node, its context, the dotted name."""
    executed = (
        {name: list(nodes.values()) for name, nodes in zip_.code.reachable.nodes.items()} if zip_.code.entry else {}
    )
    bound = {name: _imports(zip_.code.tree(name)) for name in executed}
    assigned = {dotted for name in executed for dotted in _assigned(zip_.code.tree(name), bound[name])}
    for name, nodes in executed.items():
        inner = {id(node.value) for node, _ in nodes if isinstance(node, ast.Attribute)}
        for node, context in nodes:
            dotted_names = _modules_of(node)
            if id(node) not in inner and (read := _resolved(node, bound[name])) is not None:
                dotted_names.append(read)
            for dotted in dotted_names if not context.caught & {IMPORT, NAME} else []:
                own = dotted.partition(".")[0] in zip_.code.own_modules
                if not own and not any(dotted == one or dotted.startswith(f"{one}.") for one in assigned):
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
