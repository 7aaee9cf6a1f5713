"""Scores of a sample: windows of many subjects, or whole recordings for models that keep state."""

import json

import pytest
from archives import make_zip

import submission_builder as sb

KEEPS_STATE = "self.n = getattr(self, 'n', 0) + 1; return X[:, 0, :1] * 0 + 1.6 + 0.01 * self.n"


@pytest.fixture(scope="module")
def release(simulated):
    """22 subjects with one recording of 6 trials each."""
    return simulated("many", subjects=22, seed=41, trials=6)


@pytest.fixture(scope="module")
def zips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zips")
    declared = json.dumps({"challenges": {"1": {"stateful": True}}}).encode()
    return {
        "plain": make_zip(folder / "plain.zip"),
        "undeclared": make_zip(folder / "undeclared.zip", forward=KEEPS_STATE),
        "declared": make_zip(folder / "declared.zip", forward=KEEPS_STATE, names={"manifest.json": declared}),
    }


def test_single_windows_of_nearly_all_subjects_are_scored(release, zips):
    result = sb.evaluate(zips["plain"], data=release, max_windows=70)
    assert [score.n_windows for score in result.challenges.values()] == [70, 70]
    assert all(score.n_subjects >= 20 and score.interval for score in result.challenges.values())
    assert result.release.sample.whole_recordings == ()
    assert any("rests on a SAMPLE" in caveat for caveat in result.caveats)


def test_a_model_that_declares_state_gets_whole_recordings(release, zips):
    result = sb.evaluate(zips["declared"], data=release, max_windows=70)
    whole = sb.evaluate(zips["declared"], data=release).predictions(1).groupby("recording").size()
    sampled = result.predictions(1).groupby("recording").size()
    assert (sampled == whole[sampled.index]).all()
    assert result.release.sample.whole_recordings == (1,)
    assert any("challenge 1 consists of whole recordings" in caveat for caveat in result.caveats)


def test_a_model_whose_state_the_replay_finds_gets_whole_recordings(release, zips):
    """Challenge 2 has enough windows for the comparison of orders; the result is that of the declared state."""
    result = sb.evaluate(zips["undeclared"], data=release, max_windows=300)
    assert result.release.sample.whole_recordings == (2,)
    whole = sb.open_release(release).windows(challenge=2).table.frame()
    counts = set(whole.groupby("subject").size())
    assert set(result.predictions(2).groupby("subject").size()) <= counts


def test_a_sample_of_too_few_subjects_has_no_score_and_says_how_many_are_needed(release, zips):
    result = sb.evaluate(zips["plain"], data=release, max_windows=10)
    score = result.challenges[1]
    assert (score.nrmse, score.interval, result.overall) == (None, None, None)
    assert f"windows of {score.n_subjects} subjects, and a score of a sample needs 20" in score.reason
    assert "--max-windows" in score.reason
