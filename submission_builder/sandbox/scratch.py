"""A temporary folder that the next run removes, should this one be killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX, _UNLOCKED = "subpack-run-", "subpack-new-"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a temporary folder, and remove it with the block; folders whose owners were killed are removed first.

    The owner holds a lock on its folder, which the kernel releases however the owner ends.

    Yields
    ------
    Path
        An empty folder that no other user may enter.
    """
    _sweep(Path(tempfile.gettempdir()))
    made = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
    with _locked(made):
        folder = made.rename(made.with_name(made.name.replace(_UNLOCKED, _PREFIX, 1)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(above: Path) -> None:
    for folder in above.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's, another's that runs, or gone
            if folder.lstat().st_uid == os.geteuid() and not folder.is_symlink():
                with _locked(folder):
                    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, or raise BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
