"""S105, S120: modules that the server lacks, and conditional or guarded code that needs such a module or name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.api import missing_names
from submission_builder.checks.check import check
from submission_builder.checks.conditions import dotted_name
from submission_builder.checks.context import Level
from submission_builder.checks.guards import IMPORT
from submission_builder.checks.inspected import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.context import Context
    from submission_builder.checks.inspected import Inspected, Place

_ARCHIVES = (".whl", ".egg", ".pyz", ".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
_STARTS_PROGRAM = {"run", "call", "check_call", "check_output", "Popen", "system", "main"}


@check("S105", "error")
def imports(zip_: Inspected) -> Iterator[Place]:
    """Every imported module is on the server or in the zip.

    Fault
        An imported module is neither on the server nor in the zip
    Why
        The server has the 107 packages of the start kit's list, the standard library of Python 3.10 and the zip.
    Causes
        timm, safetensors, huggingface_hub, torchvision, xgboost and lightgbm are not on the server; or a module of the
        submission was not packed.
    Solution
        Remove the import, or put the pure-Python sources of the package into the zip. The check reads only code that
        submission.py reaches. S120 reports conditional imports (`if`, `try`).
    """
    if not _may_provide_any(zip_):
        for name, node, context, module in _missing(zip_):
            if context.level is Level.CERTAIN and IMPORT not in context.caught:
                yield at(name, node), f"The module {module} is neither on the server nor in the zip"


@check("S120", "warning")
def optional(zip_: Inspected) -> Iterator[Place]:
    """No conditional or guarded code needs a module or a name that the server lacks.

    Fault
        Code that the server may skip needs a module or a name that the server lacks
    Why
        `try: import mamba_ssm` with another net in the `except` runs with one net on your machine and with the other
        on the server. If static analysis cannot determine a condition, the server may run the code and fail there.
    Causes
        A package that is installed on your machine and not in the start kit's list; a name of a newer Python, numpy
        or torch.
    Solution
        Use what the server has, or make sure that the submission is the same without it: `subpack check --server
        published` runs it with the server's packages.
    """
    yield from ((place, message) for place, message, certain in zip_.code.unparsed() if not certain)
    provided = _may_provide_any(zip_)
    for name, node, context, module in _missing(zip_):
        fact = f"The module {module} is neither on the server nor in the zip"
        if IMPORT in context.caught:
            yield at(name, node), f"{fact}; the code catches the error and continues without the module"
        elif context.level is Level.MAYBE:
            yield at(name, node), f"{fact}; static analysis cannot determine whether the server executes the import"
        elif provided:
            yield at(name, node), f"{fact}, unless other code provides it, which static analysis cannot determine"
    for name, node, context, message in missing_names(zip_):
        if context.level is Level.MAYBE:
            yield at(name, node), f"{message}; static analysis cannot determine whether the server executes this"


def _missing(zip_: Inspected) -> Iterator[tuple[str, ast.AST, Context, str]]:
    """Yield every executed import of a module that neither the server nor the zip has."""
    stubs = {key.partition(".")[0] for key in zip_.code.made_modules if isinstance(key, str)}
    for name, node, context in _executed(zip_):
        for module in _imported(node):
            if zip_.code.lacks_module(module) and module.partition(".")[0] not in stubs:
                yield name, node, context, module


def _executed(zip_: Inspected) -> Iterator[tuple[str, ast.AST, Context]]:
    for name, nodes in zip_.code.executed.items():
        for node, context in nodes:
            yield name, node, context


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.module and not node.level else []
    if isinstance(node, ast.Call) and dotted_name(node.func).rpartition(".")[2] in ("import_module", "__import__"):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith("."):
            return [first.value]
    return []


def _may_provide_any(zip_: Inspected) -> bool:
    """Whether the code may provide modules unknown to static analysis: packed archives, pip, import hooks."""
    if any(name.lower().endswith(_ARCHIVES) for name in zip_.names):
        return True
    if any(not isinstance(key, str) for key in zip_.code.made_modules):
        return True
    for _, node, _ in _executed(zip_):
        if isinstance(node, ast.Attribute) and dotted_name(node) in ("sys.meta_path", "sys.path_hooks"):
            return True
        if isinstance(node, ast.Call) and dotted_name(node.func).rpartition(".")[2] in _STARTS_PROGRAM:
            words = " ".join(str(part.value) for part in ast.walk(node) if isinstance(part, ast.Constant)).split()
            if {"pip", "install"} <= set(words):
                return True
    return False
