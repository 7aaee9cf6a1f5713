"""An entry of a zip that BZIP2 or LZMA compressed, decompressed as it is read.

zipfile decompresses all data at once that it has read of such an entry: 4 KiB of BZIP2 may become 4 GiB.
"""

from __future__ import annotations

import bz2
import copy
import io
import lzma
import zipfile
import zlib
from typing import IO, Any

_CHUNK = 1 << 16
_LZMA_HEAD = 4


class Decompressed(io.RawIOBase):
    """The content of an entry.

    Parameters
    ----------
    packed
        The compressed data.
    entry
        Size, checksum and compression.
    """

    def __init__(self, packed: IO[bytes], entry: zipfile.ZipInfo) -> None:
        self._packed, self._name = packed, entry.filename
        self._left, self._crc_left, self._crc = entry.file_size, entry.CRC, 0
        self._decompressor: Any = bz2.BZ2Decompressor() if entry.compress_type == zipfile.ZIP_BZIP2 else _lzma(packed)

    def readable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Close the entry."""
        self._packed.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        """Decompress at most as many bytes as the buffer takes."""
        most = min(len(buffer), self._left)
        content = b""
        while most and not content and not self._decompressor.eof:
            piece = self._packed.read(_CHUNK) if self._decompressor.needs_input else b""
            if not piece and self._decompressor.needs_input:
                raise EOFError
            content = self._decompressor.decompress(piece, most)
        self._left -= len(content)
        self._crc = zlib.crc32(content, self._crc)
        if (not content or not self._left) and self._crc != self._crc_left:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {self._name!r}")
        buffer[: len(content)] = content
        return len(content)


def as_stored(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """Return a description of an entry under which zipfile reads its compressed data unchanged."""
    stored = copy.copy(entry)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, entry.compress_size
    del stored.CRC
    return stored


def _lzma(packed: IO[bytes]) -> lzma.LZMADecompressor:
    head = packed.read(_LZMA_HEAD)
    properties = packed.read(int.from_bytes(head[2:], "little"))
    decode: Any = lzma._decode_filter_properties  # type: ignore[attr-defined]  # noqa: SLF001 - as zipfile does
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[decode(lzma.FILTER_LZMA1, properties)])
