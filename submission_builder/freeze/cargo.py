"""The cargo of a zoo net: its file and every sibling module that it imports, found by parsing the sources."""

from __future__ import annotations

import sys
from pathlib import Path

import model_zoo.nets
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.imports import Import, imports_of
from submission_builder.server.facts import server_modules

ALLOWED = frozenset({"torch", "braindecode", "einops"})
"""Packages that a net may import besides the standard library and its siblings; the server has all of them."""


def closure(module: str, folder: Path | None = None) -> list[Path]:
    """Find the source files that a net needs.

    Parameters
    ----------
    module
        Name of the net's file, without suffix.
    folder
        Folder of the nets; ``model_zoo/nets`` by default.

    Returns
    -------
    list[Path]
        The file and its siblings, sorted by name.

    Raises
    ------
    RecipeError
        If a file imports a package that the server lacks, or a sibling that does not exist.
    """
    folder = folder or Path(model_zoo.nets.__path__[0])
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = folder / f"{name}.py"
            waiting += _siblings(found[name])
    return [found[name] for name in sorted(found)]


def _siblings(path: Path) -> list[str]:
    """List the modules that a file imports relatively; every other import has to be allowed."""
    if not path.is_file():
        raise RecipeError(f"the net needs {path.name}, which does not exist in {path.parent}")
    siblings: list[str] = []
    for one in imports_of(path):
        if one.level:
            siblings += [one.module] if one.module else one.names
        else:
            _require_allowed(one, path)
    return siblings


def _require_allowed(one: Import, path: Path) -> None:
    standard = one.top in sys.stdlib_module_names and one.top in server_modules()
    if one.top not in ALLOWED and not standard:
        raise RecipeError(
            f"{path.name} line {one.line} imports {one.module}; a net of the zoo may import "
            f"{', '.join(sorted(ALLOWED))}, the standard library and its siblings"
        )
