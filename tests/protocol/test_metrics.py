"""The metric: its laws, and equality with scikit-learn."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import root_mean_squared_error

from submission_builder.base.errors import ScoreError
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import nrmse, overall, rounded

values = st.floats(-3, 3, width=32)
pairs = st.integers(2, 40).flatmap(
    lambda n: st.tuples(arrays(np.float32, n, elements=values), arrays(np.float32, n, elements=values))
)


def spread_out(y):
    assume(y.std(dtype=np.float64) > 1e-3)
    return y


@given(pairs)
def test_nrmse_is_sklearns_rmse_over_numpys_std(pair):
    y, y_hat = (a.astype(np.float64) for a in pair)
    spread_out(y)
    assert nrmse(y, y_hat) == pytest.approx(root_mean_squared_error(y, y_hat) / np.std(y), rel=1e-12)


@given(pairs)
def test_nrmse_property_the_mean_scores_one(pair):
    y = spread_out(pair[0])
    assert nrmse(y, np.full(len(y), y.mean(dtype=np.float64))) == pytest.approx(1, rel=1e-4)


@given(pairs, st.randoms())
def test_nrmse_property_order_of_windows_does_not_matter(pair, random):
    y, y_hat = pair
    spread_out(y)
    order = list(range(len(y)))
    random.shuffle(order)
    assert nrmse(y[order], y_hat[order]) == pytest.approx(nrmse(y, y_hat), rel=1e-12)


@given(pairs, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_nrmse_property_scale_cancels(pair, scale):
    y, y_hat = pair
    spread_out(y)
    assert nrmse(y * scale, y_hat * scale) == pytest.approx(nrmse(y, y_hat), rel=1e-9)


@given(pairs)
def test_nrmse_property_no_constant_beats_the_mean(pair):
    y, y_hat = pair
    spread_out(y)
    assert nrmse(y, np.full(len(y), y_hat[0])) >= 1 - 1e-6


@pytest.mark.parametrize(
    ("target", "prediction", "message"),
    [
        (np.full(52, 0.731), np.zeros(52), "all 52 targets are 0.731, so their standard deviation is 0"),
        ([1.0, 2.0], [1.0, np.nan], "prediction 1 of 2 is nan"),
        ([1.0, np.inf], [1.0, 2.0], "1 of 2 targets are not finite"),
        ([], [], "there is no window"),
        ([[1.0], [2.0]], [[1.0], [2.0]], r"not \(2, 1\) and \(2, 1\)"),
    ],
)
def test_an_undefined_nrmse_is_an_error_with_its_reason(target, prediction, message):
    with pytest.raises(ScoreError, match=message):
        nrmse(target, prediction)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_overall_is_the_mean_with_weights_of_30_and_70_percent(profile):
    assert overall({1: 0.88668, 2: 0.97843}, profile) == pytest.approx(0.3 * 0.88668 + 0.7 * 0.97843)


def test_the_mean_predictors_overall_under_v3_is_the_published_one():
    assert overall({1: 0.16239338, 2: 0.20545036}, PROFILES["v3"]) == pytest.approx(0.19253327, abs=5e-9)


def test_overall_needs_both_challenges():
    with pytest.raises(ScoreError, match="challenge 2 has no score"):
        overall({1: 1.0}, PROFILES["final"])


def test_scores_are_rounded_to_five_decimals():
    assert rounded(0.963814999) == 0.96381
