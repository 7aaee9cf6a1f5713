"""The bootstrap interval over subjects."""

import numpy as np
import pytest

from submission_builder.protocol.metrics import nrmse
from submission_builder.scores.interval import subject_interval


def made(n_subjects=30, windows=40, seed=0):
    """Windows that differ more between subjects than within."""
    rng = np.random.default_rng(seed)
    subject = np.repeat([f"s{i:02}" for i in range(n_subjects)], windows)
    y = np.repeat(rng.normal(size=n_subjects), windows) + 0.1 * rng.normal(size=len(subject))
    return y, y * 0.3, subject


@pytest.mark.parametrize("denominator", ["std", "range"])
def test_the_interval_equals_that_of_a_loop_over_resamples(denominator):
    """The loop draws subjects and concatenates their windows, one resample at a time."""
    y, y_hat, subject = made(12, 9)
    names = np.unique(subject)
    rng, scores = np.random.default_rng(5), []
    for _ in range(1500):
        rows = np.concatenate([np.flatnonzero(subject == name) for name in rng.choice(names, len(names))])
        scores.append(nrmse(y[rows], y_hat[rows], denominator=denominator))
    interval = subject_interval(y, y_hat, subject, denominator=denominator)
    assert interval == pytest.approx(np.percentile(scores, (2.5, 97.5)), rel=0.03)


def test_the_interval_contains_the_score():
    y, y_hat, subject = made()
    low, high = subject_interval(y, y_hat, subject)
    assert low < nrmse(y, y_hat) < high


def test_resampling_subjects_gives_a_wider_interval_than_resampling_windows():
    y, y_hat, subject = made()
    y_hat = y_hat + np.repeat(np.random.default_rng(1).normal(size=30), 40)
    low, high = subject_interval(y, y_hat, subject)
    low_windows, high_windows = subject_interval(y, y_hat, np.arange(len(y)).astype(str))
    assert high - low > 3 * (high_windows - low_windows)


def test_one_subject_has_no_interval():
    assert subject_interval([1.0, 2.0], [1.0, 1.0], ["a", "a"]) is None


def test_equal_targets_have_no_interval():
    assert subject_interval([1.0, 1.0], [1.0, 1.0], ["a", "b"]) is None
