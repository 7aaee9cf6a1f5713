"""AppleDouble files, which the Finder of macOS adds to a zip for the attributes of each file."""

from __future__ import annotations

from pathlib import PurePosixPath

APPLE_DOUBLE = b"\x00\x05\x16\x07"
"""First bytes of an AppleDouble file (RFC 1740)."""


def is_apple_double(name: str) -> bool:
    """Whether an entry has the name of an AppleDouble file: ``._NAME``, or a folder ``__MACOSX``."""
    path = PurePosixPath(name)
    return path.name.startswith("._") or "__MACOSX" in path.parts
