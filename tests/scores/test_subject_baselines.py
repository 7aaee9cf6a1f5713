"""Baselines that know a subject's age, sex or mean: against scikit-learn, and on the real labels."""

import numpy as np
import pandas as pd
import pytest
from real_labels import labels_of, rows_of_r5
from sklearn.linear_model import Ridge

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import nrmse
from submission_builder.protocol.windows import WindowTable
from submission_builder.releases.folder import open_release
from submission_builder.scores.jackknife import jackknife
from submission_builder.scores.subject_baselines import Reference, SubjectTable, compare_with_baseline, subject_mean
from submission_builder.workflows.evaluate.references import _predictions, read_references


def made(n=200, seed=0):
    rng = np.random.default_rng(seed)
    subjects = SubjectTable(rng.uniform(5, 21, n), rng.integers(0, 2, n).astype(float))
    target = 1.6 - 0.02 * (subjects.age - 12) + 0.1 * subjects.male + 0.05 * rng.normal(size=n)
    return Reference(subjects, target, rng.integers(1, 90, n).astype(float))


def test_the_ridge_is_that_of_scikit_learn():
    reference, new = made(), made(seed=1).subjects

    def features(subjects):
        age = (subjects.age - reference.subjects.age.mean()) / reference.subjects.age.std()
        return np.column_stack([age, age**2, subjects.male - 0.5])

    ridge = Ridge(alpha=10).fit(features(reference.subjects), reference.target, sample_weight=reference.weight)
    assert reference.predict(new) == pytest.approx(ridge.predict(features(new)))


def test_an_unknown_age_or_sex_counts_as_average():
    reference = made()
    unknown = reference.predict(SubjectTable(np.array([np.nan]), np.array([np.nan])))
    average = reference.predict(SubjectTable(np.array([reference.subjects.age.mean()]), np.array([0.5])))
    assert unknown == pytest.approx(average)


def test_the_mean_of_a_reference_counts_windows():
    reference = Reference(SubjectTable(np.zeros(2), np.zeros(2)), np.array([1.0, 4.0]), np.array([3.0, 1.0]))
    assert reference.mean == pytest.approx(1.75)


def test_a_model_that_equals_the_subjects_mean_is_neither_better_nor_worse_than_it():
    who = np.repeat(np.arange(30), 8)
    target = np.random.default_rng(0).normal(size=240).astype(np.float32) + who.astype(np.float32)
    table = WindowTable(1, who, np.arange(240), target, who.astype(str))
    predictions = subject_mean(table)
    assert predictions == pytest.approx(pd.Series(target, dtype=float).groupby(who).transform("mean").to_numpy())
    found = compare_with_baseline(table, predictions, jackknife(target, predictions, table.subject))
    assert (found.p_better, found.nrmse) == (0.5, nrmse(target, predictions))
    assert compare_with_baseline(table, predictions, None).p_better is None


def test_the_published_baselines_of_r5_are_reproduced_from_the_other_releases(hbn, r5):
    """R1 to R4 predict R5: train mean 1.001 and 1.013, age and sex .989 and .987, subject's mean .89."""
    profile, release = PROFILES["final"], open_release(hbn / "R5")
    references = read_references([hbn / name for name in ("R1", "R2", "R3", "R4")], profile)
    runs, externalizing = rows_of_r5()
    subjects = np.array(sorted({run["subject"] for run in runs}))
    found = {}
    for challenge, labels in labels_of(runs, externalizing).items():
        target = labels.target.astype(np.float32)
        table = WindowTable(challenge, labels.who, labels.who, target, subjects[labels.who])
        predictions = _predictions(profile.challenges[challenge], table, release, references)
        found[challenge] = {name: nrmse(target, values) for name, values in predictions}
    assert found[1] == pytest.approx({"train mean": 1.001, "age and sex": 0.989, "subject's mean": 0.89}, abs=0.003)
    assert found[2] == pytest.approx({"train mean": 1.013, "age and sex": 0.987}, abs=0.003)
