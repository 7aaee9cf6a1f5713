"""Prediction error of each subject."""

import numpy as np
import pandas as pd
import pytest

from submission_builder.scores.subjects import errors_by_subject, subject_errors


def test_errors_by_subject_are_root_mean_squares_in_ascending_order():
    names, errors = subject_errors([0, 0, 1, 1], [3, 3, 1, 2], ["b", "b", "a", "a"])
    assert names.tolist() == ["a", "b"]
    assert errors.tolist() == [pytest.approx(0.5**0.5), 3]


def test_the_rows_of_subjects_are_those_of_a_table_grouped_by_subject():
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"recording": rng.permutation(np.repeat(np.arange(14), 9))})
    table["subject"] = [f"S{number // 2}" for number in table["recording"]]
    table["y"], table["y_hat"] = rng.normal(1.6, 0.4, len(table)), rng.normal(1.5, 0.3, len(table))
    rows = errors_by_subject(table["y"], table["y_hat"], table["subject"], table["recording"])
    assert [row.rmse for row in rows] == sorted((row.rmse for row in rows), reverse=True)
    squared = (table["y"] - table["y_hat"]) ** 2
    of_recording = np.sqrt(squared.groupby(table["recording"]).mean())
    for row in rows:
        of = table["subject"] == row.subject
        own = of_recording[table.loc[of, "recording"].unique()]
        assert (row.n_windows, row.n_recordings) == (of.sum(), len(own))
        assert (row.lowest, row.highest) == pytest.approx((own.min(), own.max()))
        assert row.rmse == pytest.approx(np.sqrt(squared[of].mean()))
        assert row.constant == pytest.approx(np.sqrt(((table["y"][of] - table["y"].mean()) ** 2).mean()))
        assert row.bias == pytest.approx((table["y_hat"] - table["y"])[of].mean())
        assert row.share == pytest.approx(squared[of].sum() / squared.sum())
    assert sum(row.share for row in rows) == pytest.approx(1)


def test_predictions_without_an_error_have_no_share():
    assert [row.share for row in errors_by_subject([1, 2], [1, 2], ["a", "b"], [0, 1])] == [0, 0]
