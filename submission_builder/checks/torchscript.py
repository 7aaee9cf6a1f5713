"""The operators that the code in a TorchScript file calls, compared with those of the server's versions of torch."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.base.zip_file import ZipFault
from submission_builder.checks.conditions import dotted_name
from submission_builder.server.torchscript.operators import server_operators

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from submission_builder.server.torchscript.operators import Operators

LONGEST = 1 << 20
"""Longest source in bytes that is parsed."""


@dataclass(frozen=True)
class OperatorCall:
    """A call of an operator in the code of a TorchScript file."""

    name: str
    """With its namespace: ``aten::relu``."""
    n_positional: int
    keywords: tuple[str, ...]
    no_texts: tuple[int, ...] = ()
    """Positions of arguments that are certainly no text."""

    def problems(self) -> dict[str, list[str]]:
        """Return what the server's versions of torch certainly lack, as a sentence, with the versions."""
        found: dict[str, list[str]] = {}
        for known in server_operators():
            if self.name.partition("::")[0] not in known.namespaces:
                continue
            if self.name not in known.overloads:
                found.setdefault(f"{self.shown}, which does not exist", []).append(known.version)
            elif not self._fitting(known):
                given = ", ".join([f"{self.n_positional} positional", *(f"{one}=" for one in self.keywords)])
                found.setdefault(f"{self.shown} with arguments ({given}) that do not exist", []).append(known.version)
        return found

    @property
    def is_known(self) -> bool:
        """Whether every version of torch that has an overload of the operator can take this call by that overload.

        An argument that a newer version inserted between others has the same number in both, and another meaning.
        """
        known = [one for one in server_operators() if self.name in one.overloads]
        if not known:
            return False
        shared = frozenset.intersection(*(frozenset(form.name for form in one.overloads[self.name]) for one in known))
        fitting = {self._fitting(one) & shared for one in known}
        return len(fitting) == 1

    def _fitting(self, known: Operators) -> frozenset[str]:
        return known.fitting(self.name, self.n_positional, self.keywords, self.no_texts)

    @property
    def shown(self) -> str:
        """The name as the code spells it."""
        return self.name.replace("aten::", "torch.")


def operator_calls(sources: Iterable[bytes]) -> frozenset[OperatorCall] | None:
    """Return the calls of operators in the code of a TorchScript file; None if a source cannot be read.

    The code has the syntax of Python: ``torch.relu(x)`` calls the operator ``aten::relu``, and ``ops.prims.add(x, y)``
    the operator ``prims::add``.
    """
    found: set[OperatorCall] = set()
    try:
        for source in sources:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # unknown escape sequences
                found.update(call for scope, node in _scoped(ast.parse(source)) for call in _operator(node, scope))
    except (SyntaxError, ValueError, RecursionError, ZipFault):
        return None
    return frozenset(found)


def _scoped(tree: ast.Module) -> Iterator[tuple[dict[str, str], ast.AST]]:
    """Yield every node with the types of the variables around it, by name."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    yield from (({}, node) for node in ast.walk(tree) if id(node) not in inside)
    for function in functions:
        types = {one.arg: ast.unparse(one.annotation) for one in function.args.args if one.annotation}
        for node in ast.walk(function):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                types[node.target.id] = ast.unparse(node.annotation)
        yield from ((types, node) for node in ast.walk(function))


def _is_no_text(argument: ast.expr, types: Mapping[str, str]) -> bool:
    """Whether an argument is certainly no text: a literal of another type, or a variable that is declared as one."""
    if isinstance(argument, ast.Constant):
        return argument.value is not None and not isinstance(argument.value, str)
    return isinstance(argument, ast.Name) and argument.id in types and "str" not in types[argument.id]


def _operator(node: ast.AST, types: Mapping[str, str]) -> Iterator[OperatorCall]:
    if not isinstance(node, ast.Call):
        return
    match dotted_name(node.func).split("."):
        case ["torch", operator]:
            name = f"aten::{operator}"
        case ["ops", namespace, operator]:
            name = f"{namespace}::{operator}"
        case _:
            return
    keywords = tuple(sorted(one.arg for one in node.keywords if one.arg))
    no_texts = tuple(i for i, argument in enumerate(node.args) if _is_no_text(argument, types))
    yield OperatorCall(name, len(node.args), keywords, no_texts)
