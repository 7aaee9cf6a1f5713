"""The imports of a Python file, found by parsing it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.base.errors import RecipeError
from submission_builder.base.input_file import read_utf8
from submission_builder.server.facts import PYTHON, PYTHON_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


@dataclass(frozen=True)
class Import:
    """One module that a file imports."""

    module: str
    """Name without leading dots; empty for ``from . import x``."""
    names: tuple[str, ...]
    """Names imported from it, each of which may be a submodule."""
    level: int
    """Number of leading dots."""
    line: int
    optional: bool
    """The file works without the module: the import is inside a ``try`` that catches ImportError, or an ``if`` on
    TYPE_CHECKING or on the Python version."""
    late: bool
    """The import is inside a function, so it runs only if the function is called."""

    @property
    def top(self) -> str:
        """Top-level package."""
        return self.module.partition(".")[0]


def imports_of(path: Path) -> list[Import]:
    """List the imports of a file.

    Raises
    ------
    RecipeError
        If the file cannot be read, or does not parse under the server's Python.
    """
    source = read_utf8(path, RecipeError)
    try:
        tree = ast.parse(source, str(path), feature_version=PYTHON)
    except (SyntaxError, ValueError) as error:
        line = f" line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise RecipeError(
            f"{path}{line} does not parse under the server's Python {PYTHON_VERSION}: {reason}"
        ) from error
    return list(_imports(tree, optional=False, late=False))


def _imports(node: ast.AST, *, optional: bool, late: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, (), 0, node.lineno, optional, late)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        yield Import(node.module or "", names, node.level, node.lineno, optional, late)
    late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    guarded = _guarded(node)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, optional=optional or child in guarded, late=late)


def _guarded(node: ast.AST) -> list[ast.stmt]:
    """List the statements whose imports may fail."""
    if isinstance(node, ast.Try) and any(_catches(handler) for handler in node.handlers):
        return node.body
    if isinstance(node, ast.If) and any(word in ast.unparse(node.test) for word in ("TYPE_CHECKING", "version_info")):
        return node.body + node.orelse
    return []


def _catches(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    return caught is None or bool({n.id for n in ast.walk(caught) if isinstance(n, ast.Name)} & _IMPORT_ERRORS)
