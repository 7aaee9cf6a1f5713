"""A smaller question: some whole recordings instead of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from submission_builder.protocol.windows import WindowTable


def sample_recordings(table: WindowTable, max_windows: int, seed: int = 0) -> WindowTable:
    """Keep whole recordings, drawn without looking at their targets, until the next would be too much.

    Whole ones, so that a model that keeps state over a recording is asked as the server asks it.

    Parameters
    ----------
    table
        All windows of a challenge.
    max_windows
        How many to keep at most; one recording is always kept.
    seed
        Of the draw.
    """
    recordings, n_windows = np.unique(table.recording, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(recordings))
    fits = np.cumsum(n_windows[order]) <= max_windows
    fits[:1] = True
    return table.select(np.isin(table.recording, recordings[order[fits]]))
