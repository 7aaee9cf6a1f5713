"""Recognises files whose content was not downloaded: dangling links, and pointers of Git LFS and git-annex."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_ANNEX_OBJECTS = b"annex/objects/"
_LONGEST_POINTER = 1024  # bytes; both kinds of pointer are one to three short lines

_GET = "`datalad get .` in the folder of the release downloads the content of annexed files"
_PULL = "`git lfs pull` in the folder of the release downloads the content of Git LFS files"


@dataclass(frozen=True)
class Placeholder:
    """A file that stands in place of its content."""

    fact: str
    """Predicate of a message about the file, such as ``is a Git LFS pointer …``."""
    hint: str | None
    """The command that downloads the content, if it is certain."""


def find_placeholder(path: Path) -> Placeholder | None:
    """Recognise a placeholder; None if the path does not exist or is a file with content of its own."""
    if path.is_symlink() and not path.exists():
        target = path.readlink().as_posix()
        return Placeholder(
            f"is a link whose target is missing ({target})", _GET if _is_annex(target.encode()) else None
        )
    content = _beginning(path)
    if content.startswith(_LFS_POINTER):
        size = re.search(rb"^size (\d+)$", content, re.MULTILINE)
        of = f" to a file of {int(size[1]):,} bytes" if size else ""
        return Placeholder(f"is a Git LFS pointer{of}, whose content is not downloaded", _PULL)
    if _is_annex(content):
        return Placeholder("is a git-annex pointer, whose content is not downloaded", _GET)
    return None


def _beginning(path: Path) -> bytes:
    """Read as many bytes as a pointer has at most; none if the path is no readable file."""
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_POINTER)
    except OSError:
        return b""


def _is_annex(text: bytes) -> bool:
    """Whether a link's target, or a file's first line, is a path into git-annex."""
    path = text.partition(b"\n")[0]
    return path.startswith(b"/" + _ANNEX_OBJECTS) or b".git/" + _ANNEX_OBJECTS in path
