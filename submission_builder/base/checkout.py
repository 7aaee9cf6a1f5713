"""The commit that sources are of."""

from __future__ import annotations

import subprocess
from pathlib import Path

_DIRTY = "-dirty"
_ROOT = Path(__file__).parents[2]
"""Of our checkout; of an installed package, a folder that is none."""


def our_commit() -> tuple[str, bool] | None:
    """Ask git which commit subpack itself is of; None where it was installed from a package."""
    return commit_of(_ROOT) if (_ROOT / ".git").exists() else None


def commit_of(folder: Path) -> tuple[str, bool] | None:
    """Ask git which commit a folder is of.

    Parameters
    ----------
    folder
        Any folder.

    Returns
    -------
    tuple[str, bool] | None
        The commit, and whether tracked files differ from it; None outside a checkout, or where git is not installed.
    """
    ask = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.removesuffix(_DIRTY), said.endswith(_DIRTY)
