"""Syntax that came after Python 3.10, whichever Python runs this module.

``ast.parse(feature_version=(3, 10))`` refuses only a part of it. It accepts ``x[*i]``, ``*args: *Ts`` and, from Python
3.12 on, f-strings that reuse their quotes (PEP 701).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.fstrings import newer_fstring

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef

Found = tuple[int, str]
"""A line, and the syntax that came after Python 3.10."""


def newer_syntax(tree: ast.Module, text: str) -> list[Found]:
    """Return the syntax of a module that came after Python 3.10, sorted by line."""
    fstring = newer_fstring(text)
    found = [*_in_nodes(tree, text), *(_async_comprehensions(tree) if "async" in text else [])]
    return sorted(found if fstring is None else [*found, (fstring[0], f"{fstring[1]} came with Python 3.12")])


def _in_nodes(tree: ast.Module, text: str) -> Iterator[Found]:
    for node in ast.walk(tree):
        if isinstance(node, ast.TryStar):
            yield node.handlers[0].lineno, "except* came with Python 3.11"
        elif isinstance(node, ast.arg) and isinstance(node.annotation, ast.Starred):
            yield node.lineno, "a star in the annotation of *args came with Python 3.11"
        elif isinstance(node, ast.Subscript) and _is_starred(node.slice, text):
            yield node.slice.lineno, "a star in an index (x[*i]) came with Python 3.11"
        elif getattr(node, "type_params", None):
            yield getattr(node, "lineno", 1), "type parameters in brackets came with Python 3.12"
        elif type(node).__name__ == "TypeAlias":
            yield getattr(node, "lineno", 1), "the statement `type` came with Python 3.12"
        elif type(node).__name__ == "TemplateStr":
            yield getattr(node, "lineno", 1), "template strings came with Python 3.14"


def _is_starred(index: ast.expr, text: str) -> bool:
    """Whether an index has a star outside of parentheses; ``x[(*i, 0)]`` is older."""
    if not (isinstance(index, ast.Tuple) and any(isinstance(element, ast.Starred) for element in index.elts)):
        return False
    try:
        call = ast.parse(f"f({ast.get_source_segment(text, index)})", mode="eval").body
    except SyntaxError:  # a slice, which cannot stand in parentheses
        return True
    return not (isinstance(call, ast.Call) and len(call.args) == 1 and isinstance(call.args[0], ast.Tuple))


def _async_comprehensions(tree: ast.Module) -> Iterator[Found]:
    """Find asynchronous comprehensions inside of other comprehensions, which came with Python 3.11."""
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, in_plain = pending.pop()
        outermost: ast.expr | None = None
        below = in_plain and not isinstance(node, _SCOPES)
        if isinstance(node, _COMPREHENSIONS):
            asynchronous = any(generator.is_async for generator in node.generators)
            if asynchronous and in_plain and not isinstance(node, ast.GeneratorExp):
                yield node.lineno, "an asynchronous comprehension inside of another one came with Python 3.11"
            outermost, below = node.generators[0].iter, not asynchronous
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.comprehension):
                pending += [(part, in_plain if part is outermost else below) for part in ast.iter_child_nodes(child)]
            else:
                pending.append((child, below))
