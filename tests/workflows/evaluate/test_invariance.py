"""Invariance checks on a sample of windows."""

import pytest
from test_replay import MANY, challenge_windows, make_zip

from submission_builder.base.progress import silent
from submission_builder.harness.package import open_package
from submission_builder.harness.session import open_session
from submission_builder.protocol.challenges import PROFILES
from submission_builder.workflows.evaluate.invariance import N_WINDOWS, check_invariance
from submission_builder.workflows.evaluate.precision import try_precisions

pytestmark = pytest.mark.slow


def found(path, n=MANY):
    with open_session(open_package(path)) as session:
        done = check_invariance(session, challenge_windows(n), PROFILES["final"], silent)
    return {(result.challenge, result.variant): result for result in done}


def test_a_model_of_single_windows_is_invariant(tmp_path):
    results = found(make_zip(tmp_path / "z.zip", forward="return X[:, 5, 7:8]"))
    assert len(results) == 18
    assert all(result.effect == result.largest == 0 for result in results.values())


def test_a_sample_of_equal_targets_has_no_nrmse_and_still_compares_predictions(tmp_path):
    with open_session(open_package(make_zip(tmp_path / "z.zip"))) as session:
        windows = challenge_windows((70, 0))
        windows[1].table.target[:] = 1.5
        done = check_invariance(session, windows, PROFILES["final"], silent)
    assert {(result.nrmse, result.effect, result.largest) for result in done} == {(None, None, 0)}


def test_state_of_a_module_shows_after_the_other_challenge_and_not_in_a_new_process(tmp_path):
    forward = "seen.append(1); return X.new_full((len(X), 1), float(len(seen)))"
    results = found(make_zip(tmp_path / "z.zip", top="seen = []", forward=forward))
    assert results[1, "new process"].effect == 0
    for variant in ("repeated", "after challenge 2"):
        assert results[1, variant].largest == N_WINDOWS
        assert results[1, variant].effect > 1


def test_a_variant_that_fails_has_its_outcome(tmp_path):
    results = found(make_zip(tmp_path / "z.zip", forward="assert len(X) < 64; return X[:, 5, 7:8]"), n=(70, 0))
    assert {variant: result.outcome for (_, variant), result in results.items() if result.outcome != "scored"} == {
        "batches of 64": "crashed"
    }


def test_lower_precision_names_the_module_that_overflows(tmp_path):
    forward = "return self.layer(X[:, :1].reshape(-1, 200) * 1e10)"
    with open_session(open_package(make_zip(tmp_path / "z.zip", forward=forward))) as session:
        results, overflows = try_precisions(
            session, challenge_windows((9, 0)), ["fp16", "bf16"], PROFILES["final"], silent
        )
    assert [(result.variant, result.outcome) for result in results] == [
        ("float32", "scored"),
        ("fp16", "not_finite"),
        ("bf16", "scored"),
    ]
    assert results[2].effect != 0
    assert len(overflows) == 1
    assert overflows[0].startswith("challenge 1, fp16: layer (")
