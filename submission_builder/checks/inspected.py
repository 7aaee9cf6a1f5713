"""A zip opened for inspection: its entries, its parsed sources, its weights and the record of its run."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from submission_builder.base.zip_file import ZipFault, open_zip, require_whole
from submission_builder.checks.apple_double import APPLE_DOUBLE, is_apple_double
from submission_builder.checks.modules_of_zip import ModulesOfZip
from submission_builder.checks.source_code import LONGEST_SOURCE, CannotCheck, SourceCode
from submission_builder.checks.weights_file import read_weights
from submission_builder.protocol.golden import GOLDEN_NAME
from submission_builder.protocol.manifest import MANIFEST, read_manifest, stateful_challenges
from submission_builder.server.bombs import oversized

if TYPE_CHECKING:
    import ast
    import zipfile
    from pathlib import Path

    from submission_builder.checks.trace import Behaviour, Trace
    from submission_builder.checks.weights_file import WeightsFile

__all__ = ["CannotCheck", "Inspected", "Place", "at", "inspect", "is_link"]

Place = tuple[str, str]
"""Where a fault is (``entry`` or ``entry:line``), and a message."""


@dataclass(eq=False)
class Inspected:
    """What the checks of one zip read."""

    path: Path
    entries: list[zipfile.ZipInfo] = field(default_factory=list)
    """In the order of the zip."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Why an entry, or the zip under its own name, cannot be read; empty for a good zip."""
    trace: Trace | None = None
    """The run on synthetic windows; None if the zip was not run."""
    not_run: str = "the zip was not run"
    """Why there is no trace."""
    selected: frozenset[str] = frozenset()
    """Numbers of all checks that are made on the zip."""

    @cached_property
    def names(self) -> list[str]:
        """Names of all files, without folders."""
        return [entry.filename for entry in self.entries if not is_folder(entry)]

    @cached_property
    def oversized(self) -> list[Place]:
        """Entries, or the zip as a whole, that unpack to too many bytes."""
        return oversized(self.path, self.entries)

    @cached_property
    def code(self) -> SourceCode:
        """The Python sources."""
        last = {entry.filename: entry for entry in self.entries}  # of several with one name, the last is unpacked
        modules = ModulesOfZip(
            entry.filename
            for entry in last.values()
            if entry.filename.endswith(".py") and entry.file_size < LONGEST_SOURCE and not is_link(entry)
        )
        return SourceCode(self.path, modules, self.names, self.manifest)

    @cached_property
    def weights(self) -> list[WeightsFile]:
        """Every weight file, recognised by its content or its name."""
        with open_zip(self.path) as archive:
            files = [
                read_weights(archive, entry)
                for entry in self.entries
                if not (is_folder(entry) or is_link(entry) or _is_apple_double(archive, entry))
            ]
        return [file for file in files if file]

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest.json of `subpack build`; empty if there is none that can be read."""
        with open_zip(self.path) as archive:
            return read_manifest(archive)

    def stateful(self, challenge: int) -> bool:
        """Whether the manifest declares the model of a challenge stateful."""
        return challenge in stateful_challenges(self.manifest)

    @property
    def golden(self) -> dict[int, tuple[float, ...]]:
        """Golden predictions of each challenge in the manifest.

        Zips of earlier versions of subpack name the windows ``question`` and the predictions ``answers``.

        Raises
        ------
        CannotCheck
            If the manifest has none that can be read, or they belong to other windows.
        """
        packed: Any = self.manifest.get("golden")
        try:
            name = packed["name"] if "name" in packed else packed["question"]
            predictions = packed["predictions"] if "predictions" in packed else packed["answers"]
            read = {int(challenge): tuple(map(float, values)) for challenge, values in predictions.items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CannotCheck(f"{MANIFEST} has no golden predictions") from None
        if name != GOLDEN_NAME:
            raise CannotCheck(f"the golden predictions of {MANIFEST} belong to other windows than {GOLDEN_NAME}")
        return read

    @property
    def run(self) -> Trace:
        """The run on synthetic windows.

        Raises
        ------
        CannotCheck
            If the zip was not run.
        """
        if self.trace is None:
            raise CannotCheck(self.not_run)
        return self.trace

    @property
    def behaviour(self) -> dict[int, Behaviour]:
        """Predictions of each challenge in a complete run.

        Raises
        ------
        CannotCheck
            If the zip was not run, or the run ended early.
        """
        self.ended_in("scored")
        return self.run.behaviour

    def may_open(self, file: WeightsFile) -> bool:
        """Whether the run opened a weight file, or may have done so outside of Python's view.

        Raises
        ------
        CannotCheck
            If the zip was not run.
        """
        return file.name in self.run.opened or not file.opening_is_seen

    def ended_in(self, outcome: str) -> bool:
        """Whether the run ended early with this outcome.

        Raises
        ------
        CannotCheck
            If the zip was not run, or the run ended early with another outcome.
        """
        if self.run.outcome not in ("scored", outcome):
            raise CannotCheck(f"the run ended early: {self.run.outcome}")
        return self.run.outcome == outcome


def inspect(path: Path) -> Inspected:
    """Open a zip for inspection, also one that can be read only in part or not at all."""
    try:
        with open_zip(path) as archive:
            inspected = Inspected(path, archive.infolist())
            if not inspected.oversized:
                inspected.unreadable = _damage(archive, inspected.entries)
            return inspected
    except ZipFault as fault:
        return Inspected(path, unreadable={path.name: str(fault)})


def _damage(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, str]:
    found = {}
    for entry in entries:
        try:
            require_whole(archive, entry)
        except ZipFault as fault:
            found[entry.filename] = str(fault)
    return found


def _is_apple_double(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is an AppleDouble file by its name and its first bytes; weights could have the name alone."""
    if not is_apple_double(entry.filename):
        return False
    with archive.open(entry) as file:
        return file.read(len(APPLE_DOUBLE)) == APPLE_DOUBLE


def is_folder(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder; ``ZipInfo.is_dir`` fails on an empty name."""
    return entry.filename.endswith("/")


def is_link(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a symbolic link."""
    return stat.S_ISLNK(entry.external_attr >> 16)


def at(name: str, node: ast.AST) -> str:
    """Return the place of a node: ``file:line``."""
    return f"{name}:{getattr(node, 'lineno', 1)}"
