"""The score of the best of several candidates, corrected for having been selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from submission_builder.scores.jackknife import Jackknife

_GRID = 400
"""Values of the standard deviation of the true scores over which the posterior is averaged."""


@dataclass(frozen=True)
class BestOf:
    """The best of several candidates on the same subjects."""

    index: int
    """Position of the candidate with the lowest score."""
    score: float
    """Its score."""
    corrected: float
    """Estimate of its score on other subjects."""

    @property
    def optimism(self) -> float:
        """By how much the lowest score is too good because it was selected; 0 or more."""
        return self.corrected - self.score


def best_of(candidates: Sequence[Jackknife]) -> BestOf:
    r"""Correct the lowest score of several candidates for the selection.

    Candidates of equal quality have different scores by chance, and the lowest is below its value on other subjects.
    Let the true scores be normal around a common mean with standard deviation :math:`\tau`, and the observed scores
    normal around the true ones with the jackknife covariance over subjects. The corrected score is the posterior mean
    of the best candidate. A priori the candidates are equally good (:math:`\tau = 0`) with probability 1/2; otherwise
    :math:`\tau` has a half-Cauchy prior, whose scale is half the typical standard error of a difference from the mean
    of the candidates. Candidates that differ by chance alone are drawn to their mean; clear differences remain.

    Parameters
    ----------
    candidates
        Scores of the same subjects; at least one.

    References
    ----------
    Efron & Morris 1973, J. Am. Stat. Assoc. 68, 117; Gelman 2006, Bayesian Analysis 1, 515
    """
    values = np.array([candidate.value for candidate in candidates])
    index = int(values.argmin())
    without = np.stack([candidate.without for candidate in candidates])
    deviation = (without - without.mean(axis=0)) - (without - without.mean(axis=0)).mean(axis=1, keepdims=True)
    n = deviation.shape[1]
    noise, axes = np.linalg.eigh((n - 1) / n * deviation @ deviation.T)
    kept = noise > 1e-9 * max(noise.max(), np.finfo(float).tiny)  # not the mean, and not between equal candidates
    if not kept.any():
        return BestOf(index, float(values[index]), float(values[index]))
    axes, noise = axes[:, kept], noise[kept]
    along = axes.T @ (values - values.mean())
    shrunk = values.mean() + axes @ (_shrinkage(along, noise) * along)
    return BestOf(index, float(values[index]), float(max(shrunk[index], values[index])))


def _shrinkage(along: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the posterior mean of the share of signal along each axis."""
    quantile = (np.arange(_GRID) + 0.5) / _GRID
    tau = np.append(0, np.sqrt(noise.mean()) / 2 * np.tan(np.pi / 2 * quantile))
    prior = np.append(0.5, np.full(_GRID, 0.5 / _GRID))
    variance = tau[:, None] ** 2 + noise
    log_likelihood = -0.5 * np.sum(np.log(variance) + along**2 / variance, axis=1)
    weight = prior * np.exp(log_likelihood - log_likelihood.max())
    share: NDArray[np.float64] = (weight / weight.sum()) @ (tau[:, None] ** 2 / variance)
    return share
