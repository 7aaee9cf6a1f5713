"""Project the cost of many windows from the measured cost of some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESAMPLES = 1000
_PERCENTILES = (2.5, 50, 97.5)
_CONFIDENCE = 0.95
_MIN_POINTS = 8
_MAX_POINTS = 200

Span = tuple[float, float, float]
"""Lower end, median and upper end of a 95 % interval."""


@dataclass(frozen=True)
class TimedBlock:
    """Windows that were timed together."""

    n_windows: int
    seconds: float


def seconds_for(n_windows: int, blocks: Sequence[TimedBlock], seed: int = 0) -> Span:
    """Project the time of windows, without the time of loading a model.

    The blocks are resampled (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13), so the interval
    reflects how much the blocks vary. It does not cover the difference between this machine and another one.

    Parameters
    ----------
    n_windows
        Number of windows.
    blocks
        Measured blocks; at least one.
    seed
        Seed of the resampling.

    Returns
    -------
    Span
        In s.
    """
    drawn = np.random.default_rng(seed).integers(len(blocks), size=(_RESAMPLES, len(blocks)))
    counts = np.array([block.n_windows for block in blocks])[drawn].sum(1)
    times = np.array([block.seconds for block in blocks])[drawn].sum(1)
    low, mid, high = np.percentile(n_windows * times / counts, _PERCENTILES)
    return float(low), float(mid), float(high)


def growth(memory: Sequence[tuple[int, int]]) -> Span | None:
    """Estimate the growth of memory per window, over the later half of a run: growth during warm-up is not a leak.

    The estimate is the Theil–Sen slope with its interval (Sen 1968, J. Am. Stat. Assoc. 63, 1379), which is robust to
    a few jumps.

    Parameters
    ----------
    memory
        Windows predicted, increasing, and memory at that moment in bytes.

    Returns
    -------
    Span | None
        In bytes per window; None if there are fewer than 8 points.
    """
    late = np.array(memory[len(memory) // 2 :], np.float64).reshape(-1, 2)
    if len(late) < _MIN_POINTS:
        return None
    from scipy.stats import theilslopes  # noqa: PLC0415 - importing scipy.stats takes 0.6 s

    n = min(len(late), _MAX_POINTS)
    windows, n_bytes = late[np.linspace(0, len(late) - 1, n).astype(np.int64)].T
    fit = theilslopes(n_bytes, windows, alpha=_CONFIDENCE)
    return float(fit.low_slope), float(fit.slope), float(fit.high_slope)
