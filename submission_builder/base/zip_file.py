"""Zips of others, read within bounds: a small zip neither fills the memory nor raises what only zlib or lzma know."""

from __future__ import annotations

import contextlib
import io
import zipfile
from typing import IO, TYPE_CHECKING, Any

from submission_builder.base.zip_entry import Decompressed, as_stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_DIRECTORY_BYTES = 8 << 20
"""Largest list of entries, which zipfile reads at once; 50,000 entries take about 5 MB."""

MOST_NAME_BYTES = 4096
"""Longest name of an entry, as for a path on Linux."""

MOST_PART_BYTES = 255
"""Longest name of a folder or a file, as for file systems of Linux."""

MOST_FOLDERS = 100
"""Largest number of folders around an entry."""

_CHUNK = 1 << 20
_DIRECTORY_BYTES = 5  # of zipfile's record of the end of a zip


class ZipFault(Exception):  # noqa: N818 - a fact about a file, which its reader reports in its own way
    """A zip, or an entry of it, cannot be read; the message is the reason."""


class BoundedZip(zipfile.ZipFile):
    """A zip that is decompressed in bounded steps, whatever the compression of its entries."""

    def open(self, name: Any, mode: Any = "r", pwd: bytes | None = None, *, force_zip64: bool = False) -> IO[bytes]:
        """Open an entry."""
        entry = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if mode != "r" or entry.compress_type not in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            return super().open(entry, mode, pwd, force_zip64=force_zip64)
        packed = super().open(as_stored(entry), mode, pwd)
        try:
            return io.BufferedReader(Decompressed(packed, entry))
        except BaseException:
            packed.close()
            raise


@contextlib.contextmanager
def open_zip(file: Path | IO[bytes]) -> Iterator[BoundedZip]:
    """Open a zip whose entries have names that a file can have.

    Raises
    ------
    ZipFault
        If it cannot be opened, or has too many entries, or an entry has a name that no file can have.
    """
    archive = _opened(file)
    try:
        yield archive
    finally:
        archive.close()


def _opened(file: Path | IO[bytes]) -> BoundedZip:
    with _faults():
        _require_short_directory(file)
        archive = BoundedZip(file)
    try:
        for entry in archive.infolist():
            _require_name(entry.filename)
    except ZipFault:
        archive.close()
        raise
    return archive


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | str, most: int) -> bytes:
    """Read an entry of at most that many bytes.

    Raises
    ------
    ZipFault
        If it is longer, missing or damaged.
    """
    pieces, left = [], most
    with _faults(), archive.open(entry) as file:
        while piece := file.read(min(_CHUNK, left + 1)):
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                raise ZipFault(f"the entry unpacks to more than {most:,} bytes")
    return b"".join(pieces)


def require_whole(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read an entry to its end and keep nothing of it.

    Raises
    ------
    ZipFault
        If it is damaged, encrypted, or compressed by an unknown method.
    """
    try:
        with _faults(), archive.open(entry) as file:
            while file.read(_CHUNK):
                pass
    except ZipFault as fault:
        raise ZipFault(str(fault).partition(" for file ")[0]) from fault.__cause__


def reason(error: Exception) -> str:
    """Return the text of an exception; EOFError has none."""
    return str(error) or {"EOFError": "the data end early"}.get(type(error).__name__, type(error).__name__)


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Raise ZipFault for what a damaged or hostile zip raises: zlib, lzma, bz2 and the file system have their own."""
    try:
        yield
    except (MemoryError, ZipFault):
        raise
    except Exception as error:
        raise ZipFault(reason(error)) from error


def _require_short_directory(file: Path | IO[bytes]) -> None:
    with contextlib.nullcontext(file) if hasattr(file, "read") else file.open("rb") as opened:
        end = zipfile._EndRecData(opened)  # type: ignore[attr-defined]  # noqa: SLF001 - zipfile offers no other way
    if end and end[_DIRECTORY_BYTES] > MOST_DIRECTORY_BYTES:
        raise ZipFault(f"the list of entries has {end[_DIRECTORY_BYTES]:,} bytes, more than {MOST_DIRECTORY_BYTES:,}")


def _require_name(name: str) -> None:
    encoded = name.encode("utf-8", "surrogatepass")
    parts = encoded.split(b"/")
    if len(encoded) > MOST_NAME_BYTES or max(map(len, parts)) > MOST_PART_BYTES:
        raise ZipFault(f"the name {name[:40]!r}… has {len(encoded):,} bytes, more than a file can have")
    if len(parts) > MOST_FOLDERS:
        raise ZipFault(f"the entry {name[:40]!r}… lies in {len(parts) - 1:,} folders, more than {MOST_FOLDERS}")
