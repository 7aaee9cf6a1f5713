"""S101 to S105: the class that the server imports and calls, and whether its imports succeed."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.inspected import CannotCheck, at
from submission_builder.server.facts import ENTRY, server_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_GETTERS = ("get_model_challenge_1", "get_model_challenge_2")
_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception"}


@check("S101", "error")
def parses(zip_: Inspected) -> Iterator[Place]:
    """Every Python file parses under Python 3.10.

    Fault
        A Python file does not parse under Python 3.10
    Why
        The server runs Python 3.10 and cannot import a file that it cannot parse.
    Causes
        Syntax of a newer Python, such as `except*` or `type X = …`; or a truncated file.
    Solution
        Use the syntax of Python 3.10.
    """
    for name, tree in zip_.sources.items():
        if isinstance(tree, SyntaxError):
            yield f"{name}:{tree.lineno or 1}", f"The file does not parse: {tree.msg}"


@check("S102", "error")
def has_class(zip_: Inspected) -> Iterator[Place]:
    """submission.py has a class Submission at its top level.

    Fault
        submission.py has no class Submission at its top level
    Why
        The server runs `from submission import Submission`.
    Causes
        The class has another name, or stands inside a function.
    Solution
        Name the class Submission, and define it at the top level of submission.py.
    """
    tree = zip_.entry
    if _submission(tree) is not None or "Submission" in _bound(tree):
        return
    classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    near = get_close_matches("Submission", classes, n=1, cutoff=0.5)
    nearest = f"; the nearest class of the file is {near[0]}" if near else ""
    yield ENTRY, f"The top level has no class Submission{nearest}"


@check("S103", "error")
def constructor(zip_: Inspected) -> Iterator[Place]:
    """Submission can be called with two positional arguments.

    Fault
        Submission(SFREQ, DEVICE) cannot be called
    Why
        The server calls `Submission(SFREQ, DEVICE)`.
    Causes
        The constructor was written for another program.
    Solution
        Write `def __init__(self, SFREQ, DEVICE):`; further parameters need defaults.
    """
    class_, methods = _class_with_methods(zip_)
    method = methods.get("__init__")
    if method is None and not class_.bases:
        yield at(ENTRY, class_), "Submission has no __init__; the server calls Submission(SFREQ, DEVICE)"
    elif method is not None and not _takes(method, 2):
        yield at(ENTRY, method), f"__init__({_signature(method)}) cannot be called as Submission(SFREQ, DEVICE)"


@check("S104", "error")
def getters(zip_: Inspected) -> Iterator[Place]:
    """Submission has get_model_challenge_1 and get_model_challenge_2, which need no arguments.

    Fault
        The server cannot call get_model_challenge_1 or get_model_challenge_2
    Why
        The server calls both methods by these names, in the singular, without arguments.
    Causes
        The plural (`get_models_challenge_1`), only one challenge, a parameter without a default.
    Solution
        Name them `get_model_challenge_1(self)` and `get_model_challenge_2(self)`.
    """
    class_, methods = _class_with_methods(zip_)
    for getter in _GETTERS:
        method = methods.get(getter)
        if method is not None and not _takes(method, 0):
            yield at(ENTRY, method), f"{getter}({_signature(method)}) cannot be called without arguments"
        elif method is None and not class_.bases:
            near = get_close_matches(getter, [name for name in methods if name[-1] == getter[-1]], n=1)
            nearest = f"; the nearest method is {near[0]}" if near else ""
            yield at(ENTRY, class_), f"Submission has no method {getter}{nearest}"


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
        Remove the import, or put the pure-Python sources of the package into the zip. The check accepts an import
        inside `try: … except ImportError:`.
    """
    files = [PurePosixPath(name) for name in zip_.names if name.endswith((".py", ".so"))]
    own = {part.removesuffix(".py") for file in files for part in (*file.parts, file.stem)}
    for name, nodes in zip_.nodes.items():
        guarded = _guarded(nodes)
        for node in nodes:
            for module in _imported(node):
                top = module.partition(".")[0]
                if top not in server_modules() and top not in own and id(node) not in guarded:
                    yield at(name, node), f"The module {module} is neither on the server nor in the zip"


def _submission(tree: ast.Module) -> ast.ClassDef | None:
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Submission"]
    return found[-1] if found else None


def _class_with_methods(zip_: Inspected) -> tuple[ast.ClassDef, dict[str, ast.FunctionDef]]:
    """Return the class Submission and its methods, if submission.py defines the class."""
    class_ = _submission(zip_.entry)
    if class_ is None:
        raise CannotCheck(f"{ENTRY} does not define the class Submission itself")
    return class_, {node.name: node for node in class_.body if isinstance(node, ast.FunctionDef)}


def _bound(tree: ast.Module) -> set[str]:
    """Return the names that imports and assignments bind anywhere in the file."""
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return bound


def _takes(method: ast.FunctionDef, n: int) -> bool:
    """Whether a method can be called with n positional arguments beside self."""
    arguments = method.args
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorator_list)
    most = len(arguments.posonlyargs) + len(arguments.args) - (not static)
    keyword_only = sum(default is None for default in arguments.kw_defaults)
    return most - len(arguments.defaults) <= n and (n <= most or arguments.vararg is not None) and not keyword_only


def _signature(method: ast.FunctionDef) -> str:
    return ast.unparse(method.args)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module]
    return []


def _guarded(nodes: list[ast.AST]) -> set[int]:
    """Return ids of the nodes inside a try that catches a failed import, or an if that tests Python's version."""
    return {
        id(node)
        for parent in nodes
        if _may_fail(parent)
        for statement in getattr(parent, "body", [])
        for node in ast.walk(statement)
    }


def _may_fail(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "version_info" in ast.unparse(node.test)
    return isinstance(node, ast.Try) and any(_catches_import(handler) for handler in node.handlers)


def _catches_import(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or bool(
        {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)} & _IMPORT_ERRORS
    )
