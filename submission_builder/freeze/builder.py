"""Freeze a resolved recipe: collect the files of the zip, and write it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import atomic_file, require_free
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.cargo import closure
from submission_builder.freeze.golden_predictions import golden_predictions
from submission_builder.freeze.manifest import manifest
from submission_builder.freeze.weights_entries import weights_entries
from submission_builder.freeze.zip_writer import ZipEntry, entry, write_archive
from submission_builder.protocol.manifest import MANIFEST
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from submission_builder.freeze.model import Model

Golden = dict[int, list[float]]
_ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Frozen:
    """The content of a zip."""

    entries: dict[str, ZipEntry]
    """Files by name."""
    manifest: dict[str, Any]
    golden: Golden
    """Golden predictions of the nets in this process, by challenge, with the weights as they are stored."""
    half_effect: dict[int, float] = field(default_factory=dict)
    """Largest absolute change of a golden prediction by half precision, by challenge; empty in full precision."""
    notes: tuple[str, ...] = ()
    """Facts that the user should know."""

    @property
    def sizes(self) -> dict[str, int]:
        """Size of each file in bytes, by name."""
        return {name: one.size for name, one in sorted(self.entries.items())}


@dataclass(frozen=True)
class WrittenZip:
    """A zip that was written."""

    path: Path
    frozen: Frozen
    """Its content. Weights that were rewritten for the zip can no longer be opened."""


def templates_folder() -> Path:
    """Find the folder of ``submission.py``: inside the installed package, or at the top of the source tree."""
    package = Path(__file__).parents[1]
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


@contextlib.contextmanager
def freeze(recipe: Mapping[int, Model], *, half: bool = False) -> Iterator[Frozen]:
    """Collect the content of a zip: ``submission.py``, the nets' sources byte for byte, the weights and a manifest.

    Parameters
    ----------
    recipe
        The model of each challenge; both challenges are expected.
    half
        Store weights in half precision.

    Yields
    ------
    Frozen
        Its entries can be opened inside the block.

    Raises
    ------
    RecipeError
        If a challenge is missing, a net imports a package that the server lacks, or a model makes no finite prediction.
    """
    missing = {1, 2} - set(recipe)
    if missing:
        raise RecipeError(f"the recipe has no net for challenge {min(missing)}; the server expects both challenges")
    members = [member for model in recipe.values() for member in model.members]
    with tempfile.TemporaryDirectory(prefix="subpack-") as scratch:
        names, entries = weights_entries((m.weights for m in members if m.weights), Path(scratch), half=half)
        for name, path in _sources(recipe):
            new = entry(path)
            if entries.setdefault(name, new).sha256 != new.sha256:
                raise RecipeError(f"two different files have the name {name} in the zip; the second is {path}")
        golden = {number: golden_predictions(model, number, half=half) for number, model in recipe.items()}
        content = manifest(recipe, names, entries, golden, half=half)
        entries[MANIFEST] = manifest_entry(content)
        notes = tuple(dict.fromkeys(note for member in members for note in member.notes))
        yield Frozen(entries, content, golden, _half_effect(recipe, golden) if half else {}, notes)


def write_submission(
    recipe: Mapping[int, Model],
    path: Path,
    *,
    force: bool = False,
    half: bool = False,
    verify: Callable[[Path, Golden], None] | None = None,
) -> WrittenZip:
    """Write the submission zip of a recipe. The same recipe gives the same bytes.

    Parameters
    ----------
    recipe
        The model of each challenge.
    path
        The zip to write.
    force
        Replace an existing file.
    half
        Store weights in half precision.
    verify
        Called with a temporary path of the zip and its golden predictions before the zip gets its name. If it raises,
        no zip is written.

    Raises
    ------
    RecipeError
        If the recipe cannot be frozen.
    OutputError
        If the file exists and `force` is not given, or it cannot be written.
    """
    require_free(path, force=force)
    with freeze(recipe, half=half) as frozen, atomic_file(path) as part:
        write_archive(part, frozen.entries)
        if verify:
            verify(part, frozen.golden)
    return WrittenZip(path, frozen)


def manifest_entry(content: Mapping[str, Any]) -> ZipEntry:
    """Make the entry ``manifest.json``."""
    return entry((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def _sources(recipe: Mapping[int, Model]) -> Iterator[tuple[str, Path]]:
    """Name every file except the weights; some appear more than once."""
    yield ENTRY, templates_folder() / ENTRY
    for model in recipe.values():
        modules = [wrapper.module for wrapper, _ in model.wrappers] + [_ENSEMBLE] * (len(model.members) > 1)
        for module in modules:
            yield from ((file.name, file) for file in closure(module))
        for member in model.members:
            yield from member.source.cargo().items()


def _half_effect(recipe: Mapping[int, Model], golden: Golden) -> dict[int, float]:
    full = {number: golden_predictions(model, number) for number, model in recipe.items()}
    return {number: max(abs(a - b) for a, b in zip(full[number], golden[number], strict=True)) for number in full}
