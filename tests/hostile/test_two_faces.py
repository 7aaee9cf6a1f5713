"""A submission that is honest in the test of batches, and uses the other windows of a batch in the replay."""

import pytest
from archives import make_zip
from test_replay import challenge_windows, run

from submission_builder.base.progress import silent
from submission_builder.harness.package import open_package
from submission_builder.harness.replay import replay
from submission_builder.harness.session import open_session
from submission_builder.protocol.challenges import PROFILES
from submission_builder.workflows.evaluate.invariance import check_invariance

pytestmark = pytest.mark.hostile

N = (400, 2)
HONEST, OTHER = 1.5, 9.0
MEMORY = f"""
seen = {{}}

def predicted(window, alone):
    "Predict as on the server what came alone before, and otherwise as the batch allows."
    return seen.setdefault(window.numpy().tobytes(), {HONEST} if alone else {OTHER})"""
COUNT = f"""
calls = []

def predicted(window, alone):
    "The test of batches takes 64 windows alone, in reverse and together; then 16 are repeated alone."
    calls.append(1)
    return {HONEST} if alone or len(calls) <= 192 else {OTHER}"""
FORWARD = "return torch.tensor([[predicted(window, len(X) == 1)] for window in X])"


@pytest.fixture(params=[MEMORY, COUNT], ids=["remembers windows", "counts calls"])
def two_faced(tmp_path, request):
    return make_zip(tmp_path / "z.zip", top=request.param, forward=FORWARD)


def test_a_replay_of_single_windows_is_honest(two_faced):
    exact = run(two_faced, n=N, unbatched={1: "this was requested", 2: "this was requested"})
    assert set(exact.predictions[1]) == {HONEST}


def test_the_comparison_with_a_new_process_shows_the_difference(two_faced):
    windows = challenge_windows(N)
    with open_session(open_package(two_faced)) as session:
        replayed = replay(session, windows).predictions
        results = check_invariance(session, windows, PROFILES["final"], silent, replayed)
    found = {(result.challenge, result.variant): result.largest for result in results}
    if set(replayed[1]) == {HONEST}:  # the replay itself found it, and predicted one window at a time
        assert found[1, "in the replay"] == 0
    else:
        assert found[1, "in the replay"] == pytest.approx(OTHER - HONEST)


def test_an_honest_model_predicts_the_same_in_the_replay(tmp_path):
    windows = challenge_windows(N)
    with open_session(open_package(make_zip(tmp_path / "z.zip", forward="return X[:, 5, 7:8]"))) as session:
        replayed = replay(session, windows).predictions
        results = check_invariance(session, windows, PROFILES["final"], silent, replayed)
    assert {(result.variant, result.largest) for result in results if "replay" in result.variant} == {
        ("in the replay", 0.0)
    }
