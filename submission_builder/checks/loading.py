"""S106 to S109, S111, S119: how the code finds and loads its weights."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.conditions import dotted_name
from submission_builder.checks.inspected import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_PRIVATE = re.compile(r"(/home/|/Users/|/root/|/mnt/|/content/|/kaggle/|/scratch/|[A-Za-z]:[\\/])")
_NETWORK = {"requests", "urllib.request", "urllib3", "http.client", "aiohttp", "socket", "ftplib", "s3fs", "boto3"}
_NETWORK |= {"huggingface_hub", "wandb", "gdown", "paramiko"}
_DOWNLOADS = {"load_state_dict_from_url", "hf_hub_download", "snapshot_download", "from_pretrained", "urlretrieve"}
_LOADS = {"load", "load_state_dict", "load_from_checkpoint", "unpickle", "load_weights", "loads"}


@check("S106", "warning")
def private_paths(zip_: Inspected) -> Iterator[Place]:
    """No string is an absolute path that exists only on your own machine.

    Fault
        The code contains an absolute path that exists only on your own machine
    Why
        The server does not have the path, so loading from it fails.
    Causes
        A path was copied from a training script.
    Solution
        Find files by `Path(__file__).resolve().parent`, which is right wherever the server unpacks the zip.
    """
    for name, node in _code(zip_):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PRIVATE.match(node.value):
            yield at(name, node), f"{node.value!r} is a path of a private machine"


@check("S107", "warning")
def network(zip_: Inspected) -> Iterator[Place]:
    """No code uses the network.

    Fault
        The code uses the network
    Why
        The organisers have not published whether the server has a network. Without one, a download ends the run.
    Causes
        Weights are loaded from a hub; or a service logs the run.
    Solution
        Put the weights into the zip.
    """
    for name, node in zip_.code.walk():
        reached = [module for module in _modules(node) if module in _NETWORK or module.partition(".")[0] in _NETWORK]
        if reached:
            yield at(name, node), f"The module {reached[0]} uses the network"
        if isinstance(node, ast.Call) and _called(node) in _DOWNLOADS:
            yield at(name, node), f"{_called(node)}() downloads files"


@check("S108", "warning")
def swallowed(zip_: Inspected) -> Iterator[Place]:
    """No code suppresses errors in loading weights.

    Fault
        The code suppresses errors in loading weights
    Why
        After a suppressed error the net keeps its random weights. Nine public submissions of 2025 ran that way.
    Causes
        `try: load(…) except: pass`, a print instead of an exception, contextlib.suppress.
    Solution
        Let the error propagate. The run then fails, and a failed run uses up none of the day's submissions.
    """
    for name, node in zip_.code.walk():
        if isinstance(node, ast.Try) and any(_loads(statement) for statement in node.body):
            for handler in node.handlers:
                if not any(isinstance(inner, ast.Raise) for inner in ast.walk(handler)):
                    yield at(name, handler), "After an error in loading the net keeps the weights that it had"
        elif isinstance(node, ast.With) and any(_loads(statement) for statement in node.body):
            for item in node.items:
                if isinstance(item.context_expr, ast.Call) and _called(item.context_expr) == "suppress":
                    yield at(name, node), "After a suppressed error in loading the net keeps the weights that it had"


@check("S109", "warning")
def not_strict(zip_: Inspected) -> Iterator[Place]:
    """Every call of load_state_dict is strict.

    Fault
        load_state_dict is called with strict=False
    Why
        Parameters without a match in the file stay random: 8,256 of them in one public submission.
    Causes
        strict=False was added to get rid of an error.
    Solution
        Load strictly, and correct the names in the state_dict.
    """
    for name, node in zip_.code.walk():
        if isinstance(node, ast.Call) and _called(node) == "load_state_dict":
            strict = next((keyword.value for keyword in node.keywords if keyword.arg == "strict"), None)
            strict = strict or (node.args[1] if len(node.args) > 1 else None)
            if isinstance(strict, ast.Constant) and strict.value is False:
                yield at(name, node), "With strict=False, parameters without a match in the file stay random"


@check("S111", "warning")
def unsaid_weights_only(zip_: Inspected) -> Iterator[Place]:
    """Every call of torch.load sets weights_only.

    Fault
        torch.load is called without weights_only
    Why
        The default changed in torch 2.6, and the server has torch 2.2.2 or 2.8.0: the same file loads under one and may
        raise under the other.
    Causes
        Code that was written before torch 2.6.
    Solution
        `torch.load(path, map_location=…, weights_only=True)`
    """
    for name, node in zip_.code.walk():
        if (
            isinstance(node, ast.Call)
            and dotted_name(node.func) == "torch.load"
            and not any(keyword.arg in ("weights_only", None) for keyword in node.keywords)
        ):
            yield at(name, node), "torch.load does not set weights_only, whose default changed in torch 2.6"


@check("S119", "warning")
def skipped_without_file(zip_: Inspected) -> Iterator[Place]:
    """No code skips loading if the weight file is missing.

    Fault
        The code skips loading if the weight file is missing
    Why
        Without the file the net keeps its random weights, and no error is raised.
    Causes
        `if path.exists(): net.load_state_dict(…)` without an else.
    Solution
        Remove the test, or raise in the else.
    """
    for name, node in zip_.code.walk():
        if isinstance(node, ast.If) and not node.orelse and _tests_for_file(node.test):
            loads = [
                call for statement in node.body for call in _calls(statement) if _called(call) == "load_state_dict"
            ]
            if loads and not any(isinstance(statement, ast.Return) for statement in node.body):
                yield at(name, node), "If the file is missing, nothing is loaded and no error is raised"


def _code(zip_: Inspected) -> Iterator[tuple[str, ast.AST]]:
    """Yield every node but docstrings, with the name of its file."""
    nodes = list(zip_.code.walk())
    docstrings = {
        id(node.value) for _, node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    yield from ((name, node) for name, node in nodes if id(node) not in docstrings)


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _called(call: ast.Call) -> str:
    """Return the last name of what is called: ``load`` for ``torch.load``."""
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _tests_for_file(test: ast.expr) -> bool:
    return not isinstance(test, ast.UnaryOp) and any(
        _called(call) in ("exists", "is_file", "isfile") for call in _calls(test)
    )


def _loads(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Call) and _called(node) in _LOADS for node in ast.walk(statement))
