"""The metric of the competition.

References
----------
``nrmse`` and ``score_overall`` in ``local_scoring.py`` of the start kit, https://github.com/eeg2025/startkit
(2025-10-11). The range as denominator: the server's scoring program of 2025-08-29 (see
:mod:`submission_builder.protocol.challenges`).
"""

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
    r"""Compute the root mean squared error over the spread of the targets.

    .. math:: \sqrt{\tfrac1n \sum_i (y_i - \hat y_i)^2} \;/\; \operatorname{std}(y), \quad \mathrm{ddof} = 0

    Values are cast to float32, as on the server, and summed in float64.

    Parameters
    ----------
    target, prediction
        All windows of a challenge, pooled.
    denominator
        ``std`` (profile ``final``), or ``range``, which is ``max - min`` (profile ``v3``).

    Returns
    -------
    float
        Lower is better. The mean of the targets as constant prediction scores 1.0 under ``std``.

    Raises
    ------
    ScoreError
        If shapes differ, there is no window, a value is not finite or all targets are equal.

    Shape
    -----
    target, prediction: ``(n_windows,)``
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
    """Compute the weighted mean of the challenges' unrounded scores.

    Parameters
    ----------
    parts
        The nrmse of each challenge, by number.
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
    """Round a score as the server does for publication."""
    return round(score, DECIMALS)
