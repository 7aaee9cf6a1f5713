"""Diagnoses of learning curves and of scores on held-out subjects."""

from pathlib import Path

import numpy as np
import pytest

from model_zoo.training.record import EpochRecord, SplitMetrics
from submission_builder.diagnostics.bounds import bound
from submission_builder.diagnostics.curves import curve_diagnoses, score_diagnoses
from submission_builder.diagnostics.diagnosis import DiagnosisKind
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.windows import WindowTable
from submission_builder.scores.baselines import BEST_CONSTANT, RELEASE_MEAN
from submission_builder.scores.challenge_score import score_challenge

GOLDEN = Path(__file__).parents[1] / "data" / "diagnostics.txt"
TARGET = np.random.default_rng(0).normal(1.6, 0.4, 400).astype(np.float32)
NOISE = np.random.default_rng(1).normal(0, 0.4, 400)
BASELINES = {BEST_CONSTANT: 1.0}

OVERFITTING = [0.99, 0.97, 0.95, 0.9, 0.85, 0.8], [1.0, 0.99, 0.97, 1.0, 1.02, 1.05]
MEMORISING = [0.8, 0.4], [0.99, 0.95]
DIVERGING = [1.0, 3e7], [1.0, 4e7]


def of_curves(train, val):
    """Diagnoses of a run, given its training and validation nrmse by epoch."""
    records = [
        EpochRecord(number, 1e-3, 1.0, SplitMetrics(a, 0.5, 0.5), SplitMetrics(b, 0.5, 0.5))
        for number, (a, b) in enumerate(zip(train, val, strict=True), 1)
    ]
    return curve_diagnoses("epochs", records, int(np.argmin(val)) + 1)


def scored(target, predictions, n_subjects=20):
    """Score of predictions for windows of so many subjects."""
    n = len(target)
    subject = np.array([f"s{i % n_subjects}" for i in range(n)])
    table = WindowTable(1, np.zeros(n, np.int64), np.arange(n), target, subject)
    return score_challenge(table, predictions, PROFILES["final"])


def kinds(diagnoses):
    return [diagnosis.kind for diagnosis in diagnoses]


@pytest.mark.parametrize(
    ("curves", "kind"),
    [
        (OVERFITTING, DiagnosisKind.OVERFITS),
        (MEMORISING, DiagnosisKind.MEMORISES),
        (DIVERGING, DiagnosisKind.DIVERGED),
    ],
)
def test_each_problem_of_a_curve_has_one_kind(curves, kind):
    assert kinds(of_curves(*curves)) == [kind]


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ([0.99, 0.95, 0.9, 0.87], [0.99, 0.96, 0.93, 0.92]),
        ([0.99, 0.95, 0.949, 0.948, 0.947], [0.99, 0.96, 0.965, 0.962, 0.966]),
        ([0.9, 0.9, 0.92, 0.95, 0.97], [0.96, 0.95, 0.97, 1.0, 1.0]),
        ([0.8, 0.4], [0.9, 0.6]),
        ([None, None], [0.9, 0.95]),
    ],
    ids=["improving", "plateau", "both get worse", "held-out subjects keep the gain", "training targets are constant"],
)
def test_other_curves_have_no_diagnosis(train, val):
    assert of_curves(train, val) == []


def test_a_constant_target_makes_nrmse_undefined():
    diagnoses = score_diagnoses("fold 3", scored(np.full(400, 0.7, np.float32), NOISE), {}, None)
    assert kinds(diagnoses) == [DiagnosisKind.UNDEFINED]


def test_constant_predictions_are_reported_with_their_standard_deviation():
    score = scored(TARGET, 1.6 + 0.003 * NOISE)
    no_gain, constant = score_diagnoses("val", score, BASELINES, None)
    assert (no_gain.kind, constant.kind) == (DiagnosisKind.NO_GAIN, DiagnosisKind.CONSTANT_PREDICTIONS)
    assert f"{100 * score.prediction_std / score.target_std:.1f} %" == "0.3 %"
    assert "0.3 %" in constant.message


def test_a_gain_must_exceed_the_lowest_baseline():
    score = scored(TARGET, 0.5 * TARGET + 0.8 + 0.1 * NOISE)
    assert kinds(score_diagnoses("val", score, BASELINES, None)) == [DiagnosisKind.GAIN]
    (diagnosis,) = score_diagnoses("val", score, BASELINES | {RELEASE_MEAN: 0.3}, None)
    assert diagnosis.kind is DiagnosisKind.WORSE
    assert "per-release mean 0.30000" in diagnosis.message


def test_a_gain_needs_the_whole_interval_below_the_baseline():
    score = scored(TARGET, TARGET.mean() + 0.05 * (TARGET - TARGET.mean()) + 0.2 * NOISE, n_subjects=8)
    low, high = score.interval
    assert kinds(score_diagnoses("val", score, {BEST_CONSTANT: (low + high) / 2}, None)) == [DiagnosisKind.NO_GAIN]
    assert kinds(score_diagnoses("val", score, {BEST_CONSTANT: 1.01 * high}, None)) == [DiagnosisKind.GAIN]


def test_leakage_is_reported_if_the_whole_interval_is_better_than_the_ideal_observer():
    score = scored(TARGET, TARGET + NOISE * 0.5)
    low, high = score.interval
    leakage = [
        DiagnosisKind.LEAKAGE in kinds(score_diagnoses("val", score, BASELINES, bound(1, [ideal], n_simulated=1)))
        for ideal in (low, (score.nrmse + high) / 2, high + 0.01)
    ]
    assert leakage == [False, False, True]


def test_messages():
    """``tests/data/diagnostics.txt`` holds the whole sentences."""
    near_perfect, constant = scored(TARGET, TARGET + 0.001 * NOISE), scored(TARGET, 1.6 + 0.003 * NOISE)
    noise = scored(TARGET, TARGET + 2 * NOISE)
    equal = scored(np.full(400, 0.7, np.float32), NOISE)
    diagnoses = [
        *of_curves(*OVERFITTING),
        *of_curves(*MEMORISING),
        *of_curves(*DIVERGING),
        *score_diagnoses("val", near_perfect, BASELINES, bound(1, [], n_simulated=0)),
        *score_diagnoses("val", near_perfect, BASELINES, bound(1, [0.5], n_simulated=1))[1:],
        *score_diagnoses("val", constant, BASELINES, None),
        *score_diagnoses("val", noise, BASELINES, None),
        *score_diagnoses("fold 3", equal, {}, None),
    ]
    assert "".join(f"{diagnosis}\n" for diagnosis in diagnoses) == GOLDEN.read_text(encoding="utf-8")
    assert all(diagnosis.kind in diagnosis.message for diagnosis in diagnoses)
