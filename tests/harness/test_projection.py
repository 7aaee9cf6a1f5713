import numpy as np
import pytest
from scipy.stats import theilslopes

from submission_builder.harness.projection import TimedBlock, growth, seconds_for


def test_even_blocks_leave_no_doubt():
    assert seconds_for(1000, [TimedBlock(10, 0.5)] * 5) == pytest.approx((50, 50, 50))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """200 runs of 20 blocks whose times scatter by half: at least 85 % of the 95 % intervals hold the mean."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        blocks = [TimedBlock(10, float(rng.gamma(4, 0.25))) for _ in range(20)]
        low, mid, high = seconds_for(100, blocks)
        assert low <= mid <= high
        held += low <= 10 <= high
    assert 170 <= held < 200


def test_growth_is_theirs():
    """Slope and interval are those of scipy, on the later half."""
    rng = np.random.default_rng(1)
    for jumps in (0.0, 5e6):
        n = np.arange(64, 64 * 101, 64)
        held = np.round(3e8 + 2000 * n + rng.normal(0, 1e5, 100) + jumps * (rng.random(100) < 0.1))
        theirs = theilslopes(held[50:], n[50:], alpha=0.95)
        low, mid, high = growth(list(zip(n, held, strict=True)))
        assert mid == pytest.approx(theirs.slope)
        assert (low, high) == pytest.approx((theirs.low_slope, theirs.high_slope))


def test_few_points_tell_no_growth():
    assert growth([(n, n) for n in range(15)]) is not None
    assert growth([(n, n) for n in range(14)]) is None
    assert growth([]) is None
