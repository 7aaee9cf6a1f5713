"""The metric of the competition (protocol facts, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from submission_builder.base.errors import ScoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from submission_builder.protocol.challenges import Profile

DECIMALS = 5
"""The server rounds each published score to this many decimals."""


def nrmse(target: ArrayLike, prediction: ArrayLike, *, denominator: Literal["std", "range"] = "std") -> float:
    r"""Root mean squared error over the spread of the targets.

    .. math:: \sqrt{\tfrac1n \sum_i (y_i - \hat y_i)^2} \;/\; \operatorname{std}(y), \quad \mathrm{ddof} = 0

    Values are taken in float32, as the server holds them, and summed in float64.

    Parameters
    ----------
    target, prediction
        All windows of a challenge, pooled.
    denominator
        ``std`` (profile ``final``), or ``range``, the ``max - min`` of profile ``v3``.

    Shape
    -----
    target, prediction: ``(n_windows,)``

    Returns
    -------
    float
        1.0 for the mean of the targets under ``std``; lower is better.

    Raises
    ------
    ScoreError
        If shapes differ, there is no window, a value is not finite or all targets are equal.
    """
    y, y_hat = (np.asarray(a, dtype=np.float32).astype(np.float64) for a in (target, prediction))
    if y.ndim != 1 or y.shape != y_hat.shape:
        raise ScoreError(f"nrmse takes targets and predictions (n_windows,), not {y.shape} and {y_hat.shape}")
    if not len(y):
        raise ScoreError("nrmse is undefined: there is no window")
    if not np.isfinite(y_hat).all():
        index = int(np.flatnonzero(~np.isfinite(y_hat))[0])
        raise ScoreError(f"nrmse is undefined: prediction {index} of {len(y)} is {y_hat[index]}")
    if not np.isfinite(y).all():
        raise ScoreError(f"nrmse is undefined: {np.sum(~np.isfinite(y))} of {len(y)} targets are not finite")
    if y.min() == y.max():
        raise ScoreError(f"nrmse is undefined: all {len(y)} targets are {y[0]:g}, so their standard deviation is 0")
    spread = y.std() if denominator == "std" else y.max() - y.min()
    return float(np.sqrt(np.mean((y - y_hat) ** 2)) / spread)


def overall(parts: Mapping[int, float], profile: Profile) -> float:
    """Weigh the challenges' unrounded scores into one.

    Parameters
    ----------
    parts
        nrmse by number of the challenge.
    profile
        The scoring rules, which hold the weights.

    Raises
    ------
    ScoreError
        If a challenge has no score.
    """
    missing = sorted(set(profile.challenges) - set(parts))
    if missing:
        raise ScoreError(f"overall is undefined: challenge {missing[0]} has no score")
    return sum(spec.weight * parts[number] for number, spec in profile.challenges.items())


def rounded(score: float) -> float:
    """Round a score as the server publishes it."""
    return round(score, DECIMALS)
