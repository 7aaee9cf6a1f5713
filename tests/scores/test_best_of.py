"""The best of several candidates: the correction for the selection."""

import numpy as np
import pytest
from coverage_table import drawn
from real_labels import equally_good, labels_of, model, subject_model

from submission_builder.scores.best_of import best_of
from submission_builder.scores.jackknife import jackknife


def made(gains, seed=0, n_subjects=50, windows=20):
    """Scores of candidates that keep a share of the target, with noise of their own for each subject."""
    rng = np.random.default_rng(seed)
    subject = np.repeat([f"s{i:02}" for i in range(n_subjects)], windows)
    y = rng.normal(size=len(subject))
    noise = [np.repeat(rng.normal(0, 0.1, n_subjects), windows) for _ in gains]
    return [jackknife(y, gain * y + wrong, subject) for gain, wrong in zip(gains, noise, strict=True)]


def test_one_candidate_and_equal_ones_have_no_optimism():
    (one,) = made([0.3])
    for candidates in ([one], [one, one, one]):
        found = best_of(candidates)
        assert (found.index, found.optimism) == (0, 0)


def test_a_clear_winner_keeps_its_score():
    candidates = made([0.1, 0.1, 0.6])
    found = best_of(candidates)
    assert (found.index, found.score) == (2, candidates[2].value)
    assert found.optimism < 0.02 * (candidates[0].value - candidates[2].value)


def test_candidates_that_differ_by_noise_are_drawn_to_their_mean():
    candidates = made([0.1] * 10)
    found, mean = best_of(candidates), np.mean([candidate.value for candidate in candidates])
    assert 0.5 < found.optimism / (mean - found.score) <= 1


@pytest.mark.slow
def test_the_corrected_score_of_the_best_of_ten_equal_candidates_is_unbiased_within_001(r5):
    """Against the score of the same candidates on as many other subjects: the mean score of all ten over all draws."""
    labels, rng = labels_of(r5["runs"], r5["externalizing"]), np.random.default_rng(0)
    first = equally_good(labels[1], model, rng, 10, noise=2)
    second = equally_good(labels[2], subject_model, rng, 10, noise=3, jitter=0.05)
    populations = [{1: a, 2: b} for a, b in zip(first, second, strict=True)]
    chosen = rng.integers(0, labels[1].n_subjects, (600, 250))
    corrected, raw, every = ([] for _ in range(3))
    for scores in zip(*(drawn(population, chosen) for population in populations), strict=True):
        found = [best_of(of_one) for of_one in zip(*scores, strict=True)]
        corrected.append([one.corrected for one in found])
        raw.append([one.score for one in found])
        every.append([np.mean([one.value for one in of_one]) for of_one in zip(*scores, strict=True)])
    assert np.abs(np.mean(corrected, axis=0) - np.mean(every, axis=0)).max() <= 0.001
    assert (np.mean(raw, axis=0) < np.mean(every, axis=0) - 0.003).all()
