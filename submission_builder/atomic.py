"""Files and folders that come into being whole or not at all.

Both functions hand out a temporary path beside the final one and rename it when the block ends without
an exception, so an interrupted run leaves neither a half-written file nor a lost earlier one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Hand out a temporary path that becomes `path` when the block ends well.

    Parameters
    ----------
    path
        The final path. A file that is there already is replaced, in one step.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    OutputError
        If the folder is not there or cannot be written to.
    """
    temporary = _beside(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.filename is not None and Path(str(error.filename)) not in (temporary, path):
            raise
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Hand out a temporary folder that becomes `path` when the block ends well.

    Where another process finished the same folder first, its folder stays and this one's is dropped.

    Parameters
    ----------
    path
        The final folder; it must not exist yet. Missing parents are made.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """
    temporary = _beside(path)
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be made: {error.strerror}") from error
    try:
        yield temporary
        try:
            temporary.rename(path)
        except OSError:
            if not path.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
