"""A zip whose bytes depend on its contents alone."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ZipEntry:
    """What one name in the zip holds.

    Attributes
    ----------
    content
        A file, which is read when it is written out and never as a whole, or bytes.
    sha256, size
        Of the content.
    """

    content: Path | bytes
    sha256: str
    size: int

    def open(self) -> BinaryIO:
        """Open the content for reading."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")


def entry(content: Path | bytes) -> ZipEntry:
    """Digest what will be an entry.

    Parameters
    ----------
    content
        A file or bytes.
    """
    if isinstance(content, bytes):
        return ZipEntry(content, hashlib.sha256(content).hexdigest(), len(content))
    with content.open("rb") as file:
        return ZipEntry(content, hashlib.file_digest(file, "sha256").hexdigest(), content.stat().st_size)


def write_archive(path: Path, entries: Mapping[str, ZipEntry]) -> None:
    """Write a zip: names sorted, time and mode fixed, nothing compressed.

    Weights are noise to a compressor, sources are small, and what zlib makes of them differs from build to build of it.

    Parameters
    ----------
    path
        The zip.
    entries
        By name.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(entries):
            with entries[name].open() as file, archive.open(_info(name, entries[name].size), "w") as out:
                shutil.copyfileobj(file, out, _CHUNK)


def _info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr, info.file_size = _UNIX, _MODE, size
    return info
