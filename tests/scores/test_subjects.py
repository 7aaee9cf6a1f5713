"""Prediction error of each subject."""

import pytest

from submission_builder.scores.subjects import subject_errors


def test_errors_by_subject_are_root_mean_squares_in_ascending_order():
    names, errors = subject_errors([0, 0, 1, 1], [3, 3, 1, 2], ["b", "b", "a", "a"])
    assert names.tolist() == ["a", "b"]
    assert errors.tolist() == [pytest.approx(0.5**0.5), 3]
