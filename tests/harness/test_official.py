"""Predictions and scores equal those of the official loop."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from model_zoo.card import Card
from model_zoo.checkpoint import write_checkpoint
from model_zoo.registry import ARCHITECTURES, architectures_named, find_architecture
from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.harness.package import open_package
from submission_builder.harness.replay import replay
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session
from submission_builder.protocol.challenges import PROFILES
from submission_builder.releases.simulated.release import simulate_release
from submission_builder.workflows.evaluate.evaluate import evaluate
from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet

LOOP = Path(__file__).with_name("official_loop.py")
FINAL = PROFILES["final"]
NETS = sorted({architecture.name for architecture in ARCHITECTURES if not architecture.value})


def theirs(path, folder, out):
    """Run the official loop, in a process of its own with as many threads as ours."""
    subprocess.run([sys.executable, "-W", "ignore", LOOP, path, folder, out], check=True, capture_output=True)
    found = json.loads(out.read_text())
    return {int(n): np.array(values) for n, values in found["predictions"].items()}, found["scores"]


def ours(path, folder, cache, *, exact):
    windows = EvaluationSet(folder, FINAL, cache).prepare().windows
    unbatched = dict.fromkeys(windows, "exact was requested") if exact else None
    with open_session(open_package(path)) as session:
        return replay(session, windows, unbatched=unbatched)


def packed(names, folder):
    """Build a zip with untrained weights: an ensemble of several names, and cnn for a challenge without a net."""
    choices = {}
    for challenge in (1, 2):
        members = []
        for name in names:
            if all(architecture.challenge != challenge for architecture in architectures_named(name)):
                continue
            torch.manual_seed(challenge)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # braindecode's nets warn when they are constructed
                net = find_architecture(name, challenge).build({})
            empty = {key: {} for key in ("data", "split", "scores", "config", "versions")}
            card = Card(
                name,
                f"t{challenge}",
                challenge,
                {},
                "Untrained.",
                "",
                subjects_digest="",
                n_parameters=0,
                commit=None,
                **empty,
            )
            members.append(str(write_checkpoint(net, card, folder).weights))
        choices[challenge] = "+".join(members) or "cnn"
    return write_submission(resolve(choices), folder / "submission.zip").path


def test_exact_predictions_and_scores_equal_the_official_ones(small_release, tmp_path):
    """Every prediction is equal to the bit."""
    path = write_submission(resolve({1: "lightweight_attn+cnn", 2: "cnn"}), tmp_path / "submission.zip").path
    predictions, scores = theirs(path, small_release, tmp_path / "theirs.json")
    replayed = ours(path, small_release, tmp_path, exact=True)
    for number in (1, 2):
        np.testing.assert_array_equal(replayed.predictions[number], predictions[number])
    evaluation = evaluate(path, EvaluationSet(small_release, FINAL, tmp_path), runtime=Runtime(exact=True))
    for number in (1, 2):
        assert evaluation.challenges[number].nrmse == pytest.approx(scores[str(number)], abs=1e-7)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A SIMULATED release with enough windows for batches in both challenges."""
    folder = tmp_path_factory.mktemp("release") / "SIMULATED-batches"
    simulate_release(folder, subjects=6, runs=2, seed=3, trials=30)
    return folder


@pytest.mark.exhaustive
@pytest.mark.parametrize("names", [[name] for name in NETS] + [["cnn", "eegnex"], NETS[:3]], ids="+".join)
def test_every_net_predicts_as_in_the_official_loop(names, release, face13, tmp_path):
    """Exact predictions are equal to the bit, on simulated and real EEG; the score of batches is within 1e-5."""
    path = packed(names, tmp_path)
    for folder in (release, face13):
        predictions, scores = theirs(path, folder, tmp_path / "theirs.json")
        exact = ours(path, folder, tmp_path, exact=True)
        for number, values in predictions.items():
            np.testing.assert_array_equal(exact.predictions[number], values)
        evaluation = evaluate(path, EvaluationSet(folder, FINAL, tmp_path))
        assert evaluation.outcome == "scored"
        for number, score in scores.items():
            assert evaluation.challenges[int(number)].nrmse == pytest.approx(score, abs=1e-5)


@pytest.mark.slow
def test_cnn_is_run_in_batches(release, tmp_path):
    """So the test above covers batches."""
    assert ours(packed(["cnn"], tmp_path), release, tmp_path, exact=False).batch == {1: 64, 2: 64}


def test_the_parent_never_imports_torch(small_release, tmp_path):
    path = write_submission(resolve({1: "constant:1.6", 2: "constant:0"}), tmp_path / "submission.zip").path
    program = f"""
import sys
from pathlib import Path
from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet
from submission_builder.workflows.evaluate.evaluate import evaluate
from submission_builder.protocol.challenges import PROFILES
test = EvaluationSet(Path({str(small_release)!r}), PROFILES["final"], Path({str(tmp_path)!r}))
done = evaluate(Path({str(path)!r}), test)
assert done.outcome == "scored", done.error
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ)
