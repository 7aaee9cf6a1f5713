"""Baselines: scores of predictions that use no EEG."""

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
    """Predict the windows of a held-out split from the targets of the training windows.

    Parameters
    ----------
    train_target, train_release
        Target of each training window, and the number of its release.
    release
        Number of the release of each held-out window.

    Returns
    -------
    dict[str, NDArray[np.float64]]
        Predictions by name: the mean of the training targets, and their mean in each release. The latter is absent if
        there is only one training release, or if a held-out window is from a release without training windows.

    Shape
    -----
    train_target, train_release: ``(n_train,)`` · release, each prediction: ``(n_windows,)``
    """
    predictions = {TRAIN_MEAN: np.full(len(release), _mean(train_target))}
    means = {number: _mean(train_target[train_release == number]) for number in np.unique(train_release)}
    if len(means) > 1 and set(np.unique(release)) <= set(means):
        predictions[RELEASE_MEAN] = np.array([means[number] for number in release])
    return predictions


def baseline_scores(target: NDArray[np.float32], predictions: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """Score the baselines.

    Parameters
    ----------
    target
        Targets of the held-out windows.
    predictions
        Result of :func:`baseline_predictions`.

    Returns
    -------
    dict[str, float]
        nrmse by name. The best constant is the mean of these targets and has nrmse 1. Empty if all targets are equal.

    Shape
    -----
    target, each prediction: ``(n_windows,)``
    """
    if not len(target) or np.ptp(target) == 0:
        return {}
    return {BEST_CONSTANT: 1.0} | {name: nrmse(target, prediction) for name, prediction in predictions.items()}


def _mean(target: NDArray[np.float32]) -> float:
    return float(np.mean(target, dtype=np.float64))
