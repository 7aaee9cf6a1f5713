"""The score of one challenge, with what it takes to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ScoreError
from submission_builder.protocol.metrics import nrmse
from submission_builder.scores.interval import subject_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from submission_builder.protocol.challenges import Profile
    from submission_builder.protocol.windows import WindowTable


@dataclass(frozen=True)
class ChallengeScore:
    """What a submission's predictions to one challenge are worth.

    Attributes
    ----------
    n_windows, n_recordings, n_subjects
        What the score rests on; recordings without a trial or a target have no windows.
    target_mean, target_std
        Of the targets (ddof 0), in the target's unit.
    prediction_std
        Spread of the predictions: far below `target_std`, the net predictions nearly a constant.
    nrmse
        The score; None where it is not defined, and `reason` then says why.
    interval
        95 % interval over subjects.
    constant
        nrmse of the best constant, the mean of these targets.
    """

    n_windows: int
    n_recordings: int
    n_subjects: int
    target_mean: float | None = None
    target_std: float | None = None
    prediction_std: float | None = None
    nrmse: float | None = None
    interval: tuple[float, float] | None = None
    constant: float | None = None
    reason: str | None = None


def unscored(table: WindowTable, reason: str) -> ChallengeScore:
    """Describe a challenge that has no score."""
    known = len(table) > 0
    return ChallengeScore(
        n_windows=len(table),
        n_recordings=len(np.unique(table.recording)),
        n_subjects=table.n_subjects,
        target_mean=_mean(table.target) if known else None,
        target_std=_std(table.target) if known else None,
        reason=reason,
    )


def score_challenge(table: WindowTable, predictions: NDArray[np.float64], profile: Profile) -> ChallengeScore:
    """Score the predictions to one challenge.

    Parameters
    ----------
    table
        The windows with their targets.
    predictions
        One for each window.
    profile
        The scoring rules.

    Shape
    -----
    predictions: ``(n_windows,)``
    """
    try:
        score = nrmse(table.target, predictions, denominator=profile.denominator)
    except ScoreError as error:
        return unscored(table, str(error))
    mean = np.full(len(table), _mean(table.target))
    return ChallengeScore(
        n_windows=len(table),
        n_recordings=len(np.unique(table.recording)),
        n_subjects=table.n_subjects,
        target_mean=_mean(table.target),
        target_std=_std(table.target),
        prediction_std=_std(predictions),
        nrmse=score,
        interval=subject_interval(table.target, predictions, table.subject, denominator=profile.denominator),
        constant=nrmse(table.target, mean, denominator=profile.denominator),
    )


def _mean(values: NDArray[np.floating]) -> float:
    return float(np.mean(values, dtype=np.float64))


def _std(values: NDArray[np.floating]) -> float:
    return float(np.std(values, dtype=np.float64))
