"""Files and folders that appear complete or not at all.

Both functions yield a temporary path beside the final one and rename it when the block ends without an exception. An
interrupted run leaves no partial file and keeps an earlier one.
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
    """Write a file under a temporary path, and rename it to `path` when the block ends without an exception.

    Parameters
    ----------
    path
        The final path. An existing file is replaced atomically.

    Yields
    ------
    Path
        The temporary path.

    Raises
    ------
    OutputError
        If the folder does not exist or cannot be written to.
    """
    temporary = _beside(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _explained(error, temporary, path) from error
    finally:
        with contextlib.suppress(OSError):  # on a read-only disk, removing a file that does not exist also fails
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """Fill a temporary folder, and rename it to `path` when the block ends without an exception.

    If another process creates `path` meanwhile, that folder stays and this one is deleted.

    Parameters
    ----------
    path
        The final folder, which does not exist yet. Missing parents are created.
    shared
        Whether every process writes the same content, so that coming second is not an error.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    OutputError
        If the folder cannot be created or filled.
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
            raise OutputError(f"{path} exists: another process created it in the meantime") from None


def remove_folder(path: Path) -> None:
    """Delete a folder under another name, so that no other process finds a part of it under its own name."""
    doomed = _beside(path.with_name(path.name.strip(".")))
    shutil.rmtree(path.rename(doomed))


def require_writable(folder: Path) -> None:
    """Create a folder if it does not exist, and try to write to it, before a long computation of its content.

    Raises
    ------
    OutputError
        If the folder cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = _beside(folder / "probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(f"folder {folder} cannot be written to: {error.strerror}") from error


def require_free(path: Path, *, force: bool) -> None:
    """Refuse to replace a file.

    Raises
    ------
    OutputError
        If the file exists and `force` is not given.
    """
    if path.exists() and not force:
        raise OutputError(f"{path} already exists", hint="--force replaces it")


def require_parent_folder(path: Path) -> None:
    """Check that the folder of a path exists, before a long computation of its content.

    Raises
    ------
    OutputError
        If the folder does not exist.
    """
    if not path.parent.is_dir():
        raise OutputError(f"{path} cannot be written: {path.parent} is not a folder")


def _explained(error: OSError, temporary: Path, path: Path) -> Exception:
    """Return an OutputError if the error concerns `path`, else the error; that of a full disk names no file."""
    named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
    if named is None or named in (path, *temporary.parents) or named.is_relative_to(temporary):
        return OutputError(f"{path} cannot be written: {error.strerror or error}")
    return error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
