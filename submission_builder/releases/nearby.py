"""Finds the releases that a user probably meant when a path is no release."""

from __future__ import annotations

import contextlib
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PARTICIPANTS = "participants.tsv"


def did_you_mean_release(path: Path) -> str | None:
    """Name, as a hint, the releases below, above or beside a path; None if there are none."""
    found: list[Path] = []
    with contextlib.suppress(OSError):  # a folder that cannot be listed gives no hint
        found = _below(path) or _above(path) or _beside(path)
    if not found:
        return None
    *others, last = map(str, found)
    return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"


def releases_in(folder: Path) -> list[Path]:
    """Return the folder itself if it is a release, else the releases one folder below.

    Raises
    ------
    OSError
        If the folder cannot be listed.
    """
    return [folder] if _is_release(folder) else _below(folder)


def _below(path: Path) -> list[Path]:
    """Return the releases one folder below."""
    return _releases(path.iterdir()) if path.is_dir() else []


def _above(path: Path) -> list[Path]:
    """Return the nearest release that contains the path, such as a subject's folder or a file."""
    return next(([parent] for parent in path.absolute().parents if _is_release(parent)), [])


def _beside(path: Path) -> list[Path]:
    """Return the releases beside the path with similar names, without regard to case."""
    parent = path.absolute().parent
    releases = {release.name.lower(): release for release in _releases(parent.iterdir() if parent.is_dir() else ())}
    return [releases[name] for name in get_close_matches(path.name.lower(), sorted(releases))]


def _releases(folders: Iterable[Path]) -> list[Path]:
    return sorted(folder for folder in folders if _is_release(folder))


def _is_release(folder: Path) -> bool:
    return (folder / _PARTICIPANTS).is_file()
