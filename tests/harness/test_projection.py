"""The cost of many windows is projected from the measured cost of some."""

import numpy as np
import pytest
from scipy.stats import theilslopes

from submission_builder.harness.projection import TimedBlock, growth, seconds_for


def test_equal_blocks_give_an_interval_without_width():
    assert seconds_for(1000, [TimedBlock(10, 0.5)] * 5) == pytest.approx((50, 50, 50))


def test_the_interval_covers_the_true_time():
    """200 runs of 20 blocks whose times scatter by half: at least 85 % of the 95 % intervals cover the mean."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        blocks = [TimedBlock(10, float(rng.gamma(4, 0.25))) for _ in range(20)]
        low, mid, high = seconds_for(100, blocks)
        assert low <= mid <= high
        held += low <= 10 <= high
    assert 170 <= held < 200


@pytest.mark.parametrize("jumps", [0.0, 5e6])
def test_growth_is_the_theil_sen_slope_of_the_later_half(jumps):
    rng = np.random.default_rng(1)
    n = np.arange(64, 64 * 101, 64)
    held = np.round(3e8 + 2000 * n + rng.normal(0, 1e5, 100) + jumps * (rng.random(100) < 0.1))
    fit = theilslopes(held[50:], n[50:], alpha=0.95)
    low, mid, high = growth(list(zip(n, held, strict=True)))
    assert mid == pytest.approx(fit.slope)
    assert (low, high) == pytest.approx((fit.low_slope, fit.high_slope))
    assert low <= 2000 <= high


@pytest.mark.parametrize("n_points", [16, 100, 1000])
def test_growth_during_warm_up_does_not_count(n_points):
    assert growth([(n, 1e6 * min(n, n_points // 2)) for n in range(n_points)]) == (0, 0, 0)
    assert growth([(n, 1e6 * max(n, n_points // 2)) for n in range(n_points)]) == pytest.approx((1e6,) * 3)


def test_growth_needs_eight_points_in_the_later_half():
    assert growth([(n, n) for n in range(15)]) is not None
    assert growth([(n, n) for n in range(14)]) is None
    assert growth([]) is None
