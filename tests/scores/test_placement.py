"""Placement on the boards of 2025: the shipped summary equals the board, and ranks count better entries."""

import pytest

from submission_builder.scores.placement import _boards, place


def test_the_best_and_a_constant_have_the_published_ranks():
    """The best overall score of the final phase is 0.96381; 122 of 184 entries have 1 or more."""
    best, constant = place((0.96381, 0.96381))[1], place((0.99, 1.0))[1]
    assert str(best) == "final: rank 1 of 184"
    assert (constant.best, constant.worst) == (sum(x < 0.99 for x in _boards()["final"]["overall"]) + 1, 184 - 122 + 1)
    assert str(place((50.0, 60.0))[1]) == "final: rank 184 of 184"


def test_the_summary_equals_the_board(shared_board):
    for phase, columns in _boards().items():
        rows = [row for row in shared_board if row["phase"] == phase]
        for column, values in columns.items():
            assert values == pytest.approx(sorted(float(row[column]) for row in rows))
