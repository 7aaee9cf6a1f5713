"""S206 to S208: the weight files of a zip, compared with each other, with the code and with the manifest."""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.base.zip_file import open_zip
from submission_builder.checks.check import check
from submission_builder.checks.conditions import dotted_name
from submission_builder.checks.inspected import CannotCheck, at
from submission_builder.checks.weights_file import SUFFIXES

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_NOT_IN_NAMES = set("*?[]{}% \n")
"""Characters of patterns, formats and messages."""

_OF_STRINGS = {
    *("format", "replace", "endswith", "startswith", "removesuffix", "removeprefix", "split", "rsplit", "partition"),
    *("rpartition", "strip", "rstrip", "lstrip", "find", "index", "count", "with_suffix", "glob", "rglob", "iglob"),
    *("fnmatch", "filter", "match", "search", "sub", "fullmatch"),
}
"""Functions to which a part of a name is passed."""


@check("S206", "warning")
def distinct(zip_: Inspected) -> Iterator[Place]:
    """No two weight files have the same contents.

    Fault
        Two weight files have the same contents
    Why
        One of the two files is most likely not the one that was meant. If it is, the zip contains it twice.
    Causes
        One file was copied over the other; or the weights of one challenge were saved under the name of the other.
    Solution
        Compare the files with those of the training. If both challenges use the same weights, load one file in both.
    """
    same = defaultdict(list)
    entries = {entry.filename: entry for entry in zip_.entries}
    for file in zip_.weights:
        entry = entries[file.name]
        same[entry.CRC, entry.file_size].append(file.name)
    for names in same.values():
        if len(names) > 1:
            yield names[0], f"The file has the same contents as {', '.join(names[1:])}"


@check("S207", "error")
def present(zip_: Inspected) -> Iterator[Place]:
    """At least one weight file that the code names is in the zip.

    Fault
        The zip contains no weight file that the code names
    Why
        Loading a missing file raises, and then neither challenge gets a score. The check reports only zips that contain
        none of the named files, and leaves out code that joins the parts of a name or handles a missing file.
    Causes
        The file was not packed, or was renamed, or the code looks for it in a folder of another machine.
    Solution
        Pack the file beside submission.py, and find it by `Path(__file__).resolve().parent`.
    """
    there = {PurePosixPath(name).name for name in zip_.names}
    named = {PurePosixPath(text).name: at(name, node) for name, node, text in _file_names(zip_)}
    if not named or there & set(named):
        return
    if any(map(_handles_missing, _nodes(zip_).values())):
        raise CannotCheck("the code handles missing files")
    for file, where in named.items():
        near = get_close_matches(file, sorted(there), n=1)
        yield where, f"The code names {file}, which is not in the zip" + (f"; it has {near[0]}" if near else "")


@check("S208", "error")
def as_listed(zip_: Inspected) -> Iterator[Place]:
    """All files are those that manifest.json lists.

    Fault
        A file is not the one that manifest.json lists
    Why
        A zip of `subpack build` compares the sha256 of its weights when it loads them, and raises if they differ.
    Causes
        A file was replaced after the zip was built.
    Solution
        Build the zip again.
    """
    listed = zip_.manifest.get("files")
    if not isinstance(listed, dict):
        raise CannotCheck("the zip has no manifest.json that lists files")
    there = set(zip_.names)
    with open_zip(zip_.path) as archive:
        for name, fact in listed.items():
            expected = fact.get("sha256") if isinstance(fact, dict) else None
            if name not in there:
                yield name, "manifest.json lists the file, and the zip does not contain it"
            elif expected and _sha256(archive, name) != expected:
                yield name, "The sha256 of the file differs from that in manifest.json"


def _nodes(zip_: Inspected) -> dict[str, list[ast.AST]]:
    return {name: [node for node, _ in nodes] for name, nodes in zip_.code.executed.items()}


def _file_names(zip_: Inspected) -> Iterator[tuple[str, ast.Constant, str]]:
    """Yield every string of the sources that is the whole name of a weight file: the file, the node, the text.

    Parts that the code joins to a name, and the patterns of names, are left out.
    """
    for name, nodes in _nodes(zip_).items():
        parts = {id(part) for node in nodes for part in _parts(node)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                text = node.value
                if PurePosixPath(text).suffix in SUFFIXES and not set(text) & _NOT_IN_NAMES:
                    yield name, node, text


def _parts(node: ast.AST) -> list[ast.expr]:
    """Return the strings that an expression joins, formats or compares."""
    if isinstance(node, ast.JoinedStr):
        return node.values
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return [one for one in (node.left, node.right) if not _begins_with_slash(one)]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _OF_STRINGS:
        return [node.func.value, *node.args]
    return []


def _begins_with_slash(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/")


def _handles_missing(nodes: list[ast.AST]) -> bool:
    """Whether code tests for a file, or catches the error of loading one."""
    called = {dotted_name(node.func).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}
    caught = [node for node in nodes if isinstance(node, ast.Try) and node.handlers]
    return bool(called & {"exists", "is_file", "isfile"}) or any(
        isinstance(inner, ast.Constant) and PurePosixPath(str(inner.value)).suffix in SUFFIXES
        for node in caught
        for statement in node.body
        for inner in ast.walk(statement)
    )


def _sha256(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # it reads into a buffer too
