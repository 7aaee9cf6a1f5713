"""S115 to S118: what is done at home and not on the server."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.inspected import at
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_CALLED = {"get_model_challenge_1", "get_model_challenge_2"}
_WORK = ("predict", "infer", "ensemble", "tta", "smooth", "calibrat", "average", "postprocess", "post_process", "blend")
_HOOKS = {"register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"}
_LOADS = {"load_state_dict", "load_from_checkpoint"}
_MOVES = {"to", "cuda", "to_empty"}


def called(zip_: Inspected) -> Iterator[Place]:
    """S115."""
    used = _used(zip_)
    for class_ in (node for node in ast.walk(zip_.entry) if isinstance(node, ast.ClassDef)):
        methods = {node.name: node for node in class_.body if isinstance(node, ast.FunctionDef)}
        if {"forward", "__call__"} <= set(methods):
            yield at(ENTRY, methods["__call__"]), f"{class_.name}.__call__: the server calls forward itself"
        for name, method in methods.items():
            works = name.startswith(_WORK) or (class_.name == "Submission" and not name.startswith(("_", "get_model")))
            if works and name not in used | _CALLED and not method.decorator_list:
                yield at(ENTRY, method), f"{class_.name}.{name}: neither the server nor the zip's own code calls it"


def moved(zip_: Inspected) -> Iterator[Place]:
    """S116."""
    calls = [node for _, node in zip_.walk() if isinstance(node, ast.Call)]
    loads = any(_attribute(call) in _LOADS for call in calls)
    given = any(
        keyword.arg in ("device", "map_location") and not _is_cpu(keyword.value) for keyword in _keywords(calls)
    )
    moves = any(_attribute(call) in _MOVES and not all(map(_is_cpu, call.args)) for call in calls)
    if loads and not given and not moves:
        yield ENTRY, "loads weights, and moves nothing to DEVICE: windows arrive on the GPU, the model stays on the CPU"
    for name, node in zip_.walk():
        if isinstance(node, ast.FunctionDef) and node.name == "forward":
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                if _attribute(call) == "cpu" or (_attribute(call) == "to" and any(map(_is_cpu, call.args))):
                    yield at(name, call), "forward moves to the CPU, whatever the device"


def inference_only(zip_: Inspected) -> Iterator[Place]:
    """S117."""
    for name, node in zip_.walk():
        if isinstance(node, ast.Call) and _attribute(node) == "backward":
            yield (
                at(name, node),
                "backward() raises under inference_mode, and the rules allow no training on the server",
            )


def no_hooks(zip_: Inspected) -> Iterator[Place]:
    """S118."""
    for name, node in zip_.walk():
        if isinstance(node, ast.Call) and _attribute(node) in _HOOKS:
            yield at(name, node), f"{_attribute(node)}: hooks of the model itself never fire"


def _used(zip_: Inspected) -> set[str]:
    """Every name that is read anywhere, as attribute, name or text."""
    used = set()
    for _, node in zip_.walk():
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
