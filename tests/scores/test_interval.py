"""Intervals of scores and of differences, and what they say of constants and of equally good models."""

import numpy as np
import pytest
from coverage_table import SIZES, coverage, drawn, pairs_of
from real_labels import equally_good, labels_of, model, subject_model
from scipy import stats

from submission_builder.scores.interval import difference, over_subjects, p_below, score_interval
from submission_builder.scores.jackknife import jackknife, spread

DRAWS = 4000


def made(n_subjects=30, windows=40, seed=0):
    """Windows that differ more between subjects than within."""
    rng = np.random.default_rng(seed)
    subject = np.repeat([f"s{i:02}" for i in range(n_subjects)], windows)
    y = np.repeat(rng.normal(size=n_subjects), windows) + 0.1 * rng.normal(size=len(subject))
    return y, y * 0.3, subject


def test_the_interval_contains_the_score_and_is_symmetric_in_its_logarithm():
    score = jackknife(*made())
    low, high = score_interval(score)
    assert low < score.value < high
    assert low * high == pytest.approx(score.value**2)


def test_the_interval_is_close_to_a_bootstrap_over_subjects():
    """With 200 similar subjects, scipy's BCa interval of the bootstrap differs by less than a tenth of the width."""
    y, y_hat, subject = made(200, 5)
    y_hat = y_hat + np.repeat(np.random.default_rng(1).normal(size=200), 5)
    rows = np.arange(len(y)).reshape(200, 5)

    def statistic(chosen):
        index = rows[chosen.astype(int)].ravel()
        return np.sqrt(np.mean((y[index] - y_hat[index]) ** 2)) / y[index].std()

    found = stats.bootstrap(
        (np.arange(200),), statistic, vectorized=False, n_resamples=2000, rng=np.random.default_rng(2)
    )
    low, high = score_interval(jackknife(y, y_hat, subject))
    assert (low, high) == pytest.approx(found.confidence_interval, abs=0.1 * (high - low))


def test_windows_of_one_subject_count_as_one():
    """The interval of repeated windows is that of the windows, so that no row-wise interval passes this test."""
    y, y_hat, subject = made()
    score, repeated = jackknife(y, y_hat, subject), jackknife(*(np.tile(part, 9) for part in (y, y_hat, subject)))
    assert score_interval(repeated) == pytest.approx(score_interval(score))


def test_the_probability_agrees_with_the_interval():
    score = jackknife(*made())
    low, high = score_interval(score)
    assert [p_below(score, bound) for bound in (low, score.value, high)] == pytest.approx([0.025, 0.5, 0.975])


def test_exact_predictions_have_an_interval_without_width():
    y, _, subject = made()
    score = jackknife(y, y, subject)
    assert score_interval(score) == (0, 0)
    assert p_below(score, 1.0) == 1
    one_wrong = jackknife(y, np.where(subject == "s00", y + 1, y), subject)
    assert score_interval(one_wrong)[0] == 0 < one_wrong.value < score_interval(one_wrong)[1]


def test_a_difference_of_equal_predictions_is_nothing():
    score = jackknife(*made())
    found = difference(score, score)
    assert (found.value, found.interval, found.p_better, found.subjects_needed) == (0, (0, 0), 0.5, None)
    assert not found.shown


def test_a_difference_needs_the_same_subjects():
    y, y_hat, subject = made()
    with pytest.raises(ValueError, match="same subjects"):
        difference(jackknife(y, y_hat, subject), jackknife(y, y_hat, np.char.add(subject, "x")))


def test_the_difference_is_antisymmetric_and_says_how_many_subjects_would_show_it():
    y, y_hat, subject = made(60)
    rng = np.random.default_rng(3)
    other = jackknife(y, y_hat + 0.4 * np.repeat(rng.normal(size=60), 40), subject)
    a, b = difference(jackknife(y, y_hat, subject), other), difference(other, jackknife(y, y_hat, subject))
    assert (a.value, a.p_better) == pytest.approx((-b.value, 1 - b.p_better))
    assert a.shown == (abs(a.value) > a.interval[1] - a.value)
    ratio = abs(a.value) / a.smallest
    assert a.subjects_needed == pytest.approx(60 / ratio**2, rel=0.2)  # t has fewer than 59 degrees of freedom


def test_a_difference_as_large_as_the_smallest_is_shown_in_80_percent_of_draws():
    """Against the noncentral t distribution of scipy."""
    score = jackknife(*made(40))
    se, df = spread(score.without).standard_error, spread(score.without).degrees_of_freedom
    power = stats.nct.sf(stats.t.ppf(0.975, df), df, over_subjects(score, 1).smallest_difference / se)
    assert power == pytest.approx(0.8, abs=0.01)


@pytest.fixture(scope="module")
def labels(r5):
    return labels_of(r5["runs"], r5["externalizing"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["model", "near-constant", "constant"])
def test_the_intervals_cover_the_truth(labels, kind):
    """At least .93 of the intervals hold the truth; those of single models in at most .985."""
    pair = pairs_of(labels)[kind]
    for n_subjects in SIZES:
        found = coverage(pair, n_subjects, DRAWS)
        assert found.min() >= 0.93
        assert found[0 if kind == "model" else 3 :].max() <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("n_subjects", SIZES)
def test_equally_good_models_are_called_different_in_at_most_6_5_percent_of_draws(labels, n_subjects):
    """With 20 subjects, challenge 2 is the exception: so few subjects do not show how large rare errors are."""
    rng = np.random.default_rng(4)
    first = [equally_good(labels[1], model, rng, 2, noise=2), equally_good(labels[2], subject_model, rng, 2, noise=4)]
    pair = [dict(enumerate(of_one, 1)) for of_one in zip(*first, strict=True)]
    chosen = rng.integers(0, labels[1].n_subjects, (DRAWS, n_subjects))
    different = np.zeros(3)
    for a, b in zip(*(drawn(population, chosen) for population in pair), strict=True):
        different += [difference(x, y).shown for x, y in zip(a, b, strict=True)]
    limit = np.array([0.065, 0.1, 0.1] if n_subjects == 20 else [0.065] * 3)
    assert (different / DRAWS <= limit).all()
