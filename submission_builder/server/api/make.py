"""Make the index of public names: run ``dump`` under each server's packages, then ``join`` what it wrote.

::

    python make.py dump torch > torch-2.2.2.json          # in an environment with torch 2.2.2
    python make.py dump torch > torch-2.8.0.json          # in one with torch 2.8.0
    python make.py dump braindecode > braindecode.json    # in one with braindecode 1.2.0
    python make.py join index.json.xz torch-2.2.2.json torch-2.8.0.json braindecode.json

It stands alone (standard library, Python 3.10), as those environments hold nothing else of ours.
"""

import ast
import contextlib
import functools
import importlib
import inspect
import io
import json
import lzma
import sys
import types
import warnings
from pathlib import Path
from typing import Any

NOT_IMPORTED = ("torch.ao", "torch.distributed", "torch.onnx", "torch.testing", "torch.utils.tensorboard")
"""Parts that no submission needs: their modules are listed, their names are not."""

STUBS = ("_C/_VariableFunctions.pyi", "_C/_nn.pyi")
"""Where torch writes down what its built-in functions take, which cannot be asked of them."""

SPELLINGS = {"a", "axis", "input", "keepdims", "out", "tensor", "x", "x1", "x2"}
"""What built-in functions take beside it: numpy's spellings, and names that the stubs give differently."""


def modules(package: str) -> "list[str]":
    """Name every module of a package that is installed, without importing any but the package itself."""
    root = Path(str(importlib.import_module(package).__file__)).parent
    found = []
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def is_public(module: str) -> bool:
    """Whether users are meant to import a module, and submissions might."""
    hidden = any(part.startswith("_") for part in module.split("."))
    return not hidden and not any(module == part or module.startswith(f"{part}.") for part in NOT_IMPORTED)


def names(module: str, package: str) -> "dict[str, list[str] | None] | None":
    """List a module's public names with the keywords that each takes; None where they cannot be known."""
    try:
        loaded = importlib.import_module(module)
    except Exception:  # noqa: BLE001 - a part that needs what is not installed: nothing can be said of it
        return None
    if type(loaded) is not types.ModuleType:  # torch.backends.cudnn and its like make up names as they are asked
        return None
    public = [name for name in dir(loaded) if not name.startswith("_")]
    return {name: keywords(getattr(loaded, name, None), package) for name in public}


def keywords(thing: Any, package: str) -> "list[str] | None":
    """List the keywords that a function or class of the package takes; None for any, or where it cannot be asked."""
    if not callable(thing) or not str(getattr(thing, "__module__", "")).startswith(package):
        return None
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return stubs(package).get(getattr(thing, "__name__", "")) if inspect.isbuiltin(thing) else None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


@functools.cache
def stubs(package: str) -> "dict[str, list[str]]":
    """Read the keywords of built-in functions, over all their overloads."""
    found: dict[str, set[str]] = {}
    root = Path(str(importlib.import_module(package).__file__)).parent
    for path in filter(Path.is_file, (root / stub for stub in STUBS)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                found.setdefault(node.name, set(SPELLINGS)).update(argument.arg for argument in arguments)
    return {name: sorted(taken) for name, taken in found.items()}


def dump(package: str) -> "dict[str, Any]":
    """Describe a package as it is installed here."""
    version = importlib.import_module(package).__version__.partition("+")[0]
    everything = modules(package)
    with contextlib.redirect_stdout(io.StringIO()):
        described = {module: names(module, package) for module in everything if is_public(module)}
    return {"package": package, "version": version, "modules": everything, "names": described}


def join(target: str, sources: "list[str]") -> None:
    """Write the index that is shipped."""
    described = [json.loads(Path(source).read_text(encoding="utf-8")) for source in sources]
    content = json.dumps(described, sort_keys=True, separators=(",", ":")).encode()
    Path(target).write_bytes(lzma.compress(content, preset=9))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "dump":
        json.dump(dump(sys.argv[2]), sys.stdout)
    else:
        join(sys.argv[2], sys.argv[3:])
