"""Leave-one-subject-out scores: closed form against a loop, and the sums of several challenges."""

import numpy as np
import pytest
from scipy import stats

from submission_builder.protocol.metrics import nrmse
from submission_builder.scores.jackknife import LEAST_SUBJECTS, jackknife, spread, weighted_sum


def made(n_subjects=12, windows=9, seed=0, mean=0.0):
    """Windows that differ more between subjects than within; subjects have different numbers of windows."""
    rng = np.random.default_rng(seed)
    subject = np.repeat([f"s{i:02}" for i in range(n_subjects)], rng.integers(1, windows + 1, n_subjects))
    _, who = np.unique(subject, return_inverse=True)
    y = mean + rng.normal(size=n_subjects)[who] + 0.1 * rng.normal(size=len(who))
    return y, mean + 0.3 * (y - mean), subject


@pytest.mark.parametrize("denominator", ["std", "range"])
@pytest.mark.parametrize("mean", [0.0, 300.0])
def test_the_closed_form_equals_a_loop_over_subjects(denominator, mean):
    y, y_hat, subject = made(mean=mean)
    found = jackknife(y, y_hat, subject, denominator=denominator)
    loop = [nrmse(y[subject != s], y_hat[subject != s], denominator=denominator) for s in np.unique(subject)]
    assert found.without == pytest.approx(loop, rel=1e-9)
    assert found.value == nrmse(y, y_hat, denominator=denominator)


def test_the_standard_error_equals_that_of_scipy_for_a_mean():
    """For a mean, the jackknife standard error is the usual one."""
    values = np.random.default_rng(1).gamma(2, size=30)
    without = (values.sum() - values) / 29
    assert spread(without).standard_error == pytest.approx(stats.sem(values))


def test_the_degrees_of_freedom_are_those_of_normal_values_and_fewer_if_one_subject_dominates():
    """For normal values, the kurtosis is 3; if one of n subjects alone deviates, it is near n."""
    normal = stats.norm.ppf((np.arange(400) + 0.5) / 400)
    assert spread(normal).degrees_of_freedom == pytest.approx(399, rel=0.05)
    assert spread(np.r_[np.zeros(399), 1.0]).degrees_of_freedom == pytest.approx(2, abs=0.1)
    assert spread(np.full(9, 0.7)) == spread(np.zeros(9))


def test_the_overall_score_leaves_a_subject_out_of_both_challenges():
    y1, p1, s1 = made(seed=1)
    y2, p2, s2 = made(seed=2)
    keep = s2 != "s03"  # a subject without windows of challenge 2
    y2, p2, s2 = y2[keep], p2[keep], s2[keep]
    found = weighted_sum({1: jackknife(y1, p1, s1), 2: jackknife(y2, p2, s2)}, {1: 0.3, 2: 0.7})
    loop = [0.3 * nrmse(y1[s1 != s], p1[s1 != s]) + 0.7 * nrmse(y2[s2 != s], p2[s2 != s]) for s in found.subjects]
    assert found.without == pytest.approx(loop)
    assert found.value == 0.3 * nrmse(y1, p1) + 0.7 * nrmse(y2, p2)
    assert found.squared_error.sum() == pytest.approx(1)


def test_the_worst_five_subjects_of_a_hundred_equal_ones_have_five_percent_of_the_error():
    subject = np.repeat(np.arange(100), 10).astype(str)
    y = np.tile(np.linspace(-1, 1, 10), 100)
    assert jackknife(y, y + 0.5, subject).worst_share == pytest.approx(0.05)
    worse = np.where(subject == "7", y + 50, y + 0.5)
    assert jackknife(y, worse, subject).worst_share > 0.99


def test_few_subjects_and_equal_targets_have_no_jackknife():
    y, y_hat, subject = made(LEAST_SUBJECTS)
    assert jackknife(y, y_hat, subject) is not None
    assert jackknife(*(part[subject != "s00"] for part in (y, y_hat, subject))) is None
    assert jackknife(np.ones(len(y)), y_hat, subject) is None
    only_one_differs = np.where(subject == "s00", 2.0, 1.0)
    assert jackknife(only_one_differs, y_hat, subject) is None
