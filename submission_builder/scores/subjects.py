"""Prediction error of each subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def subject_errors(
    target: ArrayLike, prediction: ArrayLike, subject: ArrayLike
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Return the root mean squared error over each subject's windows.

    Returns
    -------
    subjects, errors
        Subjects and their errors in the target's unit, in ascending order of the error.

    Shape
    -----
    target, prediction, subject: ``(n_windows,)`` · subjects, errors: ``(n_subjects,)``
    """
    names, who, n_windows = np.unique(np.asarray(subject), return_inverse=True, return_counts=True)
    squared = (np.asarray(target, np.float64) - np.asarray(prediction, np.float64)) ** 2
    errors = np.sqrt(np.bincount(who, weights=squared) / n_windows)
    order = np.argsort(errors, kind="stable")
    return names[order], errors[order]


@dataclass(frozen=True)
class SubjectError:
    """The error on the windows of one subject, in the unit of the target."""

    subject: str
    n_windows: int
    n_recordings: int
    rmse: float
    lowest: float
    """RMSE of the subject's recording with the smallest error."""
    highest: float
    """RMSE of the subject's recording with the largest error."""
    constant: float
    """RMSE of the best constant, the mean of the targets of all subjects."""
    bias: float
    """Mean of the subject's predictions minus mean of its targets."""
    share: float
    """Share of the squared error of all subjects."""


def errors_by_subject(
    target: ArrayLike, prediction: ArrayLike, subject: ArrayLike, recording: ArrayLike
) -> tuple[SubjectError, ...]:
    """Describe the error of each subject, the largest RMSE first.

    Shape
    -----
    target, prediction, subject, recording: ``(n_windows,)``
    """
    y, y_hat = (np.asarray(a, np.float64) for a in (target, prediction))
    names, who = np.unique(np.asarray(subject), return_inverse=True)
    of_recording = np.unique(np.asarray(recording), return_inverse=True)[1]
    squared, n_windows = (y - y_hat) ** 2, np.bincount(who)
    per_recording = np.sqrt(np.bincount(of_recording, weights=squared) / np.bincount(of_recording))
    owner = np.zeros(len(per_recording), np.int64)
    owner[of_recording] = who
    lowest, highest = np.full(len(names), np.inf), np.zeros(len(names))
    np.minimum.at(lowest, owner, per_recording)
    np.maximum.at(highest, owner, per_recording)
    total = np.bincount(who, weights=squared)
    rmse = np.sqrt(total / n_windows)
    columns = (
        n_windows,
        np.bincount(owner),
        rmse,
        lowest,
        highest,
        np.sqrt(np.bincount(who, weights=(y - y.mean()) ** 2) / n_windows),
        np.bincount(who, weights=y_hat - y) / n_windows,
        total / total.sum() if total.any() else total,
    )
    order = np.argsort(-rmse, kind="stable")
    rows = zip(*(column[order].tolist() for column in columns), strict=True)
    return tuple(SubjectError(str(name), *row) for name, row in zip(names[order], rows, strict=True))
