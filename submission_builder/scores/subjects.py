"""Prediction error of each subject."""

from __future__ import annotations

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
