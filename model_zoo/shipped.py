"""Location of the shipped weights."""

from __future__ import annotations

from pathlib import Path


def weights_folder() -> Path:
    """Return the folder of the shipped weights: in the installed package, or at the top of the source tree."""
    installed = Path(__file__).with_name("_weights")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "weights"
