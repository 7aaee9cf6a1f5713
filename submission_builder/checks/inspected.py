"""A zip opened for inspection: its entries, its parsed sources, its weights, and what running it showed."""

from __future__ import annotations

import ast
import stat
import warnings
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from submission_builder.checks.weights_file import read_weights
from submission_builder.protocol.golden import GOLDEN_NAME
from submission_builder.protocol.manifest import MANIFEST, read_manifest, stateful_challenges
from submission_builder.server.facts import ENTRY, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from submission_builder.checks.trace import Behaviour, Trace
    from submission_builder.checks.weights_file import WeightsFile

Place = tuple[str, str]
"""Where something was found (``entry`` or ``entry:line``), and what."""

_LONGEST_SOURCE = 5_000_000
_MOST_BYTES = 20 << 30
_MOST_RATIO = 1000
_MOST_RATIO_OF_ALL = 100
_HARMLESS_BYTES = 256 << 20


class CannotCheck(Exception):  # noqa: N818 - no error: a check that is skipped, with its reason
    """What a check looks at is not there."""


@dataclass(eq=False)
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
    trace
        What it did when it was run; None where it was not.
    not_run
        Why it was not run.
    """

    path: Path
    entries: list[zipfile.ZipInfo] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    trace: Trace | None = None
    not_run: str = "nothing was run"

    @property
    def names(self) -> list[str]:
        """Names of all files, without folders."""
        return [entry.filename for entry in self.entries if not entry.is_dir()]

    @cached_property
    def oversized(self) -> list[Place]:
        """What would unpack to more than a worker's disk takes."""
        total = sum(entry.file_size for entry in self.entries)
        most = min(_MOST_BYTES, max(_HARMLESS_BYTES, _MOST_RATIO_OF_ALL * self.path.stat().st_size))
        whole = [(self.path.name, f"unpacks to {total / (1 << 30):.2f} GiB")] if total > most else []
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
                entry.filename: _parsed(_content(archive, entry))
                for entry in self.entries
                if entry.filename.endswith(".py") and entry.file_size < _LONGEST_SOURCE
            }

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

    @cached_property
    def weights(self) -> list[WeightsFile]:
        """Every file of weights, by its content or its name."""
        with zipfile.ZipFile(self.path) as archive:
            files = [read_weights(archive, entry) for entry in self.entries if not (entry.is_dir() or is_link(entry))]
        return [file for file in files if file]

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """manifest.json at the root, as our builds have it; empty where there is none that can be read."""
        with zipfile.ZipFile(self.path) as archive:
            return read_manifest(archive)

    def stateful(self, challenge: int) -> bool:
        """Whether the manifest says that a challenge's model keeps state from window to window."""
        return challenge in stateful_challenges(self.manifest)

    @property
    def golden(self) -> dict[int, tuple[float, ...]]:
        """Predictions of each challenge to the golden question, as the manifest holds them.

        Raises
        ------
        CannotCheck
            If it holds none that can be read.
        """
        packed: Any = self.manifest.get("golden")
        try:
            if packed["question"] != GOLDEN_NAME:
                raise CannotCheck(f"the golden question of {MANIFEST} is another than {GOLDEN_NAME}")
            return {
                int(number): tuple(map(float, predictions)) for number, predictions in packed["predictions"].items()
            }
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CannotCheck(f"{MANIFEST} holds no golden predictions") from None

    @property
    def run(self) -> Trace:
        """What it did when it was run.

        Raises
        ------
        CannotCheck
            If it was not run.
        """
        if self.trace is None:
            raise CannotCheck(self.not_run)
        return self.trace

    @property
    def behaviour(self) -> dict[int, Behaviour]:
        """How each challenge predicted, of a run that came to its end.

        Raises
        ------
        CannotCheck
            If it was not run, or not to its end.
        """
        if self.run.outcome != "scored":
            raise CannotCheck(f"the run ended early: {self.run.outcome}")
        return self.run.behaviour

    def ended_in(self, outcome: str) -> bool:
        """Whether a run ended in this outcome, and not well.

        Raises
        ------
        CannotCheck
            If it was not run, or ended early in another.
        """
        if self.run.outcome not in ("scored", outcome):
            raise CannotCheck(f"the run ended early: {self.run.outcome}")
        return self.run.outcome == outcome

    @cached_property
    def nodes(self) -> dict[str, list[ast.AST]]:
        """Every node of every file that parses."""
        return {name: list(ast.walk(tree)) for name, tree in self.sources.items() if isinstance(tree, ast.Module)}

    def walk(self) -> Iterator[tuple[str, ast.AST]]:
        """Every node with the file that it stands in."""
        for name, nodes in self.nodes.items():
            for node in nodes:
                yield name, node


def inspect(path: Path) -> Inspected:
    """Open a zip for inspection; one that cannot be read is inspected as far as it goes."""
    try:
        with zipfile.ZipFile(path) as archive:
            inspected = Inspected(path, archive.infolist())
            if not inspected.oversized:
                inspected.unreadable = _damage(archive, inspected.entries)
            return inspected
    except Exception as error:  # noqa: BLE001 - a damaged or hostile zip can raise anything
        return Inspected(path, unreadable={path.name: str(error) or type(error).__name__})


def _damage(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, str]:
    found = {}
    for entry in entries:
        try:
            with archive.open(entry) as file:
                while file.read(1 << 20):
                    pass
        except Exception as error:  # noqa: BLE001 - as above: zlib, lzma and others raise their own
            found[entry.filename] = str(error) or type(error).__name__
    return found


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read an entry in the size that it says to have; without one, zipfile would take its packed size at its word."""
    with archive.open(entry) as file:
        return file.read(entry.file_size)


def _parsed(content: bytes) -> ast.Module | SyntaxError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on unknown escapes, which Python 3.10 takes
            return ast.parse(content, feature_version=PYTHON)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte; nested without end
        return SyntaxError(str(error) or "nested too deeply")


def is_link(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a symbolic link."""
    return stat.S_ISLNK(entry.external_attr >> 16)


def at(name: str, node: ast.AST) -> str:
    """Name the place of a node."""
    return f"{name}:{getattr(node, 'lineno', 1)}"
