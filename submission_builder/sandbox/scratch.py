"""A temporary folder that a later run removes if this process is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.sandbox.folder_tree import remove

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX, _UNLOCKED = "subpack-run-", "subpack-new-"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Create a temporary folder and remove it when the block ends; first remove folders of killed processes.

    The owner holds a lock on its folder. The kernel releases the lock however the owner ends.

    Yields
    ------
    Path
        An empty folder that no other user can enter.
    """
    _sweep(Path(tempfile.gettempdir()))
    made = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
    with _locked(made):
        folder = made.rename(made.with_name(made.name.replace(_UNLOCKED, _PREFIX, 1)))
        try:
            yield folder
        finally:
            remove(folder)


def _sweep(above: Path) -> None:
    for folder in above.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's folder, one in use, or one removed meanwhile
            if folder.lstat().st_uid == os.geteuid() and not folder.is_symlink():
                with _locked(folder):
                    remove(folder)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, or raise BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
