"""The value of a condition on the server, where static analysis can determine it."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from submission_builder.server.facts import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNKNOWN: Any = object()
"""The value of an expression that static analysis cannot determine."""

_NAMES = {"TYPE_CHECKING": False, "__debug__": True}
_VERSION = (*PYTHON, 13, "final", 0)
_ATTRIBUTES = {
    "sys.version_info": _VERSION,
    "sys.version_info.major": PYTHON[0],
    "sys.version_info.minor": PYTHON[1],
    "sys.platform": "linux",
    "os.name": "posix",
    "self.training": False,  # the server calls model.eval()
}
_CALLS = {
    "torch.cuda.is_available": True,
    "cuda.is_available": True,
    "platform.system": "Linux",
    "platform.python_implementation": "CPython",
}
_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def decided(test: ast.expr, known: Mapping[str, Any]) -> bool | None:
    """Return whether a condition holds on the server; None if static analysis cannot determine it.

    Parameters
    ----------
    test
        The condition.
    known
        Values of the constants of the module, ``__name__`` among them.
    """
    value = evaluated(test, known)
    return None if value is UNKNOWN else bool(value)


def evaluated(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """Return the value of an expression on the server, or `UNKNOWN`."""
    try:
        return _value(node, known)
    except Exception:  # noqa: BLE001 - a comparison or an index of the submission's code may raise anything
        return UNKNOWN


def constants(tree: ast.Module, file: str) -> dict[str, Any]:
    """Return the values of the names that a module binds once, at its top level, to a constant.

    Parameters
    ----------
    tree
        The module.
    file
        Its name in the zip, from which its ``__name__`` follows.
    """
    bound: dict[str, int] = {}
    for node in ast.walk(tree):
        for local in _bound(node):
            bound[local] = bound.get(local, 0) + 1
    known: dict[str, Any] = {"__name__": file.removesuffix(".py").replace("/", ".")}
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            value = evaluated(statement.value, known)
            if value is not UNKNOWN:
                known |= {t.id: value for t in targets if isinstance(t, ast.Name) and bound[t.id] == 1}
    return known


def dotted_name(node: ast.AST) -> str:
    """Return ``a.b.c`` for names and attributes; empty for any other expression."""
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(attributes)]) if isinstance(node, ast.Name) else ""


def _bound(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.alias):
        return [node.asname or node.name]
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    return []


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - one line for each kind of expression
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return known.get(node.id, _NAMES.get(node.id, UNKNOWN))
        case ast.Attribute():
            return False if node.attr == "TYPE_CHECKING" else _ATTRIBUTES.get(dotted_name(node), UNKNOWN)
        case ast.Call():
            return _called(node, known)
        case ast.Tuple() | ast.List() | ast.Set():
            values = tuple(_value(element, known) for element in node.elts)
            return UNKNOWN if UNKNOWN in values else values
        case ast.UnaryOp(op=ast.Not()):
            value = _value(node.operand, known)
            return value if value is UNKNOWN else not value
        case ast.BoolOp():
            return _joined(node, known)
        case ast.Compare():
            return _compared(node, known)
        case ast.Subscript():
            value = _value(node.value, known)
            return value if value is UNKNOWN else value[_index(node.slice)]
    return UNKNOWN


def _called(call: ast.Call, known: Mapping[str, Any]) -> Any:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in ("startswith", "endswith"):
        text, part = _value(function.value, known), _value(call.args[0], known)
        return UNKNOWN if UNKNOWN in (text, part) else getattr(text, function.attr)(part)
    if isinstance(function, ast.Name) and function.id == "bool":
        return _value(call.args[0], known)
    return _CALLS.get(dotted_name(function), UNKNOWN)


def _joined(node: ast.BoolOp, known: Mapping[str, Any]) -> Any:
    """Return the truth of ``and`` or ``or``, which one known value may decide."""
    values = [_value(value, known) for value in node.values]
    decides = isinstance(node.op, ast.Or)
    if any(value is not UNKNOWN and bool(value) is decides for value in values):
        return decides
    return UNKNOWN if UNKNOWN in values else not decides


def _compared(node: ast.Compare, known: Mapping[str, Any]) -> Any:
    values = [_value(value, known) for value in (node.left, *node.comparators)]
    if any(value is UNKNOWN for value in values):
        return UNKNOWN
    steps = zip(node.ops, values, values[1:], strict=False)
    return all(_OPERATORS[type(op)](left, right) for op, left, right in steps)


def _index(node: ast.expr) -> Any:
    if isinstance(node, ast.Slice):
        ends = (node.lower, node.upper, node.step)
        return slice(*(ast.literal_eval(end) if end is not None else None for end in ends))
    return ast.literal_eval(node)
