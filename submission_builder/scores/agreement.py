"""How well one measurement of a score agrees with another, over several submissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 8
"""Fewest submissions that a bias or a correlation is computed from. Of fewer, even a correlation of 0.7 is not shown to
differ from 0 (two-sided test, level 5 %)."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of the server's scores with local ones."""

    n: int
    """Number of submissions."""
    bias: float | None = None
    """Mean of server minus local; None with too few submissions."""
    bias_interval: tuple[float, float] | None = None
    """95 % interval of the bias (Student's t)."""
    correlation: float | None = None
    """Pearson's correlation; None with too few submissions, or if one side has equal scores only."""
    correlation_interval: tuple[float, float] | None = None
    """95 % interval of the correlation (Fisher's z)."""

    @property
    def enough(self) -> bool:
        """Whether there are enough submissions for a bias and a correlation."""
        return self.n >= FEWEST


def agreement(local: Sequence[float], server: Sequence[float]) -> Agreement:
    """Compare scores of the same submissions.

    Parameters
    ----------
    local, server
        Scores of each submission, in the same order.
    """
    x, y = np.asarray(local, np.float64), np.asarray(server, np.float64)
    n = len(x)
    if n < FEWEST:
        return Agreement(n)
    difference = y - x
    bias = float(difference.mean())
    reach = float(stats.t.ppf(0.975, n - 1) * difference.std(ddof=1) / np.sqrt(n))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Agreement(n, bias, (bias - reach, bias + reach))
    found = stats.pearsonr(x, y)
    low, high = found.confidence_interval(0.95)
    return Agreement(n, bias, (bias - reach, bias + reach), float(found.statistic), (float(low), float(high)))
