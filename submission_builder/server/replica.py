"""The Python that runs a submission: our own, a replica of the server's, or any other. Replicas can be installed."""

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

from submission_builder.base.atomic import atomic_folder, remove_folder, require_writable
from submission_builder.base.errors import ServerError, did_you_mean
from submission_builder.sandbox.interpreter import Interpreter, InterpreterError, inspect_interpreter
from submission_builder.server.environment import Environment
from submission_builder.server.images import IMAGES, Image

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY = "all"
"""The name that stands for every installed replica."""

_SERVERS = "servers"
_VERSIONS = ("3.10", "3.11", "3.12")  # the pinned packages have wheels for these; the server has the first
_GIB = 1 << 30
_NEEDED_GIB = 12  # a replica takes up to 7 GiB, and its downloads the rest
_PROOF = """
import braindecode.models, numpy, torch
assert torch.ones(1).numpy() == numpy.ones(1)
"""


@dataclass(frozen=True)
class Replica:
    """A Python that runs submissions in place of the server's."""

    image: str | None
    """Name of the server image that it replicates; None for any other Python."""
    interpreter: Interpreter

    @property
    def environment(self) -> Environment:
        """The versions of Python and packages."""
        return Environment(self.interpreter.python, self.interpreter.packages, self.image)


@dataclass(frozen=True)
class InstallPlan:
    """How a replica will be installed."""

    image: Image
    python: Interpreter
    """The Python that creates it: the server's version, or the nearest one on this machine."""
    installer: Literal["uv", "pip"]
    folder: Path
    """Folder of the replica."""


def own_python() -> Replica:
    """Return the Python that runs subpack."""
    return Replica(None, inspect_interpreter())


def find_replica(server: str, cache: Path) -> Replica:
    """Return the Python that ``--server`` names.

    Parameters
    ----------
    server
        Name of an image whose replica is installed, or the path of a Python that has torch.
    cache
        The cache folder, which holds the replicas.

    Raises
    ------
    ServerError
        If the replica is not installed, or the path is not a Python that has torch.
    """
    if server == EVERY:
        raise ServerError(f"server {EVERY!r} stands for all replicas; a single run takes one of: {', '.join(IMAGES)}")
    if server in IMAGES:
        folder = _folder(IMAGES[server], cache)
        if not folder.is_dir():
            raise ServerError(f"the replica of server image {server} is not installed", hint=install_command(server))
        return Replica(server, inspect_interpreter(_python(folder)))
    if not Path(server).is_file():
        message = f"server {server!r} is neither an image ({', '.join(IMAGES)}) nor the path of a Python"
        raise ServerError(message, hint=did_you_mean(server, IMAGES))
    try:
        interpreter = inspect_interpreter(Path(server))
    except InterpreterError as reason:
        raise ServerError(f"server {server} {reason}") from reason
    if not interpreter.torch:
        raise ServerError(
            f"server {server} is Python {interpreter.python} without torch; submissions cannot run without torch"
        )
    return Replica(None, interpreter)


def installed_replica(image: Image, cache: Path) -> Replica | None:
    """Return the replica of an image; None if it is not installed."""
    return find_replica(image.name, cache) if _folder(image, cache).is_dir() else None


def every_replica(cache: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the images with and without an installed replica.

    Raises
    ------
    ServerError
        If no replica is installed.
    """
    installed = tuple(name for name, image in IMAGES.items() if _folder(image, cache).is_dir())
    missing = tuple(name for name in IMAGES if name not in installed)
    if not installed:
        message = f"no replica is installed; server {EVERY!r} runs those of {' and '.join(missing)}"
        raise ServerError(message, hint=" && ".join(map(install_command, missing)))
    return installed, missing


def install_command(image: str) -> str:
    """Return the command that installs the replica of an image."""
    return f"subpack server install {image}"


def plan_install(image: Image, cache: Path) -> InstallPlan:
    """Find a Python, an installer and enough disk space for a replica.

    Raises
    ------
    ServerError
        If there is no Python that the packages support, no installer, or too little disk space.
    OutputError
        If the cache cannot be written to.
    """
    require_writable(cache)
    python, installer = _nearest_python(), _installer()
    if (free := shutil.disk_usage(cache).free) < _NEEDED_GIB * _GIB:
        raise ServerError(f"{cache} has {free / _GIB:.1f} GiB free; installing a replica needs {_NEEDED_GIB} GiB")
    return InstallPlan(image, python, installer, _folder(image, cache))


def install(plan: InstallPlan) -> Replica:
    """Install a replica, completely or not at all; the installer prints its progress to standard error.

    Downloads stay in the installer's own cache, so that a second attempt reuses them.

    Raises
    ------
    ServerError
        If a package cannot be installed, or the replica cannot import what a submission needs.
    """
    with atomic_folder(plan.folder, shared=True) as part:
        python, requirements = _python(part), part / "requirements.txt"
        _run([str(plan.python.executable), "-m", "venv", "--without-pip", str(part)], "did not create an environment")
        requirements.write_text("\n".join(plan.image.requirements) + "\n", encoding="utf-8")
        command = [*_install_into(str(python), plan.installer), "--no-deps", "-r", str(requirements)]
        _run(command, f"did not install the packages of {plan.image.name}")
        _run([str(python), "-I", "-W", "ignore", "-c", _PROOF], "cannot import the installed packages")
    return find_replica(plan.image.name, plan.folder.parents[1])


def remove(image: Image, cache: Path) -> None:
    """Delete the replica of an image, and the files of interrupted installations.

    Raises
    ------
    ServerError
        If there is nothing to delete.
    """
    found = [*cache.glob(f"{_SERVERS}/{image.name}-*"), *cache.glob(f"{_SERVERS}/.{image.name}-*.part")]
    if not found:
        raise ServerError(f"the replica of server image {image.name} is not installed, so nothing is removed")
    for folder in found:
        remove_folder(folder)


def _folder(image: Image, cache: Path) -> Path:
    """Return the folder of a replica; its name depends on the versions of all packages."""
    digest = hashlib.sha256("\n".join(image.requirements).encode()).hexdigest()[:8]
    return cache / _SERVERS / f"{image.name}-{digest}"


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _nearest_python() -> Interpreter:
    for version in _VERSIONS:
        for path in _pythons(version):
            try:
                python = inspect_interpreter(path)
            except InterpreterError:  # a shim of pyenv for a version that is not active
                continue
            if python.python.startswith(f"{version}."):
                return python
    raise ServerError(f"no Python {_VERSIONS[0]} to {_VERSIONS[-1]} is installed; a replica needs one of them")


def _pythons(version: str) -> Iterator[Path]:
    """Yield paths where a Python may lie: on the PATH, in the folders of pyenv and uv, and our own."""
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
    raise ServerError("neither uv nor pip is installed; installing a replica needs one of them")


def _install_into(python: str, installer: Literal["uv", "pip"]) -> list[str]:
    if installer == "uv":
        return ["uv", "pip", "install", "--python", python]
    return [sys.executable, "-m", "pip", "--python", python, "install"]


def _run(command: list[str], failure: str) -> None:
    """Run a step of the installation; its output goes to standard error."""
    code = subprocess.run(command, stdout=2, check=False).returncode  # noqa: S603 - our own arguments
    if code:
        raise ServerError(f"{Path(command[0]).name} {failure}: exit code {code}; its output is above")
