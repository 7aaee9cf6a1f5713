"""What a Python file imports, told by reading it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.base.errors import RecipeError
from submission_builder.server.facts import PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


@dataclass(frozen=True)
class Import:
    """One module that a file imports.

    Attributes
    ----------
    module
        Its name behind the leading dots; empty for ``from . import x``.
    names
        What is taken from it, each of which may be a module of its own.
    level
        Number of leading dots.
    line
        Where the import stands.
    optional
        Whether the file may do without it: inside a ``try`` that catches a failed import, for the type checker, or
        for some versions of Python.
    late
        Whether it stands in a function, and so happens only if that is called.
    """

    module: str
    names: tuple[str, ...]
    level: int
    line: int
    optional: bool
    late: bool

    @property
    def top(self) -> str:
        """The package to look for."""
        return self.module.partition(".")[0]


def imports_of(path: Path) -> list[Import]:
    """Read what a file imports.

    Raises
    ------
    RecipeError
        If it cannot be read, or does not parse as the server's Python.
    """
    try:
        tree = ast.parse(path.read_bytes(), str(path), feature_version=PYTHON)
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        line = f" line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        said = error.msg if isinstance(error, SyntaxError) else error
        version = ".".join(map(str, PYTHON))
        raise RecipeError(f"{path}{line} does not parse as the server's Python {version}: {said}") from error
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
    """Statements whose imports may fail."""
    if isinstance(node, ast.Try) and any(_catches(handler) for handler in node.handlers):
        return node.body
    if isinstance(node, ast.If) and any(word in ast.unparse(node.test) for word in ("TYPE_CHECKING", "version_info")):
        return node.body + node.orelse
    return []


def _catches(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    return caught is None or bool({n.id for n in ast.walk(caught) if isinstance(n, ast.Name)} & _IMPORT_ERRORS)
