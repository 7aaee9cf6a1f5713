"""How long a replay will take, told from its first windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESAMPLES = 1000
_COVERAGE = (2.5, 50, 97.5)


@dataclass(frozen=True)
class Block:
    """Windows that were asked together.

    Attributes
    ----------
    n_windows
        How many.
    seconds
        How long their answers took.
    """

    n_windows: int
    seconds: float


def seconds_for(n_windows: int, blocks: Sequence[Block], seed: int = 0) -> tuple[float, float, float]:
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
    tuple of float
        Lower end, median and upper end of the 95 % interval, in s.
    """
    drawn = np.random.default_rng(seed).integers(len(blocks), size=(_RESAMPLES, len(blocks)))
    counts = np.array([block.n_windows for block in blocks])[drawn].sum(1)
    times = np.array([block.seconds for block in blocks])[drawn].sum(1)
    low, mid, high = np.percentile(n_windows * times / counts, _COVERAGE)
    return float(low), float(mid), float(high)
