"""The Python that runs a child: its version, packages and folders, as the interpreter itself reports them."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTED_PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "braindecode")
"""Packages whose version is noted, because nets and weight files depend on it; the most important first."""

_TIMEOUT_S = 60.0
_PROGRAM = """
import importlib.metadata, json, os, platform, sys
versions = {}
for name in sys.argv[1:]:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
packages = [f for f in sys.path if f.endswith(("site-packages", "dist-packages"))]
library = [os.path.dirname(os.__file__), *(f for f in sys.path if f.endswith("lib-dynload"))]
prefixes = [sys.base_prefix, sys.prefix]
print(json.dumps([sys.executable, platform.python_version(), versions, packages, library, prefixes]))
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
    packages: Mapping[str, str]
    """Versions of those of :data:`NOTED_PACKAGES` that are installed, in that order."""
    package_folders: tuple[str, ...]
    """Folders of installed packages."""
    library_folders: tuple[str, ...]
    """Folders of the standard library."""
    prefixes: tuple[str, ...]
    """Prefixes of the installation and of the virtual environment, which can be the same."""

    @property
    def torch(self) -> str | None:
        """Version of torch; None if torch is not installed."""
        return self.packages.get("torch")


def inspect_interpreter(path: Path | None = None) -> Interpreter:
    """Run a Python in isolated mode, once in this process, and read its versions and folders.

    Parameters
    ----------
    path
        The interpreter; None is the one that runs this function.

    Raises
    ------
    InterpreterError
        If the path cannot be run or does not print the expected JSON.
    """
    return _inspected((path or Path(sys.executable)).absolute())


@functools.cache
def _inspected(path: Path) -> Interpreter:
    try:
        process = subprocess.run(  # noqa: S603 - the user names the program
            [path, "-I", "-c", _PROGRAM, *NOTED_PACKAGES],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InterpreterError(f"cannot be run: {getattr(error, 'strerror', None) or error}") from error
    try:
        executable, python, packages, *folders = json.loads(process.stdout)
        return Interpreter(Path(executable), python, dict(packages), *map(tuple, folders))
    except (ValueError, TypeError) as error:
        raise InterpreterError(f"does not run as a Python interpreter (exit code {process.returncode})") from error
