"""Make the index of TorchScript's operators: run ``dump`` under each server's torch, then ``join`` the outputs.

With ``$PUBLISHED`` and ``$LOCK`` for the Pythons of the two replicas of ``subpack server install``::

    $PUBLISHED make.py dump > torch-2.2.2.json
    $LOCK make.py dump > torch-2.8.0.json
    python make.py join operators.json.xz torch-2.2.2.json torch-2.8.0.json

The script needs only torch and the standard library of Python 3.10, because those environments do not have subpack.
"""

import importlib
import json
import lzma
import sys
from pathlib import Path
from typing import Any

torch: Any = importlib.import_module("torch")

ANY = 1 << 20
"""Number of positional arguments of an operator that takes any number, such as ``aten::format``."""

TEXTS = ("str", "Optional[str]")
"""Types of arguments that take a text. TorchScript converts no other type to a text."""


def dump() -> "dict[str, Any]":
    """Describe the overloads of each operator: name, largest number of positional arguments, arguments in order.

    An argument that takes a text has the name ``NAME:str``.
    """
    operators: dict[str, list[list[Any]]] = {}
    for schema in torch._C._jit_get_all_schemas():  # noqa: SLF001 - the only list
        positional = sum(not argument.kwarg_only for argument in schema.arguments) if "..." not in str(schema) else ANY
        names = [f"{one.name}:str" if str(one.type) in TEXTS else one.name for one in schema.arguments]
        operators.setdefault(schema.name, []).append([schema.overload_name, positional, *names])
    return {"version": torch.__version__.partition("+")[0], "operators": dict(sorted(operators.items()))}


def join(target: str, sources: "list[str]") -> None:
    """Write the index from the outputs of ``dump``."""
    described = [json.loads(Path(source).read_text(encoding="utf-8")) for source in sources]
    content = json.dumps(described, separators=(",", ":")).encode()
    Path(target).write_bytes(lzma.compress(content, preset=9))


if __name__ == "__main__":
    if sys.argv[1] == "dump":
        json.dump(dump(), sys.stdout)
    else:
        join(sys.argv[2], sys.argv[3:])
