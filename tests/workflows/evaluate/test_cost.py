"""Cost of a replay, and its projection to other sizes."""

import numpy as np
import pytest
from rich.console import Console

from submission_builder.harness.meter import ChallengeCost
from submission_builder.harness.projection import TimedBlock
from submission_builder.harness.replay import Replay
from submission_builder.report.cost import show_cost
from submission_builder.workflows.evaluate import caveats
from submission_builder.workflows.evaluate.cost import cost_of

MIB = 1 << 20


def replayed(seconds=0.5, bytes_per_window=0.0, n_blocks=40):
    """A replay of 64 windows a block, of challenge 1 alone."""
    noise = np.random.default_rng(0).integers(0, 4096, n_blocks)
    memory = [(64 * (i + 1), int(300 * MIB + 64 * (i + 1) * bytes_per_window + noise[i])) for i in range(n_blocks)]
    cost = ChallengeCost(2.0, [TimedBlock(64, seconds)] * n_blocks, memory)
    return Replay({1: np.zeros(64 * n_blocks)}, "process", (), {}, {1: 1}, {}, 20.0, {1: cost}, 300 * MIB)


def test_time_is_loading_and_windows():
    cost = cost_of(replayed(), {"R5": {1: 6400, 2: 0}}, 30)
    assert cost.windows_per_s == {1: pytest.approx(128)}
    assert cost.projections[0].seconds == pytest.approx((52, 52, 52))
    assert cost.projections[0].limits == {30: "over", 600: "within", 927: "within", 1200: "within", 3600: "within"}


def test_a_leak_is_found_reported_and_projected():
    cost = cost_of(replayed(bytes_per_window=103_200), {"R5": {1: 102_560}}, 600)
    (said,) = caveats.of_cost(cost)
    assert "memory grows by 100.8 KiB with each window of challenge 1" in said
    assert cost.projections[0].memory[1] == pytest.approx(300 * MIB + 100_000 * 103_200, rel=0.01)


def test_steady_memory_is_no_leak():
    cost = cost_of(replayed(), {"R5": {1: 102_560}}, 600)
    assert caveats.of_cost(cost) == []


def test_a_challenge_that_was_not_measured_is_not_projected():
    """The terminal says so."""
    for replay, asked, too_few in ((replayed(), {1: 10, 2: 10}, (2,)), (replayed(n_blocks=3), {1: 10}, (1,))):
        cost = cost_of(replay, {"R5": asked}, 600)
        assert (cost.projections, cost.too_few) == ((), too_few)
        console = Console()
        with console.capture() as said:
            show_cost(cost, console, cached=False)
        assert f"of challenge {too_few[0]}" in " ".join(said.get().split())
    assert cost_of(replayed(), {"R5": {1: 10}}, 600).too_few == ()


@pytest.mark.parametrize("cached", [False, True])
def test_the_cost_of_cached_predictions_is_marked_as_that_of_the_earlier_run(cached):
    console = Console()
    with console.capture() as said:
        show_cost(cost_of(replayed(), {}, 600), console, cached=cached)
    assert ("earlier run" in said.get()) is cached
