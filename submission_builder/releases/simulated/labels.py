"""Draws the targets: response times and factor scores, from tables of quantiles.

The tables approximate release R5 of HBN-EEG (OpenNeuro ds005509), so that the targets have its mean and spread. They
contain no value of a real participant.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

RESPONSE_LEVELS = (0.0, 0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99, 1.0)
RESPONSE_QUANTILES_S = (0.0, 0.24, 0.92, 1.34, 1.59, 1.84, 2.20, 2.35, 2.50)
"""Response times at these levels. The quantile function is linear in between, so the density is piecewise constant."""

SCORE_LEVELS = (0.0, 0.05, 0.25, 0.50, 0.75, 0.95, 1.0)
SCORE_QUANTILES = (-2.22, -0.98, -0.43, 0.01, 0.61, 1.52, 2.28)
"""Externalizing scores at these levels."""

BETWEEN_SUBJECTS = 0.21
"""Share of the variance of response times (as normal scores) between subjects."""

TICK_MS = 2
"""Event times are multiples of this tick, because the task stamps events at 500 Hz."""

SCORE_DECIMALS = 3
"""Decimals of the factor scores in participants.tsv."""


def response_times_ms(rng: Generator, pace: float, n_trials: int) -> NDArray[np.int64]:
    """Draw the response times of one run (Gaussian copula), rounded to whole ticks.

    Parameters
    ----------
    rng
        Random generator.
    pace
        Standard normal score of the subject; high values are slow.
    n_trials
        Number of response times.
    """
    own, free = np.sqrt(BETWEEN_SUBJECTS), np.sqrt(1 - BETWEEN_SUBJECTS)
    level = norm.cdf(own * pace + free * rng.standard_normal(n_trials))
    seconds = np.interp(level, RESPONSE_LEVELS, RESPONSE_QUANTILES_S)
    ticks: NDArray[np.int64] = np.round(seconds * 1000 / TICK_MS).astype(np.int64)
    return TICK_MS * ticks


def response_mass(edges_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of a response time between adjacent edges, over all subjects.

    Shape
    -----
    edges_s: ``(n + 1,)``. Output: ``(n,)``.
    """
    return np.diff(np.interp(edges_s, RESPONSE_QUANTILES_S, RESPONSE_LEVELS))


def externalizing_scores(rng: Generator, n_subjects: int) -> NDArray[np.float64]:
    """Draw one score from each of `n_subjects` equal slices of the distribution, in random order."""
    level = (rng.permutation(n_subjects) + rng.random(n_subjects)) / n_subjects
    return np.round(np.interp(level, SCORE_LEVELS, SCORE_QUANTILES), SCORE_DECIMALS)


def alpha_scores(
    rng: Generator, externalizing: NDArray[np.float64], weight: NDArray[np.float64], correlation: float
) -> NDArray[np.float64]:
    r"""Draw alpha scores whose weighted correlation with `externalizing` is exactly `correlation`.

    .. math:: a = \rho e + \sqrt{1 - \rho^2}\, r

    where :math:`e` are the standardised scores and :math:`r` is a standardised normal draw that is orthogonal to
    :math:`e`, all under `weight`. Regression on :math:`a` then has an nrmse of :math:`\sqrt{1-\rho^2}`.

    Parameters
    ----------
    rng
        Random generator.
    externalizing
        Factor score of each subject.
    weight
        Number of windows of each subject in challenge 2.
    correlation
        ρ, from 0 to 1.

    Shape
    -----
    externalizing, weight, output: ``(n_subjects,)``; 3 subjects or more.
    """
    share = weight / weight.sum()
    e = _standardised(externalizing, share)
    r = rng.standard_normal(len(e))
    r = r - share @ r  # before the projection: e is orthogonal to the constant
    r = _standardised(r - (share @ (r * e)) * e, share)
    return correlation * e + math.sqrt(1 - correlation**2) * r


def _standardised(x: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = x - np.dot(share, x)
    return centred / math.sqrt(np.dot(share, centred**2))
