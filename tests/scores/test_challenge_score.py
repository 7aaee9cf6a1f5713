"""The score of a challenge."""

import numpy as np
import pytest
from scipy import stats

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.windows import WindowTable
from submission_builder.scores.challenge_score import score_challenge

rng = np.random.default_rng(7)


def score(target, predictions):
    n = len(target)
    table = WindowTable(
        1, np.arange(n) // 5, np.arange(n), np.array(target, np.float32), np.array([f"S{i // 5}" for i in range(n)])
    )
    return score_challenge(table, np.array(predictions, np.float64), PROFILES["final"])


@pytest.mark.parametrize("scale", [1e-7, 1, 1e30])
def test_bias_and_correlation_are_those_of_scipy(scale):
    target = rng.normal(1.6, 0.4, 60).astype(np.float32)
    predictions = scale * (0.3 * target + rng.normal(0, 0.2, 60))
    found = score(target, predictions)
    assert found.correlation == pytest.approx(stats.pearsonr(target.astype(float), predictions / scale).statistic)
    assert found.bias == pytest.approx(stats.tmean(predictions) - stats.tmean(target.astype(float)))
    assert found.prediction_mean == pytest.approx(stats.tmean(predictions))


@pytest.mark.parametrize("constant", [0.0, 1.6, -1e6])
def test_a_constant_has_a_bias_and_no_correlation(constant):
    found = score([1, 2, 3, 4, 5, 6, 7], np.full(7, constant))
    assert found.correlation is None
    assert found.bias == pytest.approx(constant - 4)


def test_the_sign_of_the_correlation_is_kept():
    target = [1, 2, 3, 4, 5, 6, 7]
    assert score(target, np.negative(target)).correlation == pytest.approx(-1)
