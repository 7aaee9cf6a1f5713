"""Freeze a recipe into a submission zip."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import OutputError, RecipeError
from submission_builder.freeze.cargo import closure
from submission_builder.freeze.golden_predictions import golden_predictions
from submission_builder.freeze.manifest import manifest
from submission_builder.freeze.stored import store
from submission_builder.freeze.zip_writer import ZipEntry, entry, write_archive
from submission_builder.protocol.manifest import MANIFEST
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from submission_builder.freeze.member import Blend

    Golden = dict[int, list[float]]

_ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Frozen:
    """What goes into a zip.

    Attributes
    ----------
    entries
        By name.
    golden
        Predictions of the nets here to the golden question, by challenge, from the weights as they are stored.
    half_effect
        Largest change that half precision makes to these predictions, by challenge; empty without.
    notes
        What the owner of the nets should know.
    """

    entries: dict[str, ZipEntry]
    golden: Golden
    half_effect: dict[int, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each entry, by name."""
        return {name: one.size for name, one in sorted(self.entries.items())}


@dataclass(frozen=True)
class Built:
    """A zip that was written.

    Attributes
    ----------
    path
        The zip.
    sizes
        Bytes of each entry, by name.
    sha256
        Digest of the zip.
    frozen
        What went in.
    """

    path: Path
    sizes: dict[str, int]
    sha256: str
    frozen: Frozen


def templates_folder() -> Path:
    """Find the templates: inside the installed package, or at the top of the source tree."""
    package = Path(__file__).parents[1]
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


@contextlib.contextmanager
def freeze(recipe: Mapping[int, Blend], *, half: bool = False) -> Iterator[Frozen]:
    """Gather what goes into a zip: the template, the nets' sources byte for byte, the weights and a manifest.

    Parameters
    ----------
    recipe
        What predictions each challenge, by its number; both challenges are needed.
    half
        Whether weights are stored in half precision.

    Yields
    ------
    Frozen
        Its entries are files that last as long as the block.

    Raises
    ------
    RecipeError
        If a challenge is missing, a net imports what the server lacks, or does not prediction.
    """
    missing = {1, 2} - set(recipe)
    if missing:
        raise RecipeError(f"the recipe has no net for challenge {min(missing)}; the server asks for both")
    members = [member for blend in recipe.values() for member in blend.members]
    with tempfile.TemporaryDirectory(prefix="subpack-") as scratch:
        names, entries = store((m.weights for m in members if m.weights), Path(scratch), half=half)
        for name, path in _sources(recipe):
            found = entry(path)
            if entries.setdefault(name, found).sha256 != found.sha256:
                raise RecipeError(f"two different files would go into the zip as {name}: the second is {path}")
        golden = {number: golden_predictions(blend, number, half=half) for number, blend in recipe.items()}
        entries[MANIFEST] = entry(manifest(recipe, names, entries, golden, half=half))
        notes = tuple(dict.fromkeys(note for member in members for note in member.notes))
        yield Frozen(entries, golden, _half_effect(recipe, golden) if half else {}, notes)


def build(
    recipe: Mapping[int, Blend],
    path: Path,
    *,
    force: bool = False,
    half: bool = False,
    prove: Callable[[Path, Golden], None] | None = None,
) -> Built:
    """Write the submission zip of a recipe; the same recipe gives the same bytes.

    Parameters
    ----------
    recipe
        What predictions each challenge, by its number.
    path
        Where to write.
    force
        Replace a file that is there.
    half
        Whether weights are stored in half precision.
    prove
        Told of the written zip, and of what it should prediction, before it gets its name; what it raises leaves no zip.

    Raises
    ------
    RecipeError
        If the recipe cannot be frozen.
    OutputError
        If the file is there and `force` is not given, or cannot be written.
    """
    if path.exists() and not force:
        raise OutputError(f"{path} is there already", hint="--force replaces it")
    with freeze(recipe, half=half) as frozen, atomic_file(path) as part:
        write_archive(part, frozen.entries)
        if prove:
            prove(part, frozen.golden)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Built(path, frozen.sizes, digest, frozen)


def _sources(recipe: Mapping[int, Blend]) -> Iterator[tuple[str, Path]]:
    """Name every file that is not weights; some come more than once."""
    yield ENTRY, templates_folder() / ENTRY
    for blend in recipe.values():
        modules = [row.module for row, _ in blend.wrappers] + [_ENSEMBLE] * (len(blend.members) > 1)
        for module in modules:
            yield from ((file.name, file) for file in closure(module))
        for member in blend.members:
            yield from member.net.cargo().items()


def _half_effect(recipe: Mapping[int, Blend], golden: Golden) -> dict[int, float]:
    full = {number: golden_predictions(blend, number) for number, blend in recipe.items()}
    return {number: max(abs(a - b) for a, b in zip(full[number], golden[number], strict=True)) for number in full}
