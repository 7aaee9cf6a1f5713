"""Another contract is another profile: its challenge, its entry class and its score need nothing new of the harness."""

import re
from dataclasses import replace

import numpy as np
import pytest
from archives import make_zip

from submission_builder.protocol.challenges import RESPONSE_TIME, ChallengeSpec, Profile
from submission_builder.protocol.entry_point import SUBMISSION, EntryPoint
from submission_builder.workflows.evaluate.evaluate import evaluate
from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet

NEXT = Profile(
    name="next",
    challenges={1: ChallengeSpec(1, "contrastChangeDetection", RESPONSE_TIME, weight=1.0, onset_samples=20)},
    denominator="range",
    entry=EntryPoint("Solver", (), "load_model", ("meta",), "predict", calls_eval=False),
)
"""As in 2026, as far as that is known: one competition, one number a window."""

SOLVER = """
class Model:
    def predict(self, X):
        return X.mean((1, 2), keepdim=True)[:, 0] * 1000 + 1.5

class Solver:
    def load_model(self, meta):
        assert meta == {"challenge": 1, "sfreq": 100, "n_chans": 129, "n_times": 200}
        return Model()
"""


def test_a_solver_is_scored_by_its_own_rules(small_release, tmp_path):
    test = EvaluationSet(small_release, NEXT, tmp_path)
    evaluation = evaluate(make_zip(tmp_path / "z.zip", top=SOLVER), test)
    assert evaluation.outcome == "scored", evaluation.error
    windows = test.prepare().windows[1]
    error = np.array([X.mean(dtype=np.float64) for X in windows[:]]) * 1000 + 1.5 - windows.table.target
    assert evaluation.overall == pytest.approx(np.sqrt(np.mean(error**2)) / np.ptp(windows.table.target), abs=1e-6)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("Solver", "submission.py has no class Solver"),
        ("load_model", r"class Solver has no method load_model; the server calls load_model\(meta\)"),
        ("predict", "load_model returned a Model without the method predict"),
    ],
)
def test_what_a_solver_lacks_is_named(small_release, tmp_path, missing, message):
    path = make_zip(tmp_path / "z.zip", top=SOLVER.replace(missing, "other"))
    evaluation = evaluate(path, EvaluationSet(small_release, NEXT, tmp_path))
    assert evaluation.outcome == "contract_error"
    assert re.search(message, str(evaluation.error))


def test_predictions_of_one_entry_class_are_not_reused_for_another(small_release, tmp_path):
    """Zip and windows are the same."""
    path = make_zip(tmp_path / "z.zip", top=SOLVER)
    for entry in (NEXT.entry, SUBMISSION, SUBMISSION):
        evaluation = evaluate(path, EvaluationSet(small_release, replace(NEXT, entry=entry), tmp_path))
        assert evaluation.outcome == "scored", evaluation.error
        cached = evaluation.run.cached
    assert cached, "the third time"
    assert evaluation.challenges[1].prediction_std == pytest.approx(0, abs=1e-6)
