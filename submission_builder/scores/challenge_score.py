"""The score of one challenge, with the sizes, spreads and interval needed to interpret it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.base.errors import ScoreError
from submission_builder.protocol.metrics import nrmse
from submission_builder.scores.interval import OverSubjects, over_subjects
from submission_builder.scores.jackknife import jackknife, weighted_sum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from submission_builder.protocol.challenges import Profile
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.scores.subject_baselines import Baseline


@dataclass(frozen=True)
class ChallengeScore:
    """The score of a model's predictions for one challenge."""

    n_windows: int
    n_recordings: int
    """Number of recordings with at least one window."""
    n_subjects: int
    target_mean: float | None = None
    """Mean of the targets, in their unit."""
    target_std: float | None = None
    """Standard deviation (ddof 0) of the targets, in their unit."""
    prediction_mean: float | None = None
    """Mean of the predictions, in the unit of the targets."""
    prediction_std: float | None = None
    """Standard deviation (ddof 0) of the predictions, in the unit of the targets."""
    bias: float | None = None
    """Mean of the predictions minus mean of the targets, in the unit of the targets."""
    correlation: float | None = None
    """Pearson correlation of predictions and targets; None if all predictions are equal."""
    nrmse: float | None = None
    """The score; None if it is undefined, see `reason`.

    RMSE over the standard deviation of the targets; under profile ``v3`` over their range."""
    constant: float | None = None
    """nrmse of the best constant prediction, the mean of these targets."""
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    """Predictions without EEG by name, beside the best constant; see ``evaluate --reference``."""
    reason: str | None = None
    """Reason for an undefined score."""
    over_subjects: OverSubjects | None = None
    """What the subjects say about the score; None with too few subjects."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of nrmse over subjects; None with too few subjects."""
        return self.over_subjects.interval if self.over_subjects else None

    @property
    def spread(self) -> float | None:
        """Standard deviation of the predictions over that of the targets; None if one is unknown or the latter is 0."""
        return None if self.prediction_std is None or not self.target_std else self.prediction_std / self.target_std

    def to_dict(self) -> dict[str, Any]:
        """Return the score in a form that JSON can hold; the reason for an undefined score is last."""
        names = [item.name for item in fields(self) if item.name not in ("over_subjects", "baselines", "reason")]
        found = self.over_subjects.to_dict() if self.over_subjects else dict.fromkeys(OverSubjects.keys())
        found["constant"] = self.constant  # it exists without an interval too
        found["baselines"] = {name: asdict(baseline) for name, baseline in self.baselines.items()}
        return {name: getattr(self, name) for name in names} | found | {"reason": self.reason}


def unscored(table: WindowTable, reason: str | None) -> ChallengeScore:
    """Return the sizes and targets of a challenge, with the reason why its score is undefined."""
    has_windows = len(table) > 0
    return ChallengeScore(
        n_windows=len(table),
        n_recordings=len(np.unique(table.recording)),
        n_subjects=table.n_subjects,
        target_mean=_mean(table.target) if has_windows else None,
        target_std=_std(table.target) if has_windows else None,
        reason=reason,
    )


def score_challenge(table: WindowTable, predictions: NDArray[np.float64], profile: Profile) -> ChallengeScore:
    """Score the predictions for one challenge.

    Parameters
    ----------
    table
        The windows and their targets.
    predictions
        One prediction for each window.
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
    target_mean, prediction_mean = _mean(table.target), _mean(predictions)
    mean = np.full(len(table), target_mean)
    constant = nrmse(table.target, mean, denominator=profile.denominator)
    left_out = jackknife(table.target, predictions, table.subject, denominator=profile.denominator)
    return replace(
        unscored(table, reason=None),
        prediction_mean=prediction_mean,
        prediction_std=_std(predictions),
        bias=prediction_mean - target_mean,
        correlation=_correlation(table.target, predictions),
        nrmse=score,
        constant=constant,
        over_subjects=over_subjects(left_out, constant) if left_out else None,
    )


def _correlation(target: NDArray[np.float32], predictions: NDArray[np.float64]) -> float | None:
    """Return the Pearson correlation; None if all predictions are equal, apart from rounding."""
    y, y_hat = (np.asarray(a, np.float64) for a in (target, predictions))
    if np.ptp(y_hat) <= np.finfo(np.float32).eps * np.abs(y_hat).max():
        return None
    return float(np.corrcoef(y, y_hat)[0, 1])


def _mean(values: NDArray[np.floating]) -> float:
    return float(np.mean(values, dtype=np.float64))


def _std(values: NDArray[np.floating]) -> float:
    return float(np.std(values, dtype=np.float64))


def overall_over_subjects(scores: Mapping[int, ChallengeScore], profile: Profile) -> OverSubjects | None:
    """Describe the overall score over subjects; None if a challenge has no interval.

    Parameters
    ----------
    scores
        Score of each challenge of the profile.
    profile
        The scoring rules, which hold the weights.
    """
    weights = {number: spec.weight for number, spec in profile.challenges.items()}
    parts = {n: score.over_subjects.jackknife for n, score in scores.items() if score.over_subjects}
    if parts.keys() != weights.keys():
        return None
    return over_subjects(weighted_sum(parts, weights), sum(weights[n] * (scores[n].constant or 0) for n in weights))
