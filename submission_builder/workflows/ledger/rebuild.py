"""The verb ``rebuild``: write an old zip again, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import atomic_file, require_free, require_parent_folder
from submission_builder.base.checkout import our_commit
from submission_builder.base.digests import sha256_of
from submission_builder.base.errors import BuildError, CheckpointError, LedgerError, RecipeError
from submission_builder.ledger.place import ledger_path
from submission_builder.ledger.store import find_build
from submission_builder.workflows.ledger.which_zip import sha256_of_zip

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from submission_builder.freeze.zip_writer import ZipEntry
    from submission_builder.ledger.entry import StoredBuild

SCHEMA = 1
"""Version of the layout of :meth:`Rebuilt.to_dict`."""

_SHOWN = 12
"""Characters of a digest in messages and in the default name of the zip."""
_PACKAGES = ("subpack", "torch", "braindecode", "numpy")


@dataclass(frozen=True)
class Rebuilt:
    """A zip that was written again."""

    path: Path
    sha256: str
    """The digest of the old zip, and of this one."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result in a form that JSON can hold."""
        return {"schema": SCHEMA, "path": str(self.path), "sha256": self.sha256}


def rebuild(
    submission: str | os.PathLike[str], *, output: str | os.PathLike[str] | None = None, force: bool = False
) -> Rebuilt:
    """Write a zip again that ``build`` wrote earlier, byte for byte.

    The ledger keeps the recipe, the digests of all inputs and the manifest. The files of the zip are made again from
    the recipe. The manifest is the stored one, so that another version of torch or of subpack does not matter unless it
    changes a file.

    Parameters
    ----------
    submission
        At least four characters of the SHA-256 or MD5 of the zip, or its path.
    output
        The zip to write; by default the first twelve characters of its SHA-256, and ``.zip``.
    force
        Replace an existing file.

    Raises
    ------
    LedgerError
        If the ledger has no build of the zip.
    BuildError
        If an input changed or is missing; the message names each.
    OutputError
        If the file exists and `force` is not given, or it cannot be written.

    Examples
    --------
    >>> import submission_builder as sb
    >>> built = sb.build(c1="constant:1.6", c2="cnn", output=output_folder / "first.zip")
    >>> again = sb.rebuild(built.sha256[:8], output=output_folder / "again.zip")
    >>> again.path.read_bytes() == built.path.read_bytes()
    True
    """
    ledger = ledger_path()
    sha256 = sha256_of_zip(submission, ledger)
    stored = find_build(ledger, sha256)
    if stored is None:
        raise LedgerError(
            f"{sha256[:_SHOWN]}… was not built with this ledger, {ledger}; a zip that it built is expected"
        )
    path = Path(output) if output is not None else Path(f"{sha256[:_SHOWN]}.zip")
    require_parent_folder(path)
    require_free(path, force=force)
    try:
        _write(stored, path)
    except (RecipeError, CheckpointError) as error:
        changes = [*_changed_inputs(stored)]
        if not changes:
            raise
        raise _changed(stored, changes) from error
    return Rebuilt(path, sha256)


def _write(stored: StoredBuild, path: Path) -> None:
    from submission_builder.freeze.builder import freeze, manifest_entry  # noqa: PLC0415 - they import torch
    from submission_builder.freeze.recipe import resolve  # noqa: PLC0415
    from submission_builder.freeze.stored_recipe import from_json  # noqa: PLC0415
    from submission_builder.freeze.zip_writer import write_archive  # noqa: PLC0415
    from submission_builder.protocol.manifest import MANIFEST  # noqa: PLC0415

    recipe = from_json(stored.recipe)
    with freeze(resolve(recipe.models), half=recipe.half) as frozen:
        entries = frozen.entries | {MANIFEST: manifest_entry(stored.manifest)}
        changes = [*_changed_entries(stored, {name: one for name, one in entries.items() if name != MANIFEST})]
        if changes:
            raise _changed(stored, [*_changed_inputs(stored), *changes])
        with atomic_file(path) as part:
            write_archive(part, entries)
            if sha256_of(part) != stored.sha256:
                raise _changed(stored, ["the layout of the zip, although its files are the same"])


def _changed(stored: StoredBuild, changes: list[str]) -> BuildError:
    return BuildError(
        f"the zip {stored.sha256[:_SHOWN]}… cannot be written again byte for byte; these inputs changed:\n"
        + "\n".join(f"  {change}" for change in [*changes, *_changed_versions(stored)])
    )


def _changed_inputs(stored: StoredBuild) -> Iterator[str]:
    """Name each file of the user that is missing or has another content."""
    for name, before in stored.inputs.items():
        try:
            now = sha256_of(Path(name))
        except OSError as error:
            yield f"{name} cannot be read: {error.strerror}; its SHA-256 was {before[:_SHOWN]}…"
            continue
        if now != before:
            yield f"{name}: its SHA-256 was {before[:_SHOWN]}… and is {now[:_SHOWN]}…"


def _changed_entries(stored: StoredBuild, entries: dict[str, ZipEntry]) -> Iterator[str]:
    """Name each file in the zip whose content differs."""
    before = {name: one["sha256"] for name, one in stored.manifest["files"].items()}
    now = {name: one.sha256 for name, one in entries.items()}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield f"{name} in the zip {_how(before.get(name), now.get(name))}"


def _how(before: str | None, now: str | None) -> str:
    if before is None:
        return "is new"
    if now is None:
        return "is no longer needed"
    return f"would differ: its SHA-256 was {before[:_SHOWN]}… and is {now[:_SHOWN]}…"


def _changed_versions(stored: StoredBuild) -> Iterator[str]:
    """Name each package whose version differs, and our commit."""
    then = stored.manifest["built_with"]
    for package in _PACKAGES:
        if then[package] != version(package):
            yield f"{package} was {then[package]} and is {version(package)}"
    commit, dirty = our_commit() or (None, None)
    if (then["commit"], then["dirty"]) != (commit, dirty):
        yield f"the commit of subpack was {_commit(then['commit'], then['dirty'])} and is {_commit(commit, dirty)}"


def _commit(commit: str | None, dirty: bool | None) -> str:
    return f"{commit}{' with changes' if dirty else ''}" if commit else "not known"
