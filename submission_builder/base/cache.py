"""The cache: where it lies, and how its entries are listed and removed. Everything in it can be recomputed.

The cache folder holds one folder for each kind of entry (``stores``, ``predictions``, …). A name that begins with a dot
is an entry that a process is writing: ``.NAME.PID-HEX.part``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from submission_builder.base.atomic import remove_folder
from submission_builder.base.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CACHE_HINT = "set SUBPACK_CACHE to another folder for the cache"

_PART = re.compile(r"\..+\.(\d+)-[0-9a-f]+\.part")
_INDEX = "index.json"


@dataclass(frozen=True)
class CacheEntry:
    """A file or folder in the cache."""

    path: Path
    kind: str
    """Name of the folder that holds it; ``leftover`` for an incomplete entry of a killed process."""
    n_bytes: int
    """Size on disk."""
    used: float
    """Time of the last use, in seconds since the epoch."""
    made_of: str | None
    """The folder that it was computed from; None if the entry does not record it."""


def cache_folder() -> Path:
    """Return the folder of the cache: ``$SUBPACK_CACHE``, or ``subpack`` in the user's cache folder."""
    named = os.environ.get("SUBPACK_CACHE")
    return Path(named).absolute() if named else platformdirs.user_cache_path("subpack")


def entries(cache: Path) -> tuple[CacheEntry, ...]:
    """List the entries of a cache, the latest used first, without entries that a running process is writing."""
    found = [_entry(path) for kind in _folders(cache) for path in kind.iterdir() if not _is_being_written(path)]
    return tuple(sorted(found, key=lambda entry: (-entry.used, entry.path)))


def remove(chosen: Sequence[CacheEntry]) -> Iterator[tuple[CacheEntry, bool]]:
    """Remove entries one by one.

    Yields
    ------
    tuple
        Each entry, and whether it was removed: an entry that a running process reads stays.

    Raises
    ------
    OutputError
        If an entry cannot be removed.
    """
    for entry in chosen:
        try:
            yield entry, _remove(entry.path)
        except OSError as error:
            raise OutputError(f"{entry.path} cannot be removed: {error.strerror}") from error


def surplus(listed: Sequence[CacheEntry], max_bytes: int) -> tuple[CacheEntry, ...]:
    """Return the entries to remove so that at most `max_bytes` remain: leftovers, then the longest unused."""
    remaining, chosen = 0, []
    for entry in listed:
        if entry.kind == "leftover" or remaining + entry.n_bytes > max_bytes:
            chosen.append(entry)
        else:
            remaining += entry.n_bytes
    return tuple(chosen)


def hold(folder: Path) -> int:
    """Record that an entry is used, and prevent its removal while the returned file descriptor is open.

    Parameters
    ----------
    folder
        A folder in the cache that has an ``index.json``.

    Returns
    -------
    int
        The file descriptor, which the caller closes.
    """
    held = os.open(folder / _INDEX, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    note_use(folder / _INDEX)
    return held


def note_use(path: Path) -> None:
    """Record that a file of the cache is used now; a read-only cache can be used without the record."""
    with contextlib.suppress(OSError):
        os.utime(path)


def _folders(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if path.is_dir()] if cache.is_dir() else []


def _entry(path: Path) -> CacheEntry:
    files = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
    stats = [file.lstat() for file in files]
    kind = "leftover" if path.name.startswith(".") else path.parent.name
    return CacheEntry(
        path, kind, sum(stat.st_blocks * 512 for stat in stats), max(stat.st_mtime for stat in stats), _made_of(path)
    )


def _made_of(path: Path) -> str | None:
    try:
        index = json.loads((path / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return index.get("made_of") if isinstance(index, dict) else None


def _is_being_written(path: Path) -> bool:
    part = _PART.fullmatch(path.name)
    return part is not None and Path("/proc", part[1]).exists()


def _remove(path: Path) -> bool:
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return True
    with contextlib.ExitStack() as stack:
        if (path / _INDEX).is_file():
            file = stack.enter_context((path / _INDEX).open("rb"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        remove_folder(path)
    return True
