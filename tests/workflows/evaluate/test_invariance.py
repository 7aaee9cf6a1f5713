"""A sample asked in other ways."""

import pytest
from test_replay import MANY, make_zip, questions

from submission_builder.base.progress import silent
from submission_builder.harness.package import open_package
from submission_builder.harness.session import open_session
from submission_builder.protocol.challenges import PROFILES
from submission_builder.workflows.evaluate.invariance import N_WINDOWS, invariance
from submission_builder.workflows.evaluate.precision import rehearse

pytestmark = pytest.mark.slow


def found(path, n=MANY):
    with open_session(open_package(path)) as session:
        done = invariance(session, questions(n), PROFILES["final"], silent)
    return {(trial.challenge, trial.way): trial for trial in done}


def test_a_good_model_notices_nothing(tmp_path):
    trials = found(make_zip(tmp_path / "z.zip", forward="return X[:, 5, 7:8]"))
    assert len(trials) == 18
    assert all(trial.effect == trial.largest == 0 for trial in trials.values())


def test_a_sample_whose_targets_do_not_vary_shows_changed_answers_alone(tmp_path):
    with open_session(open_package(make_zip(tmp_path / "z.zip"))) as session:
        asked = questions((70, 0))
        asked[1].table.target[:] = 1.5
        done = invariance(session, asked, PROFILES["final"], silent)
    assert {(trial.nrmse, trial.effect, trial.largest) for trial in done} == {(None, None, 0)}


def test_state_kept_in_a_module_shows_after_the_other_challenge_and_not_in_a_fresh_process(tmp_path):
    forward = "seen.append(1); return X.new_full((len(X), 1), float(len(seen)))"
    trials = found(make_zip(tmp_path / "z.zip", top="seen = []", forward=forward))
    assert trials[1, "in a fresh process"].effect == 0
    for way in ("the same again", "after challenge 2"):
        assert trials[1, way].largest == N_WINDOWS
        assert trials[1, way].effect > 1


def test_a_way_that_fails_is_named_by_its_outcome(tmp_path):
    trials = found(make_zip(tmp_path / "z.zip", forward="assert len(X) < 64; return X[:, 5, 7:8]"), n=(70, 0))
    assert {way: trial.outcome for (_, way), trial in trials.items() if trial.outcome != "scored"} == {
        "in batches of 64": "crashed"
    }


def test_a_rehearsal_names_what_overflows(tmp_path):
    forward = "return self.layer(X[:, :1].reshape(-1, 200) * 1e10)"
    with open_session(open_package(make_zip(tmp_path / "z.zip", forward=forward))) as session:
        trials, overflows = rehearse(session, questions((9, 0)), ["fp16", "bf16"], PROFILES["final"], silent)
    assert [(trial.way, trial.outcome) for trial in trials] == [
        ("float32", "scored"),
        ("fp16", "not_finite"),
        ("bf16", "scored"),
    ]
    assert trials[2].effect != 0
    assert len(overflows) == 1
    assert overflows[0].startswith("challenge 1, fp16: layer (")
