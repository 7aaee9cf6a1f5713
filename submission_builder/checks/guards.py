"""Code that catches a failure, or tests for a name before it uses it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from submission_builder.checks.conditions import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterable

IMPORT, NAME, SYNTAX, EXIT = "import", "name", "syntax", "exit"
"""Kinds of failures: an import fails; a name or a keyword does not exist; a module does not parse; the process ends."""

_ALL = frozenset({IMPORT, NAME, SYNTAX, EXIT})
_CAUGHT_BY = {
    "ImportError": {IMPORT},
    "ModuleNotFoundError": {IMPORT},
    "AttributeError": {NAME},
    "TypeError": {NAME},
    "NameError": {NAME},
    "SyntaxError": {SYNTAX},
    "Exception": {IMPORT, NAME, SYNTAX},
    "BaseException": _ALL,
    "SystemExit": {EXIT},
}
_EXCEPTION = re.compile(r"Error|Exception|Warning|Exit|Interrupt|Iteration")
_TESTS_NAME = re.compile(r"hasattr|getattr|version|VERSION|TORCH|^_?HAS_")
_EXITS = {"sys.exit", "exit", "quit", "os._exit", "os.abort"}


def caught(exceptions: Iterable[ast.expr | None]) -> frozenset[str]:
    """Return the kinds of failures that ``except`` or ``suppress`` catch with these expressions; None catches all."""
    kinds: set[str] = set()
    for expression in exceptions:
        if expression is None:
            return _ALL
        for one in expression.elts if isinstance(expression, ast.Tuple) else [expression]:
            name = dotted_name(one).rpartition(".")[2]
            kinds |= _CAUGHT_BY.get(name, set() if _EXCEPTION.search(name) else _ALL)
    return frozenset(kinds)


def caught_by(handlers: Iterable[ast.ExceptHandler]) -> frozenset[str]:
    """Return the kinds of failures after which the code continues."""
    return caught(handler.type for handler in handlers if not any(map(ends_process, handler.body)))


def only_imports(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches a failed import and nothing else."""
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return all(name is not None and dotted_name(name) in ("ImportError", "ModuleNotFoundError") for name in names)


def suppressed(node: ast.With | ast.AsyncWith) -> frozenset[str]:
    """Return the kinds of failures that ``with contextlib.suppress(…)`` catches."""
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    return caught(exception for call in calls if dotted_name(call.func).endswith("suppress") for exception in call.args)


def tests_name(test: ast.expr) -> bool:
    """Whether a condition tests for a name or a version (``hasattr``, ``__version__``)."""
    names = [
        n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(test) if isinstance(n, ast.Name | ast.Attribute)
    ]
    return any(map(_TESTS_NAME.search, names))


def ends_process(statement: ast.stmt) -> bool:
    """Whether a statement raises, or ends the process."""
    return isinstance(statement, ast.Raise) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and is_exit(statement.value)
    )


def is_exit(call: ast.Call) -> bool:
    """Whether a call ends the process."""
    return dotted_name(call.func) in _EXITS
