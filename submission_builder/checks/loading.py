"""S106 to S112, S119: habits that made submissions fail or run on random weights."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from submission_builder.checks.inspected import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_PRIVATE = re.compile(r"(/home/|/Users/|/root/|/mnt/|/content/|/kaggle/|/scratch/|[A-Za-z]:[\\/])")
_NETWORK = {"requests", "urllib.request", "urllib3", "http.client", "aiohttp", "socket", "ftplib", "s3fs", "boto3"}
_NETWORK |= {"huggingface_hub", "wandb", "gdown", "paramiko"}
_DOWNLOADS = {"load_state_dict_from_url", "hf_hub_download", "snapshot_download", "from_pretrained", "urlretrieve"}
_LOADS = {"load", "load_state_dict", "load_from_checkpoint", "unpickle", "load_weights", "loads"}
_CROSSINGS = {"numpy", "from_numpy"}


def private_paths(zip_: Inspected) -> Iterator[Place]:
    """S106."""
    for name, node in _code(zip_):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PRIVATE.match(node.value):
            yield at(name, node), f"{node.value!r} is a path of a private machine"


def network(zip_: Inspected) -> Iterator[Place]:
    """S107."""
    for name, node in zip_.walk():
        reached = [module for module in _modules(node) if module in _NETWORK or module.partition(".")[0] in _NETWORK]
        if reached:
            yield at(name, node), f"imports {reached[0]}"
        if isinstance(node, ast.Call) and _called(node) in _DOWNLOADS:
            yield at(name, node), f"{_called(node)}() downloads"


def swallowed(zip_: Inspected) -> Iterator[Place]:
    """S108."""
    for name, node in zip_.walk():
        if isinstance(node, ast.Try) and any(_loads(statement) for statement in node.body):
            for handler in node.handlers:
                if not any(isinstance(inner, ast.Raise) for inner in ast.walk(handler)):
                    yield at(name, handler), "an error in loading ends here, and the net keeps the weights it had"
        elif isinstance(node, ast.With) and any(_loads(statement) for statement in node.body):
            for item in node.items:
                if isinstance(item.context_expr, ast.Call) and _called(item.context_expr) == "suppress":
                    yield at(name, node), "an error in loading is suppressed, and the net keeps the weights it had"


def not_strict(zip_: Inspected) -> Iterator[Place]:
    """S109."""
    for name, node in zip_.walk():
        if isinstance(node, ast.Call) and _called(node) == "load_state_dict":
            strict = next((keyword.value for keyword in node.keywords if keyword.arg == "strict"), None)
            strict = strict or (node.args[1] if len(node.args) > 1 else None)
            if isinstance(strict, ast.Constant) and strict.value is False:
                yield at(name, node), "strict=False leaves weights random that do not fit"


def bare_squeeze(zip_: Inspected) -> Iterator[Place]:
    """S110."""
    for name, node in zip_.walk():
        if isinstance(node, ast.FunctionDef) and node.name == "forward":
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and _is_bare_squeeze(inner.value):
                    yield at(name, inner), "squeeze() also drops the batch axis at batch size 1"


def unsaid_weights_only(zip_: Inspected) -> Iterator[Place]:
    """S111."""
    for name, node in zip_.walk():
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "torch.load"
            and not any(keyword.arg in ("weights_only", None) for keyword in node.keywords)
        ):
            yield at(name, node), "torch.load without weights_only; its default changed in torch 2.6"


def numpy_crossing(zip_: Inspected) -> Iterator[Place]:
    """S112."""
    for name, node in zip_.walk():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CROSSINGS:
            yield at(name, node), f"{ast.unparse(node.func)[-40:]}() crosses between torch and numpy"


def passed_over(zip_: Inspected) -> Iterator[Place]:
    """S119."""
    for name, node in zip_.walk():
        if isinstance(node, ast.If) and not node.orelse and _asks_for_file(node.test):
            loads = [
                call for statement in node.body for call in _calls(statement) if _called(call) == "load_state_dict"
            ]
            if loads and not any(isinstance(statement, ast.Return) for statement in node.body):
                yield at(name, node), "where the file is missing nothing is loaded, and nothing said"


def _code(zip_: Inspected) -> Iterator[tuple[str, ast.AST]]:
    """Every node but docstrings."""
    for name, nodes in zip_.nodes.items():
        docstrings = {
            id(node.value) for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in nodes:
            if id(node) not in docstrings:
                yield name, node


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _called(call: ast.Call) -> str:
    """Last name of what is called: ``load`` for ``torch.load``."""
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _asks_for_file(test: ast.expr) -> bool:
    return not isinstance(test, ast.UnaryOp) and any(
        _called(call) in ("exists", "is_file", "isfile") for call in _calls(test)
    )


def _loads(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Call) and _called(node) in _LOADS for node in ast.walk(statement))


def _is_bare_squeeze(value: ast.expr | None) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "squeeze"
        and not value.keywords
        and (not value.args or (ast.unparse(value.func.value) == "torch" and len(value.args) == 1))
    )
