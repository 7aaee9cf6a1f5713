"""The simulated release that the demo and a bare ``subpack evaluate`` score on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.releases.simulated.release import simulate_release

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.base.progress import Progress

SUBJECTS, RUNS, SEED = 24, 1, 2025
"""The shipped weights were trained on another simulated release, with another seed and other subjects."""

_REVISION = 1
"""Raised when the simulation draws other signals, so that no older release in a cache is taken for this one."""


def demo_folder(cache: Path) -> Path:
    """Name the folder of the demo release in a cache."""
    return cache / "releases" / f"SIMULATED-demo-{_REVISION}"


def demo_release(cache: Path, progress: Progress) -> Path:
    """Find the demo release in the cache, or simulate it there once.

    Parameters
    ----------
    cache
        Where it lies or will lie.
    progress
        Told of each recording simulated.
    """
    folder = demo_folder(cache)
    if not folder.is_dir():
        simulate_release(folder, shared=True, subjects=SUBJECTS, runs=RUNS, seed=SEED, progress=progress)
    return folder
