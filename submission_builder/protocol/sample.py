"""Draws a random subset of windows, for a quick evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from submission_builder.protocol.windows import WindowTable

LEAST_SUBJECTS = 20
"""A sample of fewer subjects has no score. It is the size of a mini release."""


def sample_windows(table: WindowTable, max_windows: int, seed: int = 0) -> WindowTable:
    """Select random windows, in their order; nearly every subject keeps some.

    Parameters
    ----------
    table
        All windows of a challenge.
    max_windows
        Number of windows.
    seed
        Seed of the draw. It does not depend on the targets.
    """
    if len(table) <= max_windows:
        return table
    chosen = np.random.default_rng(seed).choice(len(table), max_windows, replace=False)
    return table.select(np.sort(chosen))


def sample_recordings(table: WindowTable, max_windows: int, seed: int = 0) -> WindowTable:
    """Select random recordings whose windows number at most `max_windows`, or a single recording.

    A model that keeps state over a recording needs this: it then receives the same windows in the same order as on the
    server.

    Parameters
    ----------
    table
        All windows of a challenge.
    max_windows
        Upper limit on the number of windows. One recording is always selected.
    seed
        Seed of the draw. It does not depend on the targets.
    """
    recordings, n_windows = np.unique(table.recording, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(recordings))
    fits = np.cumsum(n_windows[order]) <= max_windows
    fits[:1] = True
    return table.select(np.isin(table.recording, recordings[order[fits]]))
