"""Agreement of local scores with the server's, against statsmodels-free references of scipy."""

import numpy as np
import pytest
from scipy import stats

from submission_builder.scores.agreement import FEWEST, agreement


def test_the_interval_of_the_bias_is_that_of_a_paired_t_test():
    rng = np.random.default_rng(0)
    local = rng.normal(0.95, 0.02, 12)
    server = local + rng.normal(0.01, 0.01, 12)
    found = agreement(local, server)
    reference = stats.ttest_rel(server, local).confidence_interval(0.95)
    assert found.bias_interval == pytest.approx((reference.low, reference.high))


def test_the_interval_of_the_correlation_is_fishers():
    rng = np.random.default_rng(1)
    local = rng.normal(size=30)
    found = agreement(local, local + rng.normal(size=30))
    z, reach = np.arctanh(found.correlation), 1.959964 / np.sqrt(27)
    assert found.correlation_interval == pytest.approx((np.tanh(z - reach), np.tanh(z + reach)), abs=1e-6)


def test_below_the_fewest_even_a_correlation_of_seven_tenths_is_not_shown():
    """Two-sided test at 5 %: the smallest correlation that is shown."""

    def smallest(n):
        t = stats.t.ppf(0.975, n - 2)
        return t / np.sqrt(n - 2 + t * t)

    assert smallest(FEWEST - 1) > 0.7
    assert agreement([0.1] * (FEWEST - 1), [0.2] * (FEWEST - 1)).enough is False
