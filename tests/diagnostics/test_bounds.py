"""Best plausible scores."""

from submission_builder.diagnostics.bounds import BEST_PUBLIC, bound


def test_the_best_public_results_are_those_of_the_final_leaderboard(shared_board):
    final = [row for row in shared_board if row["phase"] == "final"]
    assert {number: min(float(row[f"challenge{number}"]) for row in final) for number in (1, 2)} == BEST_PUBLIC
    assert len(final) == 184


def test_the_ideal_observer_is_the_bound_only_if_all_releases_are_simulated():
    assert bound(2, [None, None], n_simulated=0).nrmse == 0.97843
    assert bound(2, [0.8, 0.7], n_simulated=2).nrmse == 0.7
    assert bound(2, [0.8, None], n_simulated=1) is None
    assert bound(2, [None], n_simulated=1) is None


def test_the_ideal_observer_is_passed_by_the_interval_and_the_leaderboard_by_the_score():
    ideal = bound(1, [0.8], n_simulated=1)
    assert ideal.passed(0.7, (0.6, 0.79))
    assert not ideal.passed(0.7, (0.6, 0.81))
    leaderboard = bound(1, [], n_simulated=0)
    assert leaderboard.passed(0.88667, (0.8, 1.1))
    assert not leaderboard.passed(0.88668, (0.8, 0.9))
