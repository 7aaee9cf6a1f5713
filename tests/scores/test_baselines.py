"""Baselines: predictions that use no EEG."""

import numpy as np
import pytest

from submission_builder.protocol.metrics import nrmse
from submission_builder.scores.baselines import (
    BEST_CONSTANT,
    RELEASE_MEAN,
    TRAIN_MEAN,
    baseline_predictions,
    baseline_scores,
)

TRAIN_TARGET = np.array([1, 1, 3, 3], np.float32)
TRAIN_RELEASE = np.array([0, 0, 1, 1])
TARGET = np.array([1, 1.5, 3, 2.5], np.float32)
RELEASE = np.array([0, 0, 1, 1])


def test_baselines_are_the_mean_of_the_training_targets_overall_and_by_release():
    assert baseline_scores(TARGET, baseline_predictions(TRAIN_TARGET, TRAIN_RELEASE, RELEASE)) == {
        BEST_CONSTANT: 1.0,
        TRAIN_MEAN: pytest.approx(nrmse(TARGET, np.full(4, 2.0))),
        RELEASE_MEAN: pytest.approx(nrmse(TARGET, np.array([1, 1, 3, 3]))),
    }


def test_one_training_release_has_no_baseline_by_release():
    assert RELEASE_MEAN not in baseline_predictions(TRAIN_TARGET, np.zeros(4, int), RELEASE)


def test_a_release_without_training_windows_has_no_baseline_by_release():
    assert RELEASE_MEAN not in baseline_predictions(TRAIN_TARGET, TRAIN_RELEASE, RELEASE + 1)


def test_equal_targets_have_no_baselines():
    predictions = baseline_predictions(TRAIN_TARGET, TRAIN_RELEASE, RELEASE)
    assert baseline_scores(np.full(4, 0.7, np.float32), predictions) == {}
