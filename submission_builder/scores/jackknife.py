"""A score with its values when each subject in turn is left out: the basis of every interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from submission_builder.protocol.metrics import nrmse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

LEAST_SUBJECTS = 5
"""Smallest number of subjects for an interval. With five, the 95 % intervals cover at least .93 (docs/scores.md)."""

WORST = 5
"""Number of subjects whose share of the squared error is reported."""


@dataclass(frozen=True, eq=False)
class Jackknife:
    """A score and its leave-one-subject-out values."""

    value: float
    """Score of all subjects."""
    subjects: NDArray[np.str_]
    """The subjects, sorted; shape ``(n_subjects,)``."""
    without: NDArray[np.float64]
    """Score without each subject; shape ``(n_subjects,)``."""
    squared_error: NDArray[np.float64]
    """Each subject's share of the sum of squared errors; shape ``(n_subjects,)``. For the overall score, the mean of
    the challenges' shares, weighted as their scores."""

    @property
    def worst_share(self) -> float:
        """Share of the squared error that the five worst subjects have."""
        return float(np.sort(self.squared_error)[-WORST:].sum())


def jackknife(
    target: ArrayLike, prediction: ArrayLike, subject: ArrayLike, *, denominator: Literal["std", "range"] = "std"
) -> Jackknife | None:
    """Compute nrmse without each subject in turn, in closed form from sums over subjects.

    The spread of the targets is part of the statistic: it is computed anew without each subject.

    Parameters
    ----------
    target, prediction
        Targets and predictions of all windows.
    subject
        Subject of each window.
    denominator
        As in :func:`submission_builder.protocol.metrics.nrmse`.

    Returns
    -------
    Jackknife or None
        None with fewer than :data:`LEAST_SUBJECTS` subjects, or if the other targets are equal without one of them.

    Shape
    -----
    target, prediction, subject: ``(n_windows,)``

    References
    ----------
    Efron & Tibshirani 1993, An introduction to the bootstrap, chapter 11
    """
    y, y_hat = (np.asarray(a, np.float32).astype(np.float64) for a in (target, prediction))
    names, who = np.unique(np.asarray(subject), return_inverse=True)
    if len(names) < LEAST_SUBJECTS:
        return None
    squared_error = _sum_by(who, (y - y_hat) ** 2)
    n_windows = _sum_by(who, np.ones_like(y))
    others = len(y) - n_windows
    scale = _std_without(y, who, others) if denominator == "std" else _range_without(y, who)
    if scale.min() <= np.finfo(np.float32).eps * np.ptp(y):
        return None
    without = np.sqrt(np.maximum(squared_error.sum() - squared_error, 0) / others) / scale
    total = squared_error.sum()
    share = squared_error / total if total else np.full(len(names), 1 / len(names))
    return Jackknife(nrmse(y, y_hat, denominator=denominator), names, without, share)


def weighted_sum(parts: Mapping[int, Jackknife], weights: Mapping[int, float]) -> Jackknife:
    """Combine scores of the same subjects into the overall score.

    A subject without windows of a challenge leaves the score of that challenge unchanged.

    Parameters
    ----------
    parts
        Jackknife of each challenge.
    weights
        Weight of each challenge.
    """
    subjects = np.unique(np.concatenate([part.subjects for part in parts.values()]))
    value, without, share = 0.0, np.zeros(len(subjects)), np.zeros(len(subjects))
    for number, part in parts.items():
        at = np.searchsorted(subjects, part.subjects)
        of_part = np.full(len(subjects), part.value)
        of_part[at] = part.without
        value += weights[number] * part.value
        without += weights[number] * of_part
        share[at] += weights[number] * part.squared_error / sum(weights[n] for n in parts)
    return Jackknife(value, subjects, without, share)


@dataclass(frozen=True)
class Spread:
    """The uncertainty of a statistic over subjects."""

    standard_error: float
    degrees_of_freedom: float
    """Of the t distribution: ``n_subjects - 1``, or fewer if a few subjects dominate the standard error."""


def spread(without: NDArray[np.float64]) -> Spread:
    r"""Return the jackknife standard error of a statistic, and its degrees of freedom.

    The variance of a sum of squares is :math:`\sigma^4 (\kappa - 1) / n`, where :math:`\kappa` is the kurtosis. A
    chi-squared distribution with :math:`2n / (\kappa - 1)` degrees of freedom has the same relative variance.

    Parameters
    ----------
    without
        Leave-one-out values of the statistic.

    Shape
    -----
    without: ``(n_subjects,)``

    References
    ----------
    Efron & Tibshirani 1993, chapter 11; Satterthwaite 1946, Biometrics Bulletin 2, 110
    """
    n = len(without)
    deviation = without - without.mean()
    squares = float(np.sum(deviation**2))
    if squares == 0:
        return Spread(0.0, n - 1)
    kurtosis = n * float(np.sum((deviation / np.sqrt(squares)) ** 4))
    return Spread(float(np.sqrt((n - 1) / n * squares)), min(n - 1, 2 * n / max(kurtosis - 1, 1e-9)))


def _sum_by(who: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.bincount(who, weights=values).astype(np.float64)


def _std_without(y: NDArray[np.float64], who: NDArray[np.intp], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the population standard deviation of the targets without each subject."""
    centred = y - y.mean()
    s, q = _sum_by(who, centred), _sum_by(who, centred**2)
    variance = (q.sum() - q) / others - ((s.sum() - s) / others) ** 2
    deviation: NDArray[np.float64] = np.sqrt(np.maximum(variance, 0))
    return deviation


def _range_without(y: NDArray[np.float64], who: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the range of the targets without each subject: it changes only with the subjects at its ends."""
    n = int(who.max()) + 1
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, who, y)
    np.maximum.at(high, who, y)
    (lowest, next_lowest), (next_highest, highest) = np.sort(low)[:2], np.sort(high)[-2:]
    extent: NDArray[np.float64]
    extent = np.where(high == highest, next_highest, highest) - np.where(low == lowest, next_lowest, lowest)
    return extent
