"""Input files: report a path that holds no content, or text that is not UTF-8."""

from __future__ import annotations

import codecs
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from submission_builder.base.placeholder import find_placeholder

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.base.errors import SubpackError

_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # begins like that of UTF-16
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""Encodings of two or four bytes a character, by their byte order marks."""

_MOST_NULLS = 0.6
_SIMILARITY = 0.8


def require_file(path: Path, expected: str, error: type[SubpackError]) -> None:
    """Require a file with content.

    Parameters
    ----------
    path
        Path of the file.
    expected
        What the file should be, such as "a file of weights"; it completes the message.
    error
        Class of the error.

    Raises
    ------
    SubpackError
        An instance of `error`, if the path is missing, a folder, a link whose target is missing, or a pointer file of
        Git LFS or git-annex.
    """
    absence = _absence(path)
    if absence:
        fact, hint = absence
        raise error(f"{path} {fact}; {expected} is expected", hint=hint)


def wide_encoding(content: bytes) -> str | None:
    """Name the encoding of a text of two or four bytes a character; None for any other.

    A byte order mark tells it. Without one, a text in UTF-16 is recognised by its ASCII characters.
    """
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return name
    pairs = len(content) // 2
    for nulls in (content[0::2].count(0), content[1::2].count(0)):
        if pairs and nulls > pairs / 2 and content.count(0) < _MOST_NULLS * len(content):
            return "UTF-16"
    return None


def require_utf8(content: bytes, path: Path, error: type[SubpackError]) -> None:
    """Refuse text in UTF-16 or UTF-32; a parser reports every other encoding.

    Parameters
    ----------
    content
        Content of the file.
    path
        Path of the file, for the message.
    error
        Class of the error.

    Raises
    ------
    SubpackError
        An instance of `error`, if :func:`wide_encoding` names an encoding.
    """
    if encoding := wide_encoding(content):
        raise error(f"{path} is encoded as {encoding}; UTF-8 is expected", hint="save the file as UTF-8")


def read_utf8(path: Path, error: type[SubpackError]) -> bytes:
    """Read a text file that should be encoded as UTF-8.

    Raises
    ------
    SubpackError
        An instance of `error`, if the file cannot be read, or is encoded as UTF-16 or UTF-32.
    """
    try:
        content = path.read_bytes()
    except OSError as failure:
        raise error(f"{path} cannot be read: {failure.strerror}") from failure
    require_utf8(content, path, error)
    return content


def _absence(path: Path) -> tuple[str, str | None] | None:
    """Fact and hint; None if the file has content."""
    if placeholder := find_placeholder(path):
        hint = f"datalad get {path}" if placeholder.command == "datalad get" else placeholder.command
        return placeholder.fact, hint
    if path.is_dir():
        return "is a folder", None
    if not path.exists():
        return _missing(path)
    return None if path.is_file() else ("is not a regular file", None)


def _missing(path: Path) -> tuple[str, str | None]:
    if not path.parent.is_dir():
        return f"does not exist, nor does the folder {path.parent}", None
    near = _near_file(path)
    return "does not exist", f"did you mean {near}?" if near else None


def _near_file(path: Path) -> Path | None:
    """Find a similar name in the folder. A name with other numbers (``fold2.pt`` for ``fold1.pt``) is another file."""
    try:
        names = {one.name.lower(): one for one in path.parent.iterdir() if one.is_file()}
    except OSError:
        return None
    names = {name: one for name, one in names.items() if _numbers(name) == _numbers(path.name)}
    near = get_close_matches(path.name.lower(), names, n=1, cutoff=_SIMILARITY)
    return names[near[0]] if near else None


def _numbers(name: str) -> list[str]:
    return re.findall(r"\d+", name)
