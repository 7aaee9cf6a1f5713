"""Examine Python, its packages, the isolation of submissions, and the replicas of the server."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from submission_builder.base.cache import cache_folder
from submission_builder.base.errors import ServerError
from submission_builder.sandbox.interpreter import InterpreterError
from submission_builder.sandbox.proof import why_unavailable
from submission_builder.server.facts import published_pins
from submission_builder.server.images import IMAGES, Image
from submission_builder.server.replica import installed_replica
from submission_builder.workflows.doctor.result import Examined

if TYPE_CHECKING:
    from collections.abc import Iterator

_OLDEST = (3, 11)


def examine_python() -> Iterator[Examined]:
    """Compare the version of Python with what subpack needs."""
    fact = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info < _OLDEST:
        needed = ".".join(map(str, _OLDEST))
        yield Examined("Python", "problem", f"{fact}; {needed} or newer is needed", f"install Python {needed}")
    else:
        yield Examined("Python", "ok", fact)
    yield Examined("subpack", "ok", _installed("subpack") or "a source tree that is not installed")


def examine_packages() -> Iterator[Examined]:
    """Find packages that are missing, and compare braindecode with its pin."""
    missing = sorted(name for name in _needed() if _installed(name) is None)
    if missing:
        remedy = f"pip install {' '.join(missing)}"
        yield Examined("packages", "problem", f"missing: {', '.join(missing)}", remedy)
    else:
        yield Examined("packages", "ok", "all packages that subpack needs are installed")
    found, pinned = _installed("braindecode"), published_pins()["braindecode"]
    if found == pinned:
        yield Examined("braindecode", "ok", f"{found}, as on the server")
    else:
        fact = f"{found or 'not installed'}; the server has {pinned}, and a zip contains its nets by name only"
        yield Examined("braindecode", "problem", fact, f"pip install braindecode=={pinned}")


def examine_isolation() -> Iterator[Examined]:
    """Name the isolation level of submissions, and why it is not the stronger one."""
    if reason := why_unavailable():
        fact = f"process: submissions can reach your files and the network; level namespace is unavailable: {reason}"
        remedy = "install bubblewrap, and allow user namespaces; until then, run only zips that you trust"
        yield Examined("isolation", "note", fact, remedy)
    else:
        yield Examined("isolation", "ok", "namespace: submissions reach neither your files nor the network")


def examine_replicas() -> Iterator[Examined]:
    """Find the replicas of the server, and try their Python."""
    for image in IMAGES.values():
        yield _replica(image)


def _replica(image: Image) -> Examined:
    name, command = f"replica {image.name}", f"subpack server install {image.name}"
    try:
        replica = installed_replica(image, cache_folder())
    except (ServerError, InterpreterError) as error:
        remedy = f"subpack server remove {image.name}, then {command}"
        return Examined(name, "note", f"the replica is damaged: {error}", remedy)
    if replica is None:
        return Examined(name, "note", f"not installed; it runs zips with torch {image.torch}", command)
    return Examined(name, "ok", f"Python {replica.interpreter.python}, torch {replica.interpreter.torch}")


def _needed() -> list[str]:
    """Return the packages that subpack needs without extras; none if it is not installed."""
    try:
        lines = requires("subpack") or []
    except PackageNotFoundError:
        return []
    plain = [line for line in lines if "extra ==" not in line]
    return [line.split(";")[0].split("[")[0].strip().rstrip("0123456789.,*").rstrip("<>=!~ ") for line in plain]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
