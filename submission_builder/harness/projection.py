"""What more windows would cost, told from some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESAMPLES = 1000
_COVERAGE = (2.5, 50, 97.5)
_Z = 1.959964  # 95 %
_FEWEST_POINTS = 8
_MOST_POINTS = 200

Span = tuple[float, float, float]
"""Lower end, median and upper end of a 95 % interval."""


@dataclass(frozen=True)
class TimedBlock:
    """Windows that were asked together.

    Attributes
    ----------
    n_windows
        How many.
    seconds
        How long their predictions took.
    """

    n_windows: int
    seconds: float


def seconds_for(n_windows: int, blocks: Sequence[TimedBlock], seed: int = 0) -> Span:
    """Project the time of more windows, loading left out.

    The blocks are resampled (Efron & Tibshirani 1993, An introduction to the bootstrap, ch. 13), so the interval
    says how uneven they were; that another machine is slower or faster, it cannot say.

    Parameters
    ----------
    n_windows
        How many windows.
    blocks
        What was measured; at least one.
    seed
        Of the resampling.

    Returns
    -------
    Span
        In s.
    """
    drawn = np.random.default_rng(seed).integers(len(blocks), size=(_RESAMPLES, len(blocks)))
    counts = np.array([block.n_windows for block in blocks])[drawn].sum(1)
    times = np.array([block.seconds for block in blocks])[drawn].sum(1)
    low, mid, high = np.percentile(n_windows * times / counts, _COVERAGE)
    return float(low), float(mid), float(high)


def growth(memory: Sequence[tuple[int, int]]) -> Span | None:
    """Fit how much memory grows with each window, over the later half: what warms up is no leak.

    Theil and Sen's slope and its interval (Sen 1968, J. Am. Stat. Assoc. 63, 1379), which a few jumps do not move.

    Parameters
    ----------
    memory
        Windows predicted, increasing, and bytes held then.

    Returns
    -------
    Span | None
        In bytes a window; None from fewer than 8 points.
    """
    late = np.array(memory[len(memory) // 2 :], np.float64).reshape(-1, 2)
    if len(late) < _FEWEST_POINTS:
        return None
    n = min(len(late), _MOST_POINTS)
    x, y = late[np.linspace(0, len(late) - 1, n).astype(np.int64)].T
    i, j = np.triu_indices(n, 1)
    slopes = np.sort((y[j] - y[i]) / (x[j] - x[i]))
    spread = _Z * np.sqrt(_variance(y))
    low, high = round((len(slopes) - spread) / 2) - 1, round((len(slopes) + spread) / 2)
    return float(slopes[max(low, 0)]), float(np.median(slopes)), float(slopes[min(high, len(slopes) - 1)])


def _variance(y: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Variance of the number of pairs that rise over those that fall; equal values count less (Sen 1968, 2.6)."""
    n, ties = len(y), np.unique(y, return_counts=True)[1]
    return float((n * (n - 1) * (2 * n + 5) - np.sum(ties * (ties - 1) * (2 * ties + 5))) / 18)
