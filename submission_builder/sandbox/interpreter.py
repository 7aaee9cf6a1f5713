"""The Python that runs a child: version, torch and folders, as the interpreter itself reports them."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_S = 60.0
_PROGRAM = """
import importlib.metadata, json, platform, sys
try:
    torch = importlib.metadata.version("torch")
except importlib.metadata.PackageNotFoundError:
    torch = None
folders = [sys.base_prefix, sys.prefix, *(f for f in sys.path if f.endswith(("site-packages", "dist-packages")))]
print(json.dumps([sys.executable, platform.python_version(), torch, folders]))
"""


class InterpreterError(Exception):
    """A path is not a Python interpreter; the message is a predicate whose subject is the path."""


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter."""

    executable: Path
    """Absolute path."""
    python: str
    """Version of Python, such as ``3.10.13``."""
    torch: str | None
    """Version of torch; None if torch is not installed."""
    folders: tuple[str, ...]
    """Prefixes and package folders."""


@functools.cache
def inspect_interpreter(path: Path | None = None) -> Interpreter:
    """Run a Python in isolated mode and read its versions and folders.

    Parameters
    ----------
    path
        The interpreter; None is the one that runs this function.

    Raises
    ------
    InterpreterError
        If the path cannot be run or does not print the expected JSON.
    """
    path = (path or Path(sys.executable)).absolute()
    try:
        process = subprocess.run(  # noqa: S603 - the user names the program
            [path, "-I", "-c", _PROGRAM], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InterpreterError(f"cannot be run: {getattr(error, 'strerror', None) or error}") from error
    try:
        executable, python, torch, folders = json.loads(process.stdout)
    except (ValueError, TypeError) as error:
        raise InterpreterError(f"does not run as a Python interpreter (exit code {process.returncode})") from error
    return Interpreter(Path(executable), python, torch, tuple(folders))
