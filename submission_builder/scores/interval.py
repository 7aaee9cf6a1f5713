"""Confidence interval of nrmse over subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_RESAMPLES = 2000
_PERCENTILES = (2.5, 97.5)


def subject_interval(
    target: ArrayLike,
    prediction: ArrayLike,
    subject: ArrayLike,
    *,
    denominator: Literal["std", "range"] = "std",
    seed: int = 0,
) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of nrmse from a bootstrap over subjects.

    The bootstrap resamples subjects, because the windows of one subject are not independent. Resampling windows would
    give an interval that is several times too narrow.

    Parameters
    ----------
    target, prediction
        Targets and predictions of all windows.
    subject
        Subject of each window.
    denominator
        As in :func:`submission_builder.protocol.metrics.nrmse`.
    seed
        Random seed of the bootstrap.

    Returns
    -------
    tuple of float, or None
        Lower and upper end; None with fewer than two subjects, or if most resamples have equal targets.

    Shape
    -----
    target, prediction, subject: ``(n_windows,)``

    References
    ----------
    Efron & Tibshirani 1993, An introduction to the bootstrap, chapter 8
    """
    y, y_hat = (np.asarray(a, np.float32).astype(np.float64) for a in (target, prediction))
    names, who = np.unique(np.asarray(subject), return_inverse=True)
    if len(names) < 2:  # noqa: PLR2004 - one subject has no spread
        return None
    n_windows, sum_y, sum_yy, sum_ee = (
        np.bincount(who, weights=w, minlength=len(names)) for w in (np.ones_like(y), y, y * y, (y - y_hat) ** 2)
    )
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=_RESAMPLES).astype(np.float64)
    total = counts @ n_windows
    if denominator == "std":
        spread = np.sqrt(np.maximum(counts @ sum_yy / total - (counts @ sum_y / total) ** 2, 0))
    else:
        spread = _range(y, who, counts)
    usable = spread > np.finfo(np.float32).eps
    if usable.mean() < 0.5:  # noqa: PLR2004 - a majority
        return None
    scores = np.sqrt(counts @ sum_ee / total)[usable] / spread[usable]
    low, high = np.percentile(scores, _PERCENTILES)
    return float(low), float(high)


def _range(y: NDArray[np.float64], who: NDArray[np.intp], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the range of the targets in each resample."""
    low, high = np.full(counts.shape[1], np.inf), np.full(counts.shape[1], -np.inf)
    np.minimum.at(low, who, y)
    np.maximum.at(high, who, y)
    spread: NDArray[np.float64] = np.where(counts > 0, high, -np.inf).max(1) - np.where(counts > 0, low, np.inf).min(1)
    return spread
