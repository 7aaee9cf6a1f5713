"""Splits by subject."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from model_zoo.training.splits import (
    fold_subjects,
    require_disjoint,
    require_varying_targets,
    split_subjects,
    subjects_digest,
)
from submission_builder.base.errors import ReleaseError
from submission_builder.protocol.windows import WindowTable


def table_of(subjects, target=None):
    n = len(subjects)
    target = np.arange(n, dtype=np.float32) if target is None else target
    return WindowTable(1, np.zeros(n, np.int64), np.arange(n), target, np.array(subjects, str))


@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=60), st.floats(0.01, 0.99), st.integers(0, 9))
def test_split_property_splits_share_no_subject_and_lose_no_window(subjects, val_share, seed):
    if len(set(subjects)) < 2:
        subjects = ["a", "b", *subjects]
    train, val = split_subjects(table_of(subjects), val_share, seed)
    assert not set(train.subject) & set(val.subject)
    assert sorted([*train.start, *val.start]) == list(range(len(subjects)))
    assert len(train)
    assert len(val)


def test_a_split_needs_two_subjects():
    with pytest.raises(ReleaseError, match=r"at least 2 subjects, .*; there is 1"):
        split_subjects(table_of(["a", "a"]), 0.5, 0)


def former_folds(subjects, n_folds):
    """Rows of each fold, by the algorithm that folds had before they were scikit-learn's."""
    names, who, n_windows = np.unique(subjects, return_inverse=True, return_counts=True)
    fold, size = np.empty(len(names), np.int64), np.zeros(n_folds, np.int64)
    for subject in np.argsort(n_windows, kind="stable")[::-1]:
        fold[subject] = lightest = np.argmin(size)
        size[lightest] += n_windows[subject]
    return [np.flatnonzero(fold[who] == number) for number in range(n_folds)]


@given(st.lists(st.integers(1, 4), min_size=5, max_size=60), st.integers(1, 5), st.randoms(use_true_random=False))
def test_fold_property_the_folds_are_those_of_scikit_learn_and_of_earlier_versions(n_windows, n_folds, random):
    """Many subjects with equal numbers of windows: only a stable sort gives the same folds everywhere."""
    subjects = [f"s{number:02}" for number, n in enumerate(n_windows) for _ in range(n)]
    random.shuffle(subjects)
    former, folds = former_folds(subjects, n_folds), list(fold_subjects(table_of(subjects), n_folds))
    assert len(folds) == n_folds
    for rows, (rest, held_out) in zip(former, folds, strict=True):
        np.testing.assert_array_equal(held_out.start, rows)
        np.testing.assert_array_equal(rest.start, np.setdiff1d(np.arange(len(subjects)), rows))
    if n_folds > 1:
        theirs = [rows.tolist() for _, rows in GroupKFold(n_folds).split(subjects, groups=subjects)]
        assert theirs == [rows.tolist() for rows in former]


def test_more_folds_than_subjects_raise():
    with pytest.raises(ReleaseError, match="5 folds need at least 5 subjects; there are 2"):
        list(fold_subjects(table_of(["a", "b"]), 5))


def test_splits_that_share_subjects_raise_and_the_message_names_the_first_ten():
    letters = list("abcdefghijkl")
    with pytest.raises(ReleaseError, match=r"R1 and R2 share 12 subject\(s\): a, b, c, d, e, f, g, h, i, j and 2 more"):
        require_disjoint(("R1", table_of(letters)), ("R3", table_of(["z"])), ("R2", table_of(letters)))
    require_disjoint(("R1", table_of(letters)), ("R3", table_of(["z"])))


def test_a_validation_split_with_equal_targets_raises():
    with pytest.raises(ReleaseError, match=r"2 validation subject\(s\) have the target 0.5, so nrmse is undefined"):
        require_varying_targets(table_of(["a", "b"], np.full(2, 0.5, np.float32)))


def test_the_digest_of_subjects_depends_on_the_set_alone():
    assert subjects_digest(["b", "a", "a"]) == subjects_digest(["a", "b"]) != subjects_digest(["a"])
