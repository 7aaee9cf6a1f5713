"""Digests of files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path


def file_digests(path: Path) -> dict[str, str]:
    """Return ``{"sha256": …, "md5": …}`` of a file; Codabench's worker stores the MD5 of a zip.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return {"sha256": sha256, "md5": _md5(file)}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def md5_of(path: Path) -> str:
    """Return the MD5 of a file, which is the digest that Codabench and S3 state.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        return _md5(file)


def _md5(file: BufferedReader) -> str:
    return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
