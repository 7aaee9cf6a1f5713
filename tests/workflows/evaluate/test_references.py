"""Baselines from other releases, beside the score of a zip."""

import pytest
from archives import make_zip

import submission_builder as sb


@pytest.fixture(scope="module")
def other(simulated):
    return simulated("other", subjects=4, seed=77, trials=6)


def test_baselines_stand_beside_the_score(small_release, other, tmp_path):
    """Four subjects are too few for a probability."""
    path = make_zip(tmp_path / "z.zip")
    result = sb.evaluate(path, data=small_release, reference=[other])
    first, second = (result.to_dict()["challenges"][n]["baselines"] for n in ("1", "2"))
    assert list(first) == ["train mean", "age and sex", "subject's mean"]
    assert list(second) == ["train mean", "age and sex"]
    assert first["train mean"]["nrmse"] >= 1 > first["subject's mean"]["nrmse"]
    assert {found["p_better"] for found in (*first.values(), *second.values())} == {None}
    assert "age and sex" in result._repr_html_()


def test_without_references_only_the_subjects_mean_is_known(small_release, tmp_path):
    result = sb.evaluate(make_zip(tmp_path / "z.zip"), data=small_release)
    assert [list(score.baselines) for score in result.challenges.values()] == [["subject's mean"], []]


def test_a_reference_that_shares_subjects_is_refused(small_release, tmp_path):
    with pytest.raises(sb.ConfigError, match=r"shares 4 subjects with SIMULATED-small, such as SIM11N0001"):
        sb.evaluate(make_zip(tmp_path / "z.zip"), data=small_release, reference=[small_release])
