"""S110, S112, S115 to S118: code that works at home and not on the server, which calls ``forward`` on a GPU."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.inspected import at
from submission_builder.protocol.entry_point import SUBMISSION
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_WORK = ("predict", "infer", "ensemble", "tta", "smooth", "calibrat", "average", "postprocess", "post_process", "blend")
_HOOKS = {"register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"}
_LOADS = {"load_state_dict", "load_from_checkpoint"}
_MOVES = {"to", "cuda", "to_empty"}
_CONVERSIONS = {"numpy", "from_numpy"}


@check("S110", "warning")
def bare_squeeze(zip_: Inspected) -> Iterator[Place]:
    """No forward returns a bare squeeze().

    Fault
        forward returns a bare squeeze()
    Why
        At batch size 1 a bare squeeze() also removes the batch axis. The scorer reads prediction[0][0] and raises.
    Causes
        The code was tried only with batches larger than one.
    Solution
        `y.reshape(len(X), 1)`, or squeeze a named axis.
    """
    for name, node in zip_.code.walk():
        if isinstance(node, ast.FunctionDef) and node.name == "forward":
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and _is_bare_squeeze(inner.value):
                    yield at(name, inner), "squeeze() also removes the batch axis at batch size 1"


@check("S112", "warning")
def numpy_conversion(zip_: Inspected) -> Iterator[Place]:
    """No code converts tensors to or from numpy.

    Fault
        The code converts between torch and numpy
    Why
        The start kit's list has torch 2.2.2 with numpy 2.2.6; under these versions each conversion raises.
    Causes
        `.numpy()` or `torch.from_numpy` in forward.
    Solution
        Compute with torch; `torch.frombuffer` and `.tolist()` work without numpy.
    """
    for name, node in zip_.code.walk():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CONVERSIONS:
            yield at(name, node), f"{ast.unparse(node.func)[-40:]}() converts between torch and numpy"


@check("S115", "warning")
def called(zip_: Inspected) -> Iterator[Place]:
    """Every method that computes predictions is called.

    Fault
        A method that computes predictions is never called
    Why
        The server calls the two getters, and `eval` and `forward` of the models that they return, and nothing else.
    Causes
        Ensembling, test-time augmentation or calibration in a method `predict`, which only the own script calls.
    Solution
        Move the code into forward.
    """
    used = _used(zip_)
    for class_ in (node for node in ast.walk(zip_.code.entry) if isinstance(node, ast.ClassDef)):
        methods = {node.name: node for node in class_.body if isinstance(node, ast.FunctionDef)}
        if {"forward", "__call__"} <= set(methods):
            yield at(ENTRY, methods["__call__"]), f"The server calls {class_.name}.forward and not __call__"
        for name, method in methods.items():
            works = name.startswith(_WORK) or (
                class_.name == SUBMISSION.class_name and not name.startswith(("_", "get_model"))
            )
            if works and name not in {*used, *SUBMISSION.getters} and not method.decorator_list:
                yield at(ENTRY, method), f"Neither the server nor the code in the zip calls {class_.name}.{name}"


@check("S116", "warning")
def moved(zip_: Inspected) -> Iterator[Place]:
    """Every model is moved to the device that the server passes.

    Fault
        The model or its tensors stay on the CPU
    Why
        The windows are on DEVICE, a GPU; a model on the CPU raises at the first of them.
    Causes
        `map_location='cpu'` without `.to(self.device)` after it; `.cpu()` in forward.
    Solution
        `return net.to(self.device)` in the getter.
    """
    calls = [node for _, node in zip_.code.walk() if isinstance(node, ast.Call)]
    loads = any(_attribute(call) in _LOADS for call in calls)
    given = any(
        keyword.arg in ("device", "map_location") and not _is_cpu(keyword.value) for keyword in _keywords(calls)
    )
    moves = any(_attribute(call) in _MOVES and not all(map(_is_cpu, call.args)) for call in calls)
    if loads and not given and not moves:
        yield ENTRY, "The code loads weights and moves nothing to DEVICE; the windows are on the GPU"
    for name, node in zip_.code.walk():
        if isinstance(node, ast.FunctionDef) and node.name == "forward":
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                if _attribute(call) == "cpu" or (_attribute(call) == "to" and any(map(_is_cpu, call.args))):
                    yield at(name, call), "forward moves a tensor to the CPU, whatever DEVICE is"


@check("S117", "warning")
def inference_only(zip_: Inspected) -> Iterator[Place]:
    """No code trains.

    Fault
        The code calls backward()
    Why
        The server calls forward under torch.inference_mode(), where backward() raises. The rules of the competition
        allow only inference.
    Causes
        Adaptation at test time; or training code that was packed with the net.
    Solution
        Remove the training code.
    """
    for name, node in zip_.code.walk():
        if isinstance(node, ast.Call) and _attribute(node) == "backward":
            yield (
                at(name, node),
                "backward() raises under torch.inference_mode(), and the rules allow no training on the server",
            )


@check("S118", "warning")
def no_hooks(zip_: Inspected) -> Iterator[Place]:
    """No hook is registered on the model.

    Fault
        The code registers a hook, which may never run
    Why
        The server calls model.forward(X) and not model(X). Hooks of the model itself never run; hooks of its layers do.
    Causes
        Normalisation or features that register_forward_hook provides.
    Solution
        Move the code of the hook into forward.
    """
    for name, node in zip_.code.walk():
        if isinstance(node, ast.Call) and _attribute(node) in _HOOKS:
            yield at(name, node), f"{_attribute(node)}: hooks of the model itself never run on the server"


def _used(zip_: Inspected) -> set[str]:
    """Return every name that the sources read, as attribute, variable or string."""
    used = set()
    for _, node in zip_.code.walk():
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            used.add(node.attr)
        elif isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            used.add(node.value)
    return used


def _attribute(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _keywords(calls: list[ast.Call]) -> Iterator[ast.keyword]:
    for call in calls:
        yield from call.keywords


def _is_cpu(node: ast.expr) -> bool:
    """Whether an expression is ``"cpu"`` or ``torch.device("cpu")``."""
    inner = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else node
    return isinstance(inner, ast.Constant) and inner.value == "cpu"


def _is_bare_squeeze(value: ast.expr | None) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "squeeze"
        and not value.keywords
        and (not value.args or (ast.unparse(value.func.value) == "torch" and len(value.args) == 1))
    )
