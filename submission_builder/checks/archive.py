"""S0xx: the archive."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.checks.inspected import CannotCheck, is_link
from submission_builder.server.facts import ENTRY, PAGES, TRAPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_JUNK_PARTS = {"__MACOSX", "__pycache__", ".git", ".ipynb_checkpoints", ".idea", ".vscode", ".venv"}
_JUNK_NAMES = {".DS_Store", "Thumbs.db", "desktop.ini", "localtime", "validation_report.json"}


def readable(zip_: Inspected) -> Iterator[Place]:
    """S001."""
    if zip_.oversized:
        raise CannotCheck("it is too large to be read through (S008)")
    for name, reason in zip_.unreadable.items():
        yield name, f"cannot be read: {reason}"


def entry_at_root(zip_: Inspected) -> Iterator[Place]:
    """S002."""
    if ENTRY in zip_.names:
        return
    nested = [name for name in zip_.names if PurePosixPath(name).name == ENTRY]
    where = f"it lies at {nested[0]}" if nested else "it is nowhere in the zip"
    yield zip_.path.name, f"no {ENTRY} at the root; {where}"


def no_metadata(zip_: Inspected) -> Iterator[Place]:
    """S003."""
    for name in zip_.names:
        if name in TRAPS:
            yield name, "the worker takes the zip for a program"


def no_html(zip_: Inspected) -> Iterator[Place]:
    """S004."""
    for name in zip_.names:
        if "/" not in name and name.lower().endswith(PAGES):
            yield name, "may be published as the result page"


def distinct_names(zip_: Inspected) -> Iterator[Place]:
    """S005."""
    same = defaultdict(list)
    for name in zip_.names:
        same[name.casefold()].append(name)
    for names in same.values():
        if len(names) > 1:
            yield names[0], f"{len(names)} entries of this name: {', '.join(names)}"


def inside(zip_: Inspected) -> Iterator[Place]:
    """S006."""
    for entry in zip_.entries:
        name = entry.orig_filename
        if is_link(entry):
            yield name, "is a link, which is unpacked as a file that holds its target's name"
        elif name.startswith("/") or re.match(r"[A-Za-z]:", name):
            yield name, "is an absolute path"
        elif ".." in name.replace("\\", "/").split("/"):
            yield name, "is_rank_zero out of the folder"
        elif "\\" in name:
            yield name, "holds a backslash, which is no folder on the server"


def no_junk(zip_: Inspected) -> Iterator[Place]:
    """S007."""
    for name in zip_.names:
        path = PurePosixPath(name)
        junk = _JUNK_PARTS & set(path.parts)
        if junk or path.name in _JUNK_NAMES or path.suffix == ".pyc":
            yield name, "no submission needs it"


def no_bomb(zip_: Inspected) -> Iterator[Place]:
    """S008."""
    yield from zip_.oversized
