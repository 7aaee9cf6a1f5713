"""S2xx: the weights, read as they lie in the zip; the last four also from what a run showed."""

from __future__ import annotations

import ast
import hashlib
import zipfile
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.checks.inspected import CannotCheck, at
from submission_builder.checks.trace import difference
from submission_builder.checks.weights_file import SUFFIXES
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_OPTIMISER = ("optimizer", "optimiser", "optim", "scheduler", "scaler")
_MANY = 3
_CHUNK = 1 << 20


def harmless(zip_: Inspected) -> Iterator[Place]:
    """S201."""
    for file in zip_.weights:
        if file.dangerous:
            yield file.name, f"its pickle names {', '.join(file.dangerous)}, which runs code when it is loaded"


def tensors_only(zip_: Inspected) -> Iterator[Place]:
    """S202."""
    for file in zip_.weights:
        if file.foreign:
            some = ", ".join(file.foreign[:_MANY]) + (" …" if len(file.foreign) > _MANY else "")
            yield file.name, f"holds more than tensors ({some}); torch.load(weights_only=True) refuses it"


def whole(zip_: Inspected) -> Iterator[Place]:
    """S203."""
    for file in zip_.weights:
        if file.damage:
            yield file.name, file.damage


def finite(zip_: Inspected) -> Iterator[Place]:
    """S204."""
    for file in zip_.weights:
        for tensor, worst in file.bad.items():
            yield file.name, f"{tensor} holds {worst}"


def no_optimiser(zip_: Inspected) -> Iterator[Place]:
    """S205."""
    for file in zip_.weights:
        by_top: dict[str, int] = defaultdict(int)
        for name, tensor in file.tensors.items():
            by_top[name.partition(".")[0]] += tensor.numel
        kept = {top: n for top, n in by_top.items() if top.lower().startswith(_OPTIMISER)}
        if kept:
            share = sum(kept.values()) / sum(by_top.values())
            yield file.name, f"{', '.join(kept)}: {share:.0%} of its numbers are of use in training alone"


def distinct(zip_: Inspected) -> Iterator[Place]:
    """S206."""
    same = defaultdict(list)
    entries = {entry.filename: entry for entry in zip_.entries}
    for file in zip_.weights:
        entry = entries[file.name]
        same[entry.CRC, entry.file_size].append(file.name)
    for names in same.values():
        if len(names) > 1:
            yield names[0], f"the same bytes as {', '.join(names[1:])}"


def present(zip_: Inspected) -> Iterator[Place]:
    """S207."""
    there = {PurePosixPath(name).name for name in zip_.names}
    asked = {
        PurePosixPath(text).name: at(name, node)
        for name, node, text in _text(zip_)
        if PurePosixPath(text).suffix in SUFFIXES
    }
    if asked and not there & set(asked):
        for file, where in asked.items():
            yield where, f"names {file}, which is not in the zip"


def as_listed(zip_: Inspected) -> Iterator[Place]:
    """S208."""
    listed = zip_.manifest.get("files")
    if not isinstance(listed, dict):
        raise CannotCheck("there is no manifest.json that lists files")
    for name, fact in listed.items():
        expected = fact.get("sha256") if isinstance(fact, dict) else None
        if name not in zip_.names:
            yield name, "manifest.json lists it, and it is not in the zip"
        elif expected and _sha256(zip_, name) != expected:
            yield name, "is not the file that manifest.json lists: its sha256 differs"


def fitting(zip_: Inspected) -> Iterator[Place]:
    """S209."""
    if zip_.ended_in("weights_mismatch"):
        yield ENTRY, zip_.run.message


def nothing_left_random(zip_: Inspected) -> Iterator[Place]:
    """S210."""
    for challenge, seen in zip_.behaviour.items():
        apart = difference(seen.predictions, seen.reseeded)
        if not seen.drew and not difference(seen.predictions, seen.rebuilt) and apart:
            yield (
                f"challenge {challenge}",
                (
                    f"two builds under different seeds prediction differently, by up to {apart:.3g}: "
                    "a tensor is left as it was initialised"
                ),
            )


def opened(zip_: Inspected) -> Iterator[Place]:
    """S211."""
    seen = frozenset[str]().union(*(one.opened for one in zip_.behaviour.values()))
    for file in zip_.weights:
        if file.name not in seen and file.kind != "torchscript":  # which torch opens unseen
            yield file.name, "nothing opened it"


def own_weights(zip_: Inspected) -> Iterator[Place]:
    """S212."""
    files = {file.name for file in zip_.weights}
    first, second = (zip_.behaviour[challenge].opened & files for challenge in (1, 2))
    if first and first == second:
        yield "challenge 2", f"reads the weights of challenge 1: {', '.join(sorted(first))}"


def _text(zip_: Inspected) -> Iterator[tuple[str, ast.Constant, str]]:
    """Every string of the sources but parts of f-strings."""
    for name, nodes in zip_.nodes.items():
        parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                yield name, node, node.value


def _sha256(zip_: Inspected, name: str) -> str:
    digest = hashlib.sha256()
    with zipfile.ZipFile(zip_.path) as archive, archive.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
