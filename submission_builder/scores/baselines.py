"""What can be had without EEG: the scores that an prediction has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.protocol.metrics import nrmse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

BEST_CONSTANT, TRAIN_MEAN, RELEASE_MEAN = "best constant", "train mean", "per-release mean"


def baseline_predictions(
    train_target: NDArray[np.float32], train_release: NDArray[np.int64], release: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Answer the windows of one side by the targets of the other.

    Parameters
    ----------
    train_target, train_release
        Targets that were trained on, and the number of the release that each is of.
    release
        That of each window to prediction.

    Returns
    -------
    dict[str, NDArray[np.float64]]
        Predictions by name. The mean of each release is left out where it says no more than the mean of all: one release
        trained on, or windows of other ones.

    Shape
    -----
    train_target, train_release: ``(n_train,)``. release, each prediction: ``(n_windows,)``.
    """
    predictions = {TRAIN_MEAN: np.full(len(release), _mean(train_target))}
    means = {number: _mean(train_target[train_release == number]) for number in np.unique(train_release)}
    if len(means) > 1 and set(np.unique(release)) <= set(means):
        predictions[RELEASE_MEAN] = np.array([means[number] for number in release])
    return predictions


def baseline_scores(target: NDArray[np.float32], predictions: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """Score what knows no EEG.

    Parameters
    ----------
    target
        Of the windows.
    predictions
        What :func:`baseline_predictions` says to them.

    Returns
    -------
    dict[str, float]
        nrmse by name. The best constant, the mean of these targets, has 1 by definition. Empty where all targets are
        equal.
    """
    if not len(target) or np.ptp(target) == 0:
        return {}
    return {BEST_CONSTANT: 1.0} | {name: nrmse(target, prediction) for name, prediction in predictions.items()}


def _mean(target: NDArray[np.float32]) -> float:
    return float(np.mean(target, dtype=np.float64))
