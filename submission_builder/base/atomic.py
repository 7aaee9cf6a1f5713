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

from submission_builder.base.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
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
        raise _explained(error, temporary, path) from error
    finally:
        with contextlib.suppress(OSError):  # a read-only disk also refuses to remove what is not there
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """Hand out a temporary folder that becomes `path` when the block ends well.

    Where another process finished a folder of that name first, its folder stays and this one's is dropped.

    Parameters
    ----------
    path
        The final folder; it must not exist yet. Missing parents are made.
    shared
        Whether every process would put the same there, so that being second is no error.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    OutputError
        If the folder cannot be made or filled.
    """
    temporary = _beside(path)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _rename_folder(temporary, path, shared=shared)
    except OSError as error:
        raise _explained(error, temporary, path) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename_folder(temporary: Path, path: Path, *, shared: bool) -> None:
    try:
        temporary.rename(path)
    except OSError:
        if not path.is_dir():
            raise
        if not shared:
            raise OutputError(f"{path} is there already: something else made it in the meantime") from None


def require_writable(folder: Path) -> None:
    """Make a folder if it is not there, and try to write into it, before any time goes into what it shall hold.

    Raises
    ------
    OutputError
        If it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = _beside(folder / "probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(f"folder {folder} cannot be written to: {error.strerror}") from error


def require_folder(path: Path) -> None:
    """Refuse a path that cannot be written, before any time goes into a result.

    Raises
    ------
    OutputError
        If its folder is not there.
    """
    if not path.parent.is_dir():
        raise OutputError(f"{path} cannot be written: {path.parent} is no folder")


def _explained(error: OSError, temporary: Path, path: Path) -> Exception:
    """Say that a path cannot be written, if the error is of the writing (a full disk names no file)."""
    named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
    if named is None or named in (path, *temporary.parents) or named.is_relative_to(temporary):
        return OutputError(f"{path} cannot be written: {error.strerror or error}")
    return error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
