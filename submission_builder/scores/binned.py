"""Means of a quantity in bins of another, with an interval over subjects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from submission_builder.scores.jackknife import LEAST_SUBJECTS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class BinnedMeans:
    """Mean of a quantity in each bin that has values.

    Shape
    -----
    Each array: ``(n_bins,)``
    """

    center: NDArray[np.float64]
    """Mean of the binned quantity in each bin."""
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    """Lower end of the 95 % interval of the mean over subjects; NaN with fewer than :data:`LEAST_SUBJECTS` subjects."""
    high: NDArray[np.float64]
    n_windows: NDArray[np.int64]
    n_subjects: NDArray[np.int64]


def quantile_edges(values: ArrayLike, n_bins: int) -> NDArray[np.float64]:
    """Return edges of bins with about equally many values; fewer bins if many values are equal."""
    return np.unique(np.quantile(np.asarray(values, np.float64), np.linspace(0, 1, n_bins + 1)))


def binned_means(x: ArrayLike, values: ArrayLike, subject: ArrayLike, edges: ArrayLike) -> BinnedMeans:
    r"""Average `values` in bins of `x`.

    The mean of a bin, :math:`m = \sum_s t_s / \sum_s n_s`, is a ratio of sums over subjects. Its standard error is that
    of the subjects' influences :math:`(t_s - m n_s) / n`, because the windows of one subject are not independent. The
    interval uses Student's t with one degree of freedom fewer than there are subjects.

    Parameters
    ----------
    x, values, subject
        Quantity to bin by, quantity to average, and subject of each window.
    edges
        Ascending edges. The last bin includes its upper edge; values of `x` outside are left out.

    Shape
    -----
    x, values, subject: ``(n_windows,)`` · edges: ``(n_bins + 1,)``

    References
    ----------
    Cochran 1977, Sampling techniques, 3rd edition, section 6.4 (ratio estimator of cluster samples)
    """
    x, values, edges = (np.asarray(a, np.float64) for a in (x, values, edges))
    _, who = np.unique(np.asarray(subject), return_inverse=True)
    which = np.digitize(x, edges[1:-1]) if len(edges) > 2 else np.zeros(len(x), np.int64)  # noqa: PLR2004 - one bin
    inside = (x >= edges[0]) & (x <= edges[-1])
    rows = [
        (x[chosen].mean(), *_mean(values[chosen], who[chosen]))
        for number in range(max(1, len(edges) - 1))
        if (chosen := inside & (which == number)).any()
    ]
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.empty(0)] * 6
    return BinnedMeans(*columns[:4], *(column.astype(np.int64) for column in columns[4:]))


def _mean(values: NDArray[np.float64], who: NDArray[np.intp]) -> tuple[float, float, float, int, int]:
    """Return mean, ends of its interval, windows and subjects."""
    n_of = np.bincount(who)
    total_of, n_of = np.bincount(who, weights=values)[n_of > 0], n_of[n_of > 0]
    n_windows, n_subjects = len(values), len(n_of)
    mean = float(values.mean())
    if n_subjects < LEAST_SUBJECTS:
        return mean, np.nan, np.nan, n_windows, n_subjects
    influence = (total_of - mean * n_of) / n_windows
    half = stdtrit(n_subjects - 1, 0.975) * np.sqrt(n_subjects / (n_subjects - 1) * np.sum(influence**2))
    return mean, mean - half, mean + half, n_windows, n_subjects
