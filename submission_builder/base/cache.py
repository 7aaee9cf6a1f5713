"""Where things lie that can be made again, and how they are listed and removed.

A cache is a folder of folders, one for each kind of thing (``stores``, ``releases``, …); what lies in these is an
entry. A name that begins with a dot is an entry in the making: ``.NAME.PID-HEX.part``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from submission_builder.base.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CACHE_HINT = "SUBPACK_CACHE names another folder for the cache"

_PART = re.compile(r"\..+\.(\d+)-[0-9a-f]+\.part")
_INDEX = "index.json"


@dataclass(frozen=True)
class CacheEntry:
    """A thing in the cache.

    Attributes
    ----------
    path
        A folder or file.
    kind
        Name of the folder it lies in; ``leftover`` for what a process that was killed left half-made.
    n_bytes
        What it takes up on the disk.
    used
        When it was last made or opened, in seconds since the epoch.
    made_of
        The folder that it was made of, where it says so.
    """

    path: Path
    kind: str
    n_bytes: int
    used: float
    made_of: str | None


def cache_folder() -> Path:
    """Name the cache: ``$SUBPACK_CACHE``, or ``subpack`` in the user's cache folder."""
    named = os.environ.get("SUBPACK_CACHE")
    return Path(named).absolute() if named else platformdirs.user_cache_path("subpack")


def entries(cache: Path) -> tuple[CacheEntry, ...]:
    """List what lies in a cache, the latest used first; what a running process is making is left out."""
    found = [_entry(path) for kind in _folders(cache) for path in kind.iterdir() if not _in_the_making(path)]
    return tuple(sorted(found, key=lambda entry: (-entry.used, entry.path)))


def remove(chosen: Sequence[CacheEntry]) -> Iterator[tuple[CacheEntry, bool]]:
    """Remove entries one by one.

    Yields
    ------
    tuple
        Each entry and whether it was removed: one that a running process reads stays.

    Raises
    ------
    OutputError
        If the disk does not let it go.
    """
    for entry in chosen:
        try:
            yield entry, _remove(entry.path)
        except OSError as error:
            raise OutputError(f"{entry.path} cannot be removed: {error.strerror}") from error


def surplus(listed: Sequence[CacheEntry], max_bytes: int) -> tuple[CacheEntry, ...]:
    """Choose what has to go so that the rest takes up at most `max_bytes`: leftovers, then the longest unused."""
    kept, going = 0, []
    for entry in listed:
        if entry.kind == "leftover" or kept + entry.n_bytes > max_bytes:
            going.append(entry)
        else:
            kept += entry.n_bytes
    return tuple(going)


def hold(folder: Path) -> int:
    """Note that a folder of the cache is used, and keep it from being removed while a file descriptor is open.

    Parameters
    ----------
    folder
        An entry that has an ``index.json``.

    Returns
    -------
    int
        The file descriptor, to be closed by the caller.
    """
    held = os.open(folder / _INDEX, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    note_use(folder / _INDEX)
    return held


def note_use(path: Path) -> None:
    """Note that a file of the cache is used now; a cache that is only lent is read all the same."""
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


def _in_the_making(path: Path) -> bool:
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
        doomed = path.with_name(f".{path.name}.{os.getpid()}-0.part")
        path.rename(doomed)
        shutil.rmtree(doomed)
    return True
