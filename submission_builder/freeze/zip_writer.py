"""Write a reproducible zip: its bytes depend on its content alone."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from submission_builder.base.digests import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class ZipEntry:
    """Content of one entry."""

    content: Path | bytes
    """Bytes, or a file, which is streamed when the zip is written."""
    sha256: str
    size: int
    """Size in bytes."""

    def open(self) -> BinaryIO:
        """Open the content for reading."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")


def entry(content: Path | bytes) -> ZipEntry:
    """Make an entry of a file or of bytes: compute its digest and size."""
    if isinstance(content, bytes):
        return ZipEntry(content, hashlib.sha256(content).hexdigest(), len(content))
    return ZipEntry(content, sha256_of(content), content.stat().st_size)


def write_archive(path: Path, entries: Mapping[str, ZipEntry]) -> None:
    """Write a zip with sorted names, fixed times and modes, and no compression.

    Weights hardly compress, sources are small, and the output of zlib differs between its builds.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(entries):
            with entries[name].open() as file, archive.open(_info(name, entries[name].size), "w") as out:
                shutil.copyfileobj(file, out, _CHUNK_BYTES)


def _info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr, info.file_size = _UNIX, _MODE, size
    return info
