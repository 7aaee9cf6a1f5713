"""Baselines that know a subject's age, sex or mean, but no EEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from submission_builder.protocol.metrics import nrmse
from submission_builder.scores.interval import difference
from submission_builder.scores.jackknife import jackknife

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from submission_builder.protocol.windows import WindowTable
    from submission_builder.scores.jackknife import Jackknife

AGE_SEX, SUBJECT_MEAN = "age and sex", "subject's mean"

_RIDGE = 10.0
"""Penalty on the squared coefficients, in subjects (or windows) of the reference."""


@dataclass(frozen=True, eq=False)
class SubjectTable:
    """Age and sex of subjects; every array has the shape ``(n_subjects,)``."""

    age: NDArray[np.float64]
    """In years; NaN if unknown."""
    male: NDArray[np.float64]
    """1 for male, 0 for female; NaN if unknown."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Subjects of other releases with their targets."""

    subjects: SubjectTable
    target: NDArray[np.float64]
    """Mean target of each subject; shape ``(n_subjects,)``."""
    weight: NDArray[np.float64]
    """Number of windows of each subject, or 1 for a target that belongs to the subject; shape ``(n_subjects,)``."""

    @property
    def mean(self) -> float:
        """Mean of the reference's targets."""
        return float(np.average(self.target, weights=self.weight))

    def predict(self, subjects: SubjectTable) -> NDArray[np.float64]:
        """Predict the target of other subjects by a ridge on age, its square and sex.

        Parameters
        ----------
        subjects
            The subjects to predict. An unknown age or sex counts as average.

        Shape
        -----
        Output: ``(n_subjects,)``
        """
        X, X_new = self._features(self.subjects), self._features(subjects)
        penalty = np.diag([0.0] + [_RIDGE] * (X.shape[1] - 1))
        weighted = X * self.weight[:, None]
        coefficients = np.linalg.solve(weighted.T @ X + penalty, weighted.T @ self.target)
        prediction: NDArray[np.float64] = X_new @ coefficients
        return prediction

    def _features(self, subjects: SubjectTable) -> NDArray[np.float64]:
        """Return an intercept and age, its square and sex in standard units of the reference."""
        known = self.subjects.age[np.isfinite(self.subjects.age)]
        mean, std = (known.mean(), known.std() or 1.0) if len(known) else (0.0, 1.0)
        age = np.nan_to_num((subjects.age - mean) / std)
        return np.column_stack([np.ones(len(age)), age, age**2, np.nan_to_num(subjects.male - 0.5)])


@dataclass(frozen=True)
class Baseline:
    """The score of predictions without EEG, and the probability that a model is better."""

    nrmse: float
    p_better: float | None
    """Probability that the model is better, from the paired difference; None with too few subjects."""


def subject_mean(table: WindowTable) -> NDArray[np.float64]:
    """Predict each window by the mean target of its own subject: what the subject's identity alone could give.

    Shape
    -----
    Output: ``(n_windows,)``
    """
    _, who = np.unique(table.subject, return_inverse=True)
    means: NDArray[np.float64] = np.bincount(who, weights=table.target) / np.bincount(who)
    return means[who]


def compare_with_baseline(
    table: WindowTable,
    predictions: NDArray[np.float64],
    model: Jackknife | None,
    *,
    denominator: Literal["std", "range"] = "std",
) -> Baseline:
    """Score the predictions of a baseline beside a model.

    Parameters
    ----------
    table
        The windows.
    predictions
        Of the baseline.
    model
        Score of the model on the same windows; None with too few subjects.
    denominator
        As in :func:`submission_builder.protocol.metrics.nrmse`.

    Shape
    -----
    predictions: ``(n_windows,)``
    """
    own = jackknife(table.target, predictions, table.subject, denominator=denominator)
    paired = difference(model, own).p_better if model and own else None
    return Baseline(nrmse(table.target, predictions, denominator=denominator), paired)
