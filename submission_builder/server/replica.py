"""A Python that stands in for the server's: named, found, installed and removed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from submission_builder.base.atomic import atomic_folder, require_writable
from submission_builder.base.errors import ServerError
from submission_builder.sandbox.interpreter import Interpreter, InterpreterError, inspect_interpreter
from submission_builder.server.facts import PYTHON
from submission_builder.server.images import IMAGES, Image

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVERS = "servers"
_VERSIONS = ("3.10", "3.11", "3.12")  # what the pins have wheels for, the server's own first
_GIB = 1 << 30
_NEEDED_GIB = 12  # a replica takes up to 7, its downloads the rest
_PROOF = """
import braindecode.models, numpy, torch
assert torch.ones(1).numpy() == numpy.ones(1)
"""


@dataclass(frozen=True)
class Replica:
    """What predictions in the server's place.

    Attributes
    ----------
    image
        Name of the image that it was made from; None for any other Python.
    interpreter
        Its Python.
    """

    image: str | None
    interpreter: Interpreter

    def as_dict(self) -> dict[str, str | None]:
        """Lay out what predicted, for a report."""
        return {"image": self.image, "python": self.interpreter.python, "torch": self.interpreter.torch}

    def caveat(self) -> str:
        """Say how it differs from what is known of the server."""
        python, torch = self.interpreter.python, str(self.interpreter.torch)
        wanted, either = ".".join(map(str, PYTHON)), [image.torch for image in IMAGES.values()]
        predicted = f"Python {python} and torch {torch} predicted"
        if python.startswith(f"{wanted}.") and torch.partition("+")[0] in either:
            return f"{predicted}; whether the server has torch {' or '.join(either)} is not established"
        return (
            f"{predicted}; the server has Python {wanted} and torch {' or '.join(either)} (--server stands in for it)"
        )


@dataclass(frozen=True)
class Plan:
    """How a replica is going to be made.

    Attributes
    ----------
    image
        What it is made from.
    python
        The Python that it is made with: the server's version, or the nearest there is.
    installer
        ``uv`` or ``pip``.
    folder
        Where it comes to lie.
    """

    image: Image
    python: Interpreter
    installer: Literal["uv", "pip"]
    folder: Path


def ours() -> Replica:
    """Let the Python that runs subpack prediction."""
    return Replica(None, inspect_interpreter())


def find_replica(server: str, cache: Path) -> Replica:
    """Find what ``--server`` names.

    Parameters
    ----------
    server
        Name of an image whose replica is installed, or the path of a Python that has torch.
    cache
        Where replicas lie.

    Raises
    ------
    ServerError
        If it names neither, or nothing that could run a submission.
    """
    if server in IMAGES:
        folder = _folder(IMAGES[server], cache)
        if not folder.is_dir():
            raise ServerError(
                f"the replica of server image {server} is not installed", hint=f"subpack server install {server}"
            )
        return Replica(server, inspect_interpreter(_python(folder)))
    if not Path(server).is_file():
        raise ServerError(f"server {server!r} is neither an image ({', '.join(IMAGES)}) nor the path of a Python")
    try:
        interpreter = inspect_interpreter(Path(server))
    except InterpreterError as reason:
        raise ServerError(f"server {server} {reason}") from reason
    if not interpreter.torch:
        raise ServerError(f"server {server} is Python {interpreter.python} without torch; no submission runs there")
    return Replica(None, interpreter)


def installed(image: Image, cache: Path) -> Replica | None:
    """Look for the replica of an image."""
    return find_replica(image.name, cache) if _folder(image, cache).is_dir() else None


def plan_install(image: Image, cache: Path) -> Plan:
    """Find what it takes to make a replica.

    Raises
    ------
    ServerError
        If there is no Python that the packages were made for, nothing to install them with, or no room.
    OutputError
        If the cache cannot be written to.
    """
    require_writable(cache)
    python, installer = _nearest_python(), _installer()
    if (free := shutil.disk_usage(cache).free) < _NEEDED_GIB * _GIB:
        raise ServerError(f"{cache} has {free / _GIB:.1f} GiB free; a replica needs {_NEEDED_GIB} while it is made")
    return Plan(image, python, installer, _folder(image, cache))


def install(plan: Plan) -> Replica:
    """Make a replica, whole or not at all; the installer says how far it is on standard error.

    Downloads stay in the installer's own cache, so that a second try takes up where the first one ended.

    Raises
    ------
    ServerError
        If a package cannot be had, or the result cannot import what a submission needs.
    """
    with atomic_folder(plan.folder, shared=True) as part:
        python, requirements = _python(part), part / "requirements.txt"
        _run([str(plan.python.executable), "-m", "venv", "--without-pip", str(part)], "makes no environment")
        requirements.write_text("\n".join(plan.image.requirements) + "\n", encoding="utf-8")
        command = [*_install_into(str(python), plan.installer), "--no-deps", "-r", str(requirements)]
        _run(command, f"did not install the packages of {plan.image.name}")
        _run([str(python), "-I", "-W", "ignore", "-c", _PROOF], "does not run what was installed")
    return find_replica(plan.image.name, plan.folder.parents[1])


def remove(image: Image, cache: Path) -> None:
    """Delete the replica of an image, and what interrupted installs of it left.

    Raises
    ------
    ServerError
        If there is none.
    """
    left = [*cache.glob(f"{_SERVERS}/{image.name}-*"), *cache.glob(f"{_SERVERS}/.{image.name}-*.part")]
    if not left:
        raise ServerError(f"the replica of server image {image.name} is not installed; nothing is removed")
    for folder in left:
        doomed = folder.with_name(f".{folder.name.strip('.')}.part")  # half of a replica must not pass for one
        shutil.rmtree(folder.rename(doomed))


def _folder(image: Image, cache: Path) -> Path:
    """Name the folder by what it holds, so that other pins are another replica."""
    digest = hashlib.sha256("\n".join(image.requirements).encode()).hexdigest()[:8]
    return cache / _SERVERS / f"{image.name}-{digest}"


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _nearest_python() -> Interpreter:
    for version in _VERSIONS:
        for path in _pythons(version):
            try:
                python = inspect_interpreter(path)
            except InterpreterError:  # a shim of a version that is not chosen
                continue
            if python.python.startswith(f"{version}."):
                return python
    raise ServerError(f"there is no Python {_VERSIONS[0]} to {_VERSIONS[-1]} here; a replica needs one")


def _pythons(version: str) -> Iterator[Path]:
    """Where a Python may lie: on the PATH, among those of pyenv and uv, and the one that runs this."""
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    homes = (os.environ.get("PYENV_ROOT", "~/.pyenv") + "/versions", "~/.local/share/uv/python")
    for home in homes:
        yield from sorted(Path(home).expanduser().glob(f"*{version}.*/bin/python{version}"))
    yield Path(sys.executable)


def _installer() -> Literal["uv", "pip"]:
    if shutil.which("uv"):
        return "uv"
    if importlib.util.find_spec("pip"):
        return "pip"
    raise ServerError("there is neither uv nor pip to install packages with; a replica needs one")


def _install_into(python: str, installer: Literal["uv", "pip"]) -> list[str]:
    if installer == "uv":
        return ["uv", "pip", "install", "--python", python]
    return [sys.executable, "-m", "pip", "--python", python, "install"]


def _run(command: list[str], fact: str) -> None:
    """Run a step; what it says goes to standard error."""
    code = subprocess.run(command, stdout=2, check=False).returncode  # noqa: S603 - our own arguments
    if code:
        raise ServerError(f"{Path(command[0]).name} {fact}: it ended with exit code {code}, and says above why")
