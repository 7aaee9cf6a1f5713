"""Draws a random subset of whole recordings, for a quick evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from submission_builder.protocol.windows import WindowTable


def sample_recordings(table: WindowTable, max_windows: int, seed: int = 0) -> WindowTable:
    """Select random recordings whose windows number at most `max_windows`, or a single recording.

    The draw does not depend on the targets. Recordings stay whole, because a model that keeps state over a recording
    then receives the same windows in the same order as on the server.

    Parameters
    ----------
    table
        All windows of a challenge.
    max_windows
        Upper limit on the number of windows. One recording is always selected.
    seed
        Seed of the draw.
    """
    recordings, n_windows = np.unique(table.recording, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(recordings))
    fits = np.cumsum(n_windows[order]) <= max_windows
    fits[:1] = True
    return table.select(np.isin(table.recording, recordings[order[fits]]))
