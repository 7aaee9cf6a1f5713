"""Recognise files whose content was not downloaded: dangling links, and pointers of Git LFS and git-annex."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_ANNEX_POINTER = re.compile(rb"(/|[./]*\.git/)annex/objects/")
_ANNEX_LINK = ".git/annex/objects/"
_LONGEST_POINTER = 1024  # bytes; both kinds of pointer are one to three short lines


@dataclass(frozen=True)
class Placeholder:
    """A file that stands in place of its content."""

    fact: str
    """Predicate of a message about the file, such as ``is a Git LFS pointer …``."""
    command: Literal["datalad get", "git lfs pull"] | None
    """The command that downloads the content, if it is certain."""


def find_placeholder(path: Path) -> Placeholder | None:
    """Recognise a placeholder; None if the path does not exist or is a file with content of its own."""
    if path.is_symlink() and not path.exists():
        target = os.readlink(path)  # noqa: PTH115 - a Path would normalise the text of the link
        fact = f"is a link whose target is missing ({target})"
        return Placeholder(fact, "datalad get" if _ANNEX_LINK in target else None)
    return find_pointer(_beginning(path))


def find_pointer(content: bytes) -> Placeholder | None:
    """Recognise a pointer of Git LFS or git-annex by the beginning of a file."""
    if content.startswith(_LFS_POINTER):
        size = re.search(rb"^size (\d+)$", content, re.MULTILINE)
        of = f" to a file of {int(size[1]):,} bytes" if size else ""
        return Placeholder(f"is a Git LFS pointer{of}, whose content is not downloaded", "git lfs pull")
    if _ANNEX_POINTER.match(content):
        return Placeholder("is a git-annex pointer, whose content is not downloaded", "datalad get")
    return None


def _beginning(path: Path) -> bytes:
    """Read as many bytes as a pointer has at most; none if the path is no readable file."""
    if not path.is_file():  # reading a pipe would wait for a writer
        return b""
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_POINTER)
    except OSError:
        return b""
