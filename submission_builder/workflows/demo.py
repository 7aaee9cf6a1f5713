"""The simulated release of ``subpack demo``, which ``evaluate`` also uses when it is called without data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.cache import cache_folder
from submission_builder.base.progress import Progress, silent
from submission_builder.releases.simulated.release import simulate_release

if TYPE_CHECKING:
    from pathlib import Path

SUBJECTS, RUNS, SEED = 24, 1, 2025
"""Settings of the demo release. The shipped weights were trained on another seed, and thereby on other subjects."""

_REVISION = 1
"""Raised when the simulation changes, so that an older release in the cache is not used any more."""


def demo_folder() -> Path:
    """Return the folder of the demo release in the cache, whether it exists or not."""
    return cache_folder() / "releases" / f"SIMULATED-demo-{_REVISION}"


def demo_release(progress: Progress = silent) -> Path:
    """Return the folder of the demo release; the first call simulates it.

    Parameters
    ----------
    progress
        Called after each simulated recording.
    """
    folder = demo_folder()
    if not folder.is_dir():
        simulate_release(folder, shared=True, subjects=SUBJECTS, runs=RUNS, seed=SEED, progress=progress)
    return folder
