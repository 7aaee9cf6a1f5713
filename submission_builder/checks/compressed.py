"""Files that joblib compressed, opened as far as the standard library can."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

SUFFIXES = (".z", ".gz", ".bz2", ".xz", ".lzma")
"""Suffixes by which ``joblib.dump`` chooses a compression."""

LZ4 = b"\x04\x22\x4d\x18"
"""First bytes of a file that joblib reads with the package ``lz4``."""

_CHUNK = 1 << 20


def decompressed(file: IO[bytes]) -> IO[bytes] | None:
    """Return the content of a compressed file, which is decompressed as it is read; None for any other file."""
    start = file.read(max(map(len, _OPENERS)))
    file.seek(0)
    return next((opened(file) for magic, opened in _OPENERS.items() if start.startswith(magic)), None)


class _Zlib(io.RawIOBase):
    """A file of zlib, read in bounded pieces."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._zlib = file, zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        content = b""
        while not content and not self._zlib.eof:
            packed = self._zlib.unconsumed_tail or self._file.read(_CHUNK)
            if not packed:
                break
            content = self._zlib.decompress(packed, len(view))
        view[: len(content)] = content
        return len(content)


def _gzip(file: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))


_OPENERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
    b"\x5d\x00": lzma.LZMAFile,
    b"\x78": lambda file: io.BufferedReader(_Zlib(file)),
}
"""By the first bytes, as joblib tells them apart."""
