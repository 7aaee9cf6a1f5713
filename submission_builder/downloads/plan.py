"""Which files of a release are on disk already, and how much is to be downloaded."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from submission_builder.base.digests import md5_of
from submission_builder.base.errors import DownloadError
from submission_builder.downloads.part import part_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from submission_builder.base.progress import Progress
    from submission_builder.downloads.listing import RemoteFile

State = Literal["complete", "missing", "begun", "different"]

_SAME_TIME_S = 2  # some file systems store times in steps of 2 s
_MIB = 1 << 20


@dataclass(frozen=True)
class PlannedFile:
    """A file of a release, and what is on disk of it."""

    remote: RemoteFile
    target: Path
    """Path of the complete file."""
    state: State
    """``begun``: a ``.part`` holds its beginning; ``different``: a file of this name has another size or MD5."""
    have: int = 0
    """Bytes that are on disk: all of a complete file, or the beginning in the ``.part``."""

    @property
    def to_download(self) -> int:
        """Bytes that are missing."""
        return self.remote.size - self.have


def plan_files(
    files: Sequence[RemoteFile], folder: Path, progress: Progress, *, verify: bool = False
) -> tuple[PlannedFile, ...]:
    """Compare the files of a release with a folder. Nothing is written.

    A file is complete if its size and its time of change are those of the object. If only the size agrees, its MD5
    decides. Where the ETag of the object is no MD5, the size decides.

    Parameters
    ----------
    files
        The files on the server.
    folder
        Folder of the release.
    progress
        Called after each file.
    verify
        Whether the MD5 decides in every case.
    """
    planned = []
    for done, file in enumerate(files, 1):
        planned.append(_planned(file, folder / file.path, verify=verify))
        progress(f"compare {folder.name} with the server", done, len(files))
    return tuple(planned)


def require_space(planned: Iterable[PlannedFile], folder: Path) -> None:
    """Check that the files fit on the disk.

    Raises
    ------
    DownloadError
        If they do not.
    """
    needed = sum(file.to_download for file in planned)
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise DownloadError(
            f"the download needs {needed / _MIB:,.1f} MiB, and {folder.absolute()} has {free / _MIB:,.1f} MiB free",
            hint="--tasks and --subjects select a part; --to names another folder",
        )


def mark_complete(file: PlannedFile) -> None:
    """Give a complete file the time of its object, so that the next run need not read it."""
    if not file.target.is_symlink() and not _same_time(file.target, file.remote):
        with contextlib.suppress(OSError):  # of another owner: the next run reads the file again
            os.utime(file.target, (file.remote.modified, file.remote.modified))


def _planned(file: RemoteFile, target: Path, *, verify: bool) -> PlannedFile:
    if target.is_file():
        if _is_complete(target, file, verify=verify):
            return PlannedFile(file, target, "complete", file.size)
        return PlannedFile(file, target, "different", _begun(target, file))
    begun = _begun(target, file)
    return PlannedFile(file, target, "begun" if begun else "missing", begun)


def _is_complete(target: Path, file: RemoteFile, *, verify: bool) -> bool:
    if target.stat().st_size != file.size:
        return False
    if file.md5 is None or (_same_time(target, file) and not verify):
        return True
    return md5_of(target) == file.md5


def _same_time(target: Path, file: RemoteFile) -> bool:
    return abs(target.stat().st_mtime - file.modified) < _SAME_TIME_S


def _begun(target: Path, file: RemoteFile) -> int:
    """Size of the ``.part``; one that is too long counts for nothing."""
    try:
        size = part_path(target, file).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
    return size if size <= file.size else 0
