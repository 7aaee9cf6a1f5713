"""Zips that unpack to too many bytes, found by the sizes of their entries; zipfile never unpacks more than these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.server.facts import MOST_UNPACKED_BYTES

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Sequence
    from pathlib import Path

_MOST_RATIO = 1000
_MOST_RATIO_OF_ALL = 100
_HARMLESS_BYTES = 256 << 20


def oversized(path: Path, entries: Sequence[zipfile.ZipInfo]) -> list[tuple[str, str]]:
    """Return the entries, or the zip as a whole, that unpack to too many bytes, each with a sentence."""
    total = sum(entry.file_size for entry in entries)
    most = min(MOST_UNPACKED_BYTES, max(_HARMLESS_BYTES, _MOST_RATIO_OF_ALL * path.stat().st_size))
    message = f"The zip unpacks to {total / (1 << 30):.2f} GiB; at most {most / (1 << 30):.2f} GiB are accepted"
    whole = [(path.name, message)] if total > most else []
    return whole + [
        (
            entry.filename,
            f"{entry.compress_size:,} bytes unpack to {entry.file_size:,}, more than {_MOST_RATIO:,} times as many",
        )
        for entry in entries
        if entry.file_size > _MOST_RATIO * max(entry.compress_size, 1)
    ]
