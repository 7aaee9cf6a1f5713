"""Means in bins, with an interval over subjects."""

import numpy as np
import pytest
from scipy import stats

from submission_builder.scores.binned import binned_means, quantile_edges

rng = np.random.default_rng(3)


def test_with_one_window_per_subject_the_interval_is_that_of_students_t():
    values = rng.normal(2, 1, 30)
    found = binned_means(np.zeros(30), values, [f"S{i}" for i in range(30)], [0, 1])
    low, high = stats.t.interval(0.95, 29, values.mean(), stats.sem(values))
    assert (found.low[0], found.mean[0], found.high[0]) == pytest.approx((low, values.mean(), high))
    assert (found.n_windows[0], found.n_subjects[0]) == (30, 30)


def test_repeating_every_window_changes_no_interval():
    """Windows of one subject are not independent: a copy of each adds no information."""
    values, subject = rng.normal(size=40), np.repeat(np.arange(10), 4)
    once = binned_means(np.zeros(40), values, subject, [0, 1])
    thrice = binned_means(np.zeros(120), np.tile(values, 3), np.tile(subject, 3), [0, 1])
    assert (thrice.low[0], thrice.high[0]) == pytest.approx((once.low[0], once.high[0]))


def test_about_95_of_100_intervals_hold_the_mean():
    hits = 0
    for _ in range(1000):
        n = rng.integers(5, 40, 30)
        subject = np.repeat(np.arange(30), n)
        values = rng.normal(0, 1, 30)[subject] + rng.normal(0, 1, len(subject))
        found = binned_means(np.zeros(len(subject)), values, subject, [0, 1])
        hits += found.low[0] <= 0 <= found.high[0]
    assert 0.92 <= hits / 1000 <= 0.97


def test_bins_are_half_open_and_empty_ones_are_absent():
    found = binned_means([0, 0.5, 1, 3, 9], [1, 2, 3, 4, 100], list("aabbc"), [0, 1, 2, 3])
    assert found.mean.tolist() == [1.5, 3, 4]
    assert found.center.tolist() == [0.25, 1, 3]
    assert found.n_subjects.tolist() == [1, 1, 1]
    assert np.isnan(found.low).all()


@pytest.mark.parametrize("values", [[1.0] * 9, [2.0]])
def test_equal_values_make_one_bin(values):
    edges = quantile_edges(values, 4)
    found = binned_means(values, values, ["a"] * len(values), edges)
    assert found.mean.tolist() == [values[0]]


def test_no_window_gives_no_bin():
    assert len(binned_means([5.0], [1.0], ["a"], [0, 1]).mean) == 0
