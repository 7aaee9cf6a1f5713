"""Installed packages that the server lacks: find one, require pure Python, and collect its licence texts."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from submission_builder.base.errors import RecipeError

COMPILED = frozenset({".so", ".pyd", ".dll", ".dylib"})
"""Suffixes of compiled files, which run on one platform only."""

_NOT_PACKED = frozenset({"__pycache__", "tests"})
_LICENCE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)


@dataclass(frozen=True)
class InstalledPackage:
    """An installed package of pure Python."""

    label: str
    """Name and version of its distribution."""
    root: Path
    """Folder that it is imported from."""
    files: dict[str, Path]
    """All files except its tests, by their path below the root."""
    licences: dict[str, Path]
    """Licence texts, by ``PACKAGE/FILE``."""


def find_package(top: str, where: str) -> InstalledPackage:
    """Find an installed package.

    Parameters
    ----------
    top
        Top-level name of the import.
    where
        Place of the import, for messages.

    Raises
    ------
    RecipeError
        If the package is not installed here, or is not pure Python.
    """
    spec = importlib.util.find_spec(top)
    if spec is None:
        raise RecipeError(f"{where}, which the server lacks and which is neither beside the file nor installed here")
    places = [Path(place) for place in spec.submodule_search_locations or [str(spec.origin)]]
    root = places[0].parent
    files = {
        path.relative_to(root).as_posix(): path
        for place in places
        for path in (sorted(place.rglob("*")) if place.is_dir() else [place])
        if path.is_file() and not _NOT_PACKED & set(path.relative_to(root).parts)
    }
    compiled = next((path for path in files.values() if path.suffix in COMPILED), None)
    if compiled:
        raise RecipeError(f"{where}, which the server lacks and which cannot be packed: {compiled.name} is compiled")
    distribution = _distribution(top)
    label = f"{distribution.name} {distribution.version}" if distribution else top
    return InstalledPackage(label, root, files, _licences(distribution) if distribution else {})


def _distribution(top: str) -> importlib.metadata.Distribution | None:
    names = importlib.metadata.packages_distributions().get(top)
    return importlib.metadata.distribution(names[0]) if names else None


def _licences(distribution: importlib.metadata.Distribution) -> dict[str, Path]:
    folder = f"{distribution.name}-{distribution.version}"
    return {
        f"{folder}/{file.name}": Path(str(distribution.locate_file(file)))
        for file in distribution.files or []
        if _LICENCE.match(file.name) and file.suffix != ".py" and file.parts[0].endswith((".dist-info", ".egg-info"))
    }
