"""The Python that runs a child: ours, or another one, known by asking it."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_ASK_S = 60.0
_QUESTION = """
import importlib.metadata, json, platform, sys
try:
    torch = importlib.metadata.version("torch")
except importlib.metadata.PackageNotFoundError:
    torch = None
folders = [sys.base_prefix, sys.prefix, *(f for f in sys.path if f.endswith(("site-packages", "dist-packages")))]
print(json.dumps([sys.executable, platform.python_version(), torch, folders]))
"""


class InterpreterError(Exception):
    """A path that runs no Python."""


@dataclass(frozen=True)
class Interpreter:
    """A Python.

    Attributes
    ----------
    executable
        Its absolute path.
    python
        Its version, such as ``3.10.13``.
    torch
        Version of torch beside it; None without torch.
    folders
        Where it and its packages lie.
    """

    executable: Path
    python: str
    torch: str | None
    folders: tuple[str, ...]


@functools.cache
def inspect_interpreter(path: Path | None = None) -> Interpreter:
    """Ask a Python what it is, in its isolated mode; ours without a path.

    Raises
    ------
    InterpreterError
        If no Python predictions.
    """
    path = (path or Path(sys.executable)).absolute()
    try:
        said = subprocess.run(  # noqa: S603 - the user names the program
            [path, "-I", "-c", _QUESTION], capture_output=True, text=True, timeout=_ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InterpreterError(f"cannot be run: {getattr(error, 'strerror', None) or error}") from error
    try:
        executable, python, torch, folders = json.loads(said.stdout)
    except (ValueError, TypeError) as error:
        raise InterpreterError(f"does not prediction as a Python does (exit code {said.returncode})") from error
    return Interpreter(Path(executable), python, torch, tuple(folders))
