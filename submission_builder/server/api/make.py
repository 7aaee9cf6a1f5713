"""Make the index of public names: run ``dump`` under each server's packages, then ``join`` the outputs.

The two replicas of ``subpack server install`` have all of them. With ``$PUBLISHED`` and ``$LOCK`` for their Pythons
(``servers/published-…/bin/python`` and ``servers/lock-…/bin/python`` in the folder that ``subpack cache`` names)::

    $PUBLISHED make.py dump Python > python-3.10.json     # the standard library; needs Python 3.10
    $PUBLISHED make.py dump numpy > numpy-1.26.4.json
    $LOCK make.py dump numpy > numpy-2.2.6.json
    $PUBLISHED make.py dump torch > torch-2.2.2.json
    $LOCK make.py dump torch > torch-2.8.0.json
    $LOCK make.py dump braindecode > braindecode.json     # braindecode 1.2.0
    python make.py join index.json.xz python-3.10.json numpy-*.json torch-*.json braindecode.json

The script needs only the standard library of Python 3.10, because those environments do not have subpack.
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

NOT_IMPORTED = (
    *("torch.ao", "torch.distributed", "torch.onnx", "torch.testing", "torch.utils.tensorboard"),
    *("numpy.distutils", "numpy.f2py", "antigravity", "idlelib", "lib2to3", "test", "this", "turtledemo"),
)
"""Parts that no submission needs: the index has their modules and not their names."""

STANDARD_LIBRARY = "Python"
"""Stands for all packages and modules of the standard library."""

SOMETIMES = {"sys": ("last_traceback", "last_type", "last_value", "ps1", "ps2", "tracebacklimit")}
"""Names that a module has only at times."""

STUBS = ("_C/_VariableFunctions.pyi", "_C/_nn.pyi")
"""Stub files with the signatures of torch's built-in functions, which ``inspect`` cannot read."""

SPELLINGS = {"a", "axis", "input", "keepdims", "out", "tensor", "x", "x1", "x2"}
"""Keywords that built-in functions also take: numpy's names, and names that differ in the stubs."""


def modules(package: str) -> "list[str]":
    """List the modules of an installed package; only the package itself is imported."""
    if package == STANDARD_LIBRARY:
        folder = Path(str(ast.__file__)).parent
        packages = [name for name in sys.stdlib_module_names if (folder / name).is_dir()]
        return sorted(
            {*sys.stdlib_module_names, "os.path", *(one for name in packages for one in files(folder / name))}
        )
    return files(Path(str(importlib.import_module(package).__file__)).parent)


def files(root: Path) -> "list[str]":
    """List the modules in the folder of a package."""
    found = []
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def is_public(module: str) -> bool:
    """Whether a module is public and a submission may import it."""
    hidden = any(part.startswith("_") or part in ("test", "tests", "conftest") for part in module.split("."))
    return not hidden and not any(module == part or module.startswith(f"{part}.") for part in NOT_IMPORTED)


def names(module: str, package: str) -> "dict[str, list[str] | None] | None":
    """Return a module's public names with the keywords of each; None if the module cannot be imported."""
    try:
        loaded = importlib.import_module(module)
    except Exception:  # noqa: BLE001 - the module needs a package that is not installed
        return None
    if type(loaded) is not types.ModuleType:  # modules such as torch.backends.cudnn make names at access
        return None
    made = made_at_access(loaded)
    if made is None:
        return None
    public = {name for name in {*dir(loaded), *made} if not name.startswith("_")}
    found = {name: keywords(getattr(loaded, name, None), package) for name in sorted(public)}
    return found | dict.fromkeys(SOMETIMES.get(module, ()))


def made_at_access(module: types.ModuleType) -> "list[str] | None":
    """List the names that the function ``__getattr__`` of a module accepts, among the strings of its source.

    None if the function passes any name on to another module, as those of numpy.core in numpy 2 do.
    """
    if not hasattr(module, "__getattr__"):
        return []
    nodes = list(ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "__getattr__"]
    if not functions or any(passes_on(node) for function in functions for node in ast.walk(function)):
        return None
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return [name for name in strings if name.isidentifier() and has(module, name)]


def passes_on(node: ast.AST) -> bool:
    """Whether a node is a call of ``getattr`` with a name that is not a constant."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "getattr":
        return False
    return not isinstance(node.args[1], ast.Constant)


def has(module: types.ModuleType, name: str) -> bool:
    """Whether a module has a name; numpy raises several errors for names that it removed."""
    try:
        getattr(module, name)
    except Exception:  # noqa: BLE001 - such as RuntimeError and ImportError
        return False
    return True


def is_of(thing: Any, package: str) -> bool:
    """Whether a function or class belongs to the package."""
    module = str(getattr(thing, "__module__", ""))
    if package == STANDARD_LIBRARY:
        return module.partition(".")[0] in sys.stdlib_module_names
    return module.startswith(package)


def keywords(thing: Any, package: str) -> "list[str] | None":
    """Return the keywords of a function or class of the package; None if it takes any, or has no signature."""
    if not callable(thing) or not is_of(thing, package):
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
    """Read the keywords of built-in functions from the stubs, over all overloads."""
    found: dict[str, set[str]] = {}
    if package == STANDARD_LIBRARY:
        return {}
    root = Path(str(importlib.import_module(package).__file__)).parent
    for path in filter(Path.is_file, (root / stub for stub in STUBS)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                found.setdefault(node.name, set(SPELLINGS)).update(argument.arg for argument in arguments)
    return {name: sorted(taken) for name, taken in found.items()}


def dump(package: str) -> "dict[str, Any]":
    """Describe the installed version of a package."""
    if package == STANDARD_LIBRARY:
        version = ".".join(map(str, sys.version_info[:2]))
    else:
        version = importlib.import_module(package).__version__.partition("+")[0]
    everything = modules(package)
    with contextlib.redirect_stdout(io.StringIO()):
        described = {module: names(module, package) for module in everything if is_public(module)}
    return {"package": package, "version": version, "modules": everything, "names": described}


def join(target: str, sources: "list[str]") -> None:
    """Write the index from the outputs of ``dump``."""
    described = [json.loads(Path(source).read_text(encoding="utf-8")) for source in sources]
    content = json.dumps(described, sort_keys=True, separators=(",", ":")).encode()
    Path(target).write_bytes(lzma.compress(content, preset=9))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "dump":
        json.dump(dump(sys.argv[2]), sys.stdout)
    else:
        join(sys.argv[2], sys.argv[3:])
