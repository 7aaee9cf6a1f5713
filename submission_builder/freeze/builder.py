"""Freeze a recipe into a submission zip."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.errors import OutputError, RecipeError
from submission_builder.freeze.archive import write_archive
from submission_builder.freeze.cargo import closure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from submission_builder.freeze.recipe import Blend, Member

_SCHEMA = 1
_ENTRY = "submission.py"
_MANIFEST = "manifest.json"
_ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Built:
    """A zip that was written.

    Attributes
    ----------
    path
        The zip.
    sizes
        Bytes of each entry before compression, by name.
    sha256
        Digest of the zip.
    """

    path: Path
    sizes: dict[str, int]
    sha256: str


def templates_folder() -> Path:
    """Find the templates: inside the installed package, or at the top of the source tree."""
    package = Path(__file__).parents[1]
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


def build(recipe: Mapping[int, Blend], path: Path, *, force: bool = False) -> Built:
    """Write the submission zip of a recipe.

    The zip holds the template ``submission.py``, the nets' own sources byte for byte, the weights and a
    manifest. The same recipe gives the same bytes.

    Parameters
    ----------
    recipe
        What answers each challenge, by its number; both challenges are needed.
    path
        Where to write.
    force
        Replace a file that is there.

    Raises
    ------
    RecipeError
        If a challenge is missing or a net imports what the server lacks.
    OutputError
        If the file is there and `force` is not given, or cannot be written.
    """
    missing = {1, 2} - set(recipe)
    if missing:
        raise RecipeError(f"the recipe has no net for challenge {min(missing)}; the server asks for both")
    if path.exists() and not force:
        raise OutputError(f"{path} is there already", hint="--force replaces it")
    entries = _entries(recipe)
    entries[_MANIFEST] = _manifest(recipe, entries)
    write_archive(path, entries)
    sizes = {name: len(content) for name, content in sorted(entries.items())}
    return Built(path, sizes, hashlib.sha256(path.read_bytes()).hexdigest())


def _entries(recipe: Mapping[int, Blend]) -> dict[str, bytes]:
    files = [templates_folder() / _ENTRY]
    for blend in recipe.values():
        files += closure(_ENSEMBLE) if len(blend.members) > 1 else []
        for member in blend.members:
            files += closure(member.architecture.module)
            files += [member.checkpoint.weights] if member.checkpoint else []
    entries: dict[str, bytes] = {}
    for file in files:
        content = file.read_bytes()
        if entries.setdefault(file.name, content) != content:
            raise RecipeError(f"two different files named {file.name} would go into one flat zip")
    return entries


def _manifest(recipe: Mapping[int, Blend], entries: Mapping[str, bytes]) -> bytes:
    manifest = {
        "schema": _SCHEMA,
        "challenges": {
            str(number): {"members": [_describe(member) for member in blend.members], "weights": blend.weights}
            for number, blend in recipe.items()
        },
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in sorted(entries.items())
        },
        "built_with": {"subpack": version("subpack"), "torch": version("torch")},
    }
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def _describe(member: Member) -> dict[str, Any]:
    """Say what ``submission.py`` needs to build the net, and what the card says of its weights."""
    row, checkpoint = member.architecture, member.checkpoint
    return {
        "architecture": row.name,
        "module": row.module,
        "class": row.class_name,
        "kwargs": member.kwargs,
        "weights": checkpoint.weights.name if checkpoint else None,
        "trained": {
            "tag": checkpoint.card.tag,
            "summary": checkpoint.card.summary,
            "data": checkpoint.card.data,
            "subjects_digest": checkpoint.card.subjects_digest,
            "commit": checkpoint.card.commit,
        }
        if checkpoint
        else None,
    }
