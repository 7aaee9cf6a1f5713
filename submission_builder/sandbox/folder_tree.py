"""Measure and remove a folder of others, whatever the depth of its folders and the length of their paths.

Both work in loops and by descriptors: a recursion ends at a thousand folders, and a path at 4096 bytes.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 512
_BATCH = 1000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Contents:
    """What lies below a folder, counted until a bound is exceeded."""

    n_bytes: int
    """On disk: also space beyond the end of a file, and without the holes in it."""
    entries: int
    depth: int
    """Of folders in folders."""
    closed: bool
    """Whether a folder cannot be read."""


def contents(folder: Path, most_entries: int, most_depth: int) -> Contents:
    """Measure what lies below a folder, which may change meanwhile; a file with several names counts once."""
    n_bytes = entries = depth = 0
    closed, seen = False, set()
    stack = [_Level(folder, None)]
    try:
        while stack and entries <= most_entries and depth <= most_depth:
            entry = stack[-1].next()
            if entry is None:
                stack.pop().close()
                continue
            entries += 1
            try:
                info = entry.stat(follow_symlinks=False)
                if (info.st_dev, info.st_ino) not in seen:
                    n_bytes += info.st_blocks * _BLOCK
                if info.st_nlink > 1:
                    seen.add((info.st_dev, info.st_ino))
                if stat.S_ISDIR(info.st_mode):
                    depth = max(depth, len(stack))
                    stack.append(_Level(entry.name, stack[-1].descriptor))
            except PermissionError:
                closed = True
            except OSError:  # removed meanwhile
                continue
    finally:
        for level in stack:
            level.close()
    return Contents(n_bytes, entries, depth, closed)


class _Level:
    """An open folder, and the entries that have not been read."""

    def __init__(self, name: Path | str, above: int | None) -> None:
        self.descriptor = os.open(name, _FOLDER, dir_fd=above)
        self._entries = os.scandir(self.descriptor)

    def next(self) -> os.DirEntry[str] | None:
        return next(self._entries, None)

    def close(self) -> None:
        self._entries.close()
        os.close(self.descriptor)


def remove(folder: Path) -> bool:
    """Remove a folder with all that it holds; return whether nothing of it remains.

    A folder in the folder is emptied of its own folders by moving them up, so that nothing lies deeper than two levels.
    """
    try:
        with _opened(str(folder), None) as top:
            moved = True
            while moved and (names := _names(top)):
                moved = sum(_remove_entry(top, name) for name in names) > 0
        folder.rmdir()
    except OSError:
        return False
    return True


def _remove_entry(top: int, name: str) -> bool:
    """Remove an entry of a folder; return whether it is gone."""
    try:
        if not _is_folder(top, name):
            os.unlink(name, dir_fd=top)
            return True
        with _opened(name, top) as below:
            moved = True
            while moved and (names := _names(below)):
                moved = sum(_remove_or_move(below, one, top) for one in names) > 0
        os.rmdir(name, dir_fd=top)
    except OSError:
        return False
    return True


def _remove_or_move(folder: int, name: str, top: int) -> bool:
    try:
        if _is_folder(folder, name):
            os.chmod(name, stat.S_IRWXU, dir_fd=folder)  # to move a folder, its own entry `..` is written
            os.rename(name, secrets.token_hex(8), src_dir_fd=folder, dst_dir_fd=top)
        else:
            os.unlink(name, dir_fd=folder)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _opened(name: str, above: int | None) -> Iterator[int]:
    """Open a folder in which entries can be removed."""
    os.chmod(name, stat.S_IRWXU, dir_fd=above)
    descriptor = os.open(name, _FOLDER, dir_fd=above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in itertools.islice(entries, _BATCH)]


def _is_folder(above: int, name: str) -> bool:
    return stat.S_ISDIR(os.lstat(name, dir_fd=above).st_mode)
