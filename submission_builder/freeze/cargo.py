"""The cargo: a net's file and every sibling that it imports, found by reading the sources."""

from __future__ import annotations

import sys
from pathlib import Path

import model_zoo.nets
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.imports import Import, imports_of
from submission_builder.server.facts import server_modules

ALLOWED = frozenset({"torch", "braindecode", "einops"})
"""What a net may import beside the standard library and its siblings: all of it is on the server."""


def closure(module: str, folder: Path | None = None) -> list[Path]:
    """Find the files that a net needs.

    Parameters
    ----------
    module
        Name of the net's file, without suffix.
    folder
        Where the nets lie; ``model_zoo/nets`` by default.

    Returns
    -------
    list[Path]
        The file and its siblings, sorted by name.

    Raises
    ------
    RecipeError
        If a file imports what the server lacks, or a sibling that is not there.
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
    """Siblings that a file imports by a leading dot; every other import is held against the rule."""
    if not path.is_file():
        raise RecipeError(f"the cargo needs {path.name}, which is not in {path.parent}")
    siblings: list[str] = []
    for found in imports_of(path):
        if found.level:
            siblings += [found.module] if found.module else found.names
        else:
            _require_allowed(found, path)
    return siblings


def _require_allowed(found: Import, path: Path) -> None:
    standard = found.top in sys.stdlib_module_names and found.top in server_modules()
    if found.top not in ALLOWED and not standard:
        raise RecipeError(
            f"{path.name} line {found.line} imports {found.module}; the cargo may import {', '.join(sorted(ALLOWED))}, "
            "the standard library and its siblings"
        )
