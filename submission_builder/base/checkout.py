"""The git commit of a folder with sources."""

from __future__ import annotations

import subprocess
from pathlib import Path

_DIRTY = "-dirty"
_ROOT = Path(__file__).parents[2]
"""Root of our checkout; for an installed package, a folder that is not a checkout."""


def our_commit() -> tuple[str, bool] | None:
    """Return the commit of subpack itself as :func:`commit_of` does; None if it was installed from a package."""
    return commit_of(_ROOT) if (_ROOT / ".git").exists() else None


def commit_of(folder: Path) -> tuple[str, bool] | None:
    """Return the git commit of a folder.

    Parameters
    ----------
    folder
        Any folder.

    Returns
    -------
    tuple[str, bool] | None
        The commit, and whether tracked files differ from it; None outside a checkout or without git.
    """
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        description = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return description.removesuffix(_DIRTY), description.endswith(_DIRTY)
