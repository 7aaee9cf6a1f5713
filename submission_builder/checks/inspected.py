"""A zip opened for inspection: its entries and its parsed sources."""

from __future__ import annotations

import ast
import zipfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from submission_builder.protocol.server import ENTRY, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Place = tuple[str, str]
"""Where something was found (``entry`` or ``entry:line``), and what."""

_LONGEST_SOURCE = 5_000_000
_MOST_BYTES = 20 << 30
_MOST_RATIO = 1000


class CannotCheck(Exception):  # noqa: N818 - no error: a check that is skipped, with its reason
    """What a check looks at is not there."""


@dataclass(frozen=True)
class Inspected:
    """What checks look at.

    Attributes
    ----------
    path
        The zip.
    entries
        Its entries, in order.
    unreadable
        Why it cannot be read, by entry (or the zip's own name); empty for a good zip.
    """

    path: Path
    entries: list[zipfile.ZipInfo] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of all files, without folders."""
        return [entry.filename for entry in self.entries if not entry.is_dir()]

    @property
    def oversized(self) -> list[Place]:
        """What would unpack to more than a worker's disk takes."""
        total = sum(entry.file_size for entry in self.entries)
        whole = [(self.path.name, f"unpacks to {total / (1 << 30):.1f} GiB")] if total > _MOST_BYTES else []
        return whole + [
            (entry.filename, f"{entry.compress_size:,} bytes unpack to {entry.file_size:,}")
            for entry in self.entries
            if entry.file_size > _MOST_RATIO * max(entry.compress_size, 1)
        ]

    @cached_property
    def sources(self) -> dict[str, ast.Module | SyntaxError]:
        """Every Python file, parsed for the server's Python; or why it does not parse."""
        with zipfile.ZipFile(self.path) as archive:
            return {
                entry.filename: _parsed(archive.read(entry))
                for entry in self.entries
                if entry.filename.endswith(".py") and entry.file_size < _LONGEST_SOURCE
            }

    @property
    def trees(self) -> dict[str, ast.Module]:
        """The Python files that parse."""
        return {name: tree for name, tree in self.sources.items() if isinstance(tree, ast.Module)}

    @property
    def entry(self) -> ast.Module:
        """submission.py at the root, parsed.

        Raises
        ------
        CannotCheck
            If it is not there or does not parse.
        """
        tree = self.sources.get(ENTRY)
        if tree is None:
            raise CannotCheck(f"there is no {ENTRY} at the root")
        if isinstance(tree, SyntaxError):
            raise CannotCheck(f"{ENTRY} does not parse")
        return tree

    def walk(self) -> Iterator[tuple[str, ast.AST]]:
        """Every node of every file that parses."""
        for name, tree in self.trees.items():
            for node in ast.walk(tree):
                yield name, node


def inspect(path: Path) -> Inspected:
    """Open a zip for inspection; one that cannot be read is inspected as far as it goes."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            inspected = Inspected(path, entries)
            return inspected if inspected.oversized else replace(inspected, unreadable=_damage(archive, entries))
    except (zipfile.BadZipFile, OSError) as error:
        return Inspected(path, unreadable={path.name: str(error)})


def _damage(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, str]:
    found = {}
    for entry in entries:
        try:
            with archive.open(entry) as file:
                while file.read(1 << 20):
                    pass
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
            found[entry.filename] = str(error)
    return found


def _parsed(content: bytes) -> ast.Module | SyntaxError:
    try:
        return ast.parse(content, feature_version=PYTHON)
    except SyntaxError as error:
        return error
    except ValueError as error:  # a null byte
        return SyntaxError(str(error))


def at(name: str, node: ast.AST) -> str:
    """Name the place of a node."""
    return f"{name}:{getattr(node, 'lineno', 1)}"
