"""What is to be predicted: response times and factor scores, drawn from tables of quantiles.

The tables follow the public release R5 (protocol facts, section 1) closely enough that a model meets targets
of the usual mean and spread; no value of any real participant is used.
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
"""Response times at the levels above, linear in between: a density that is uniform piece by piece."""

SCORE_LEVELS = (0.0, 0.05, 0.25, 0.50, 0.75, 0.95, 1.0)
SCORE_QUANTILES = (-2.22, -0.98, -0.43, 0.01, 0.61, 1.52, 2.28)
"""Externalizing scores at the levels above."""

BETWEEN_SUBJECTS = 0.21
"""Share of the variance of response times (as normal scores) that lies between subjects."""

TICK_MS = 2
"""Events lie on whole ticks: the 500 Hz at which the task's events were stamped."""

SCORE_DECIMALS = 3
"""Decimals of the factor scores in participants.tsv."""


def response_times_ms(rng: Generator, pace: float, n_trials: int) -> NDArray[np.int64]:
    """Draw the response times of one run (Gaussian copula), in whole ticks.

    Parameters
    ----------
    rng
        Source of the draw.
    pace
        The subject's own standard normal score; high is slow.
    n_trials
        How many to draw.
    """
    own, free = np.sqrt(BETWEEN_SUBJECTS), np.sqrt(1 - BETWEEN_SUBJECTS)
    level = norm.cdf(own * pace + free * rng.standard_normal(n_trials))
    seconds = np.interp(level, RESPONSE_LEVELS, RESPONSE_QUANTILES_S)
    ticks: NDArray[np.int64] = np.round(seconds * 1000 / TICK_MS).astype(np.int64)
    return TICK_MS * ticks


def response_mass(edges_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of a response time between neighbouring edges, over all subjects.

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

    with :math:`e` the standardised scores and :math:`r` a normal draw, orthogonal to :math:`e` and
    standardised, all under `weight`. Regression on :math:`a` thus leaves an nrmse of :math:`\sqrt{1-\rho^2}`.

    Parameters
    ----------
    rng
        Source of the draw.
    externalizing
        Factor score of each subject.
    weight
        How many windows of challenge 2 each subject has.
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
