"""Diagnoses of the score of a zip: each planted lie that leaves a trace in the score has one, and a healthy zip none.

The numbers are those of the list of faults in the field. Lies that leave no trace in the predictions of a zip are
found elsewhere or cannot be found: a comparison of losses with scores (``subpack compare`` refuses other definitions),
leakage by windows within the training data, augmented validation windows, and nets with other semantics but equal
shapes (the golden predictions of the build). Packaging faults are findings of ``check`` or outcomes of the run.
"""

import numpy as np
import pytest
from coverage_table import drawn
from real_labels import labels_of, model, truth_of
from scipy import optimize

from submission_builder.diagnostics.bounds import bound
from submission_builder.diagnostics.diagnosis import DiagnosisKind as Kind
from submission_builder.diagnostics.zips import zip_diagnoses
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.windows import WindowTable
from submission_builder.scores.challenge_score import score_challenge
from submission_builder.scores.interval import over_subjects

SPECS = PROFILES["final"].challenges
PUBLIC = bound(1, [], n_simulated=0)
RNG = np.random.default_rng(3)
WHO = np.repeat(np.arange(100), 20)
TARGET = (1.6 + 0.2 * RNG.normal(size=100)[WHO] + 0.35 * RNG.normal(size=2000)).astype(np.float32)
NOISE = RNG.normal(size=2000)
HEALTHY = 1.6 + 0.06 * (TARGET - 1.6) + 0.02 * NOISE


def diagnoses(predictions, *, target=TARGET, who=WHO, challenge=1, bound=PUBLIC, trained=0, release=None):
    subject = np.array([f"S{i}" for i in who])
    table = WindowTable(challenge, who, np.arange(len(who)), target, subject)
    score = score_challenge(table, np.array(predictions, np.float64), PROFILES["final"])
    return zip_diagnoses(SPECS[challenge], score, bound, trained_subjects=trained, trained_release=release)


def kinds(*args, **settings):
    return {diagnosis.kind for diagnosis in diagnoses(*args, **settings)}


def test_a_healthy_zip_is_better_than_a_constant_and_has_no_problem():
    assert kinds(HEALTHY) == {Kind.BETTER_THAN_CONSTANT}
    (found,) = diagnoses(HEALTHY)
    assert found.kind.good
    assert "by at least 0.05" in found.message


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (2.13 + 1e-3 * NOISE, {Kind.CONSTANT_PREDICTIONS, Kind.WORSE_THAN_CONSTANT}),  # 1, 3, 15: trained on z-scores
        (np.full(2000, 1.6), {Kind.CONSTANT_PREDICTIONS, Kind.LIKE_A_CONSTANT}),
        (3 + 3 * (TARGET - 1.6), {Kind.WORSE_THAN_CONSTANT}),
        (1000 * HEALTHY, {Kind.UNIT_MISTAKE, Kind.WORSE_THAN_CONSTANT}),  # milliseconds
        ((HEALTHY - 1.6) / 0.4, {Kind.UNIT_MISTAKE, Kind.WORSE_THAN_CONSTANT}),  # standardised targets
        (0.02 * NOISE, {Kind.UNIT_MISTAKE, Kind.WORSE_THAN_CONSTANT}),  # 9, 11, 14: random weights, or challenge 2's
        (TARGET + 0.1 * NOISE, {Kind.BETTER_THAN_CONSTANT, Kind.LEAKAGE}),
        (TARGET, {Kind.BETTER_THAN_CONSTANT, Kind.LEAKAGE}),
    ],
    ids=["z-scored", "constant", "noisy", "milliseconds", "standardised", "random weights", "leak", "exact"],
)
def test_each_lie_has_its_diagnosis(predictions, expected):
    found = kinds(predictions) - ({Kind.CONSTANT_PREDICTIONS} - expected)
    assert found == expected


def test_a_constant_far_from_the_mean_explains_its_score():
    (constant, _) = diagnoses(np.full(2000, 2.13))
    nrmse = np.sqrt(np.mean((TARGET.astype(float) - 2.13) ** 2)) / TARGET.astype(float).std()
    assert f"the constant 2.13 alone scores {nrmse:.4f}" in constant.message


def test_a_small_spread_with_a_score_that_the_constant_does_not_explain_has_no_formula():
    """A spread of 4 % that follows the targets gives a score below that of the constant."""
    (constant, _) = diagnoses(1.6 + 0.045 * (TARGET - 1.6))
    assert "√" not in constant.message


@pytest.mark.parametrize(("factor", "unit"), [(1000, "milliseconds"), (100, "samples")])
def test_the_unit_is_named(factor, unit):
    (found,) = (one for one in diagnoses(factor * HEALTHY) if one.kind is Kind.UNIT_MISTAKE)
    assert unit in found.message


def test_targets_around_zero_have_no_unit_mistake():
    """The factor score of challenge 2 has a mean near 0, so a ratio of means says nothing."""
    target = (TARGET - 1.6).astype(np.float32)
    assert Kind.UNIT_MISTAKE not in kinds(HEALTHY - 1.5, target=target, challenge=2, bound=None)


def test_subjects_and_labels_of_the_training_are_named():
    by_subject, by_release = diagnoses(HEALTHY, trained=30), diagnoses(HEALTHY, release="R5")
    assert [found[0].kind for found in (by_subject, by_release)] == [Kind.TRAINED_ON] * 2
    assert "30 of its 100 subjects" in by_subject[0].message
    assert "R5" in by_release[0].message


def test_a_few_subjects_with_a_low_score_are_no_leakage():
    """A score of eight subjects is below the bound because of two hard subjects alone; the interval says so."""
    chosen = WHO < 8
    share = np.where(WHO < 6, 0.9, -0.5)
    found = diagnoses((1.6 + share * (TARGET - 1.6))[chosen], target=TARGET[chosen], who=WHO[chosen])
    assert Kind.LEAKAGE not in {diagnosis.kind for diagnosis in found}


def test_no_score_has_no_diagnosis():
    assert diagnoses(np.zeros(2000), target=np.full(2000, 0.7, np.float32)) == []


@pytest.fixture(scope="module")
def labels(r5):
    return labels_of(r5["runs"], r5["externalizing"])


@pytest.mark.slow
def test_a_constant_at_the_populations_mean_is_not_shown_to_differ_in_97_percent_of_draws(labels):
    population = {n: of.rows(np.full(len(of.target), of.mean)) for n, of in labels.items()}
    for n_subjects in (20, 250):
        chosen = np.random.default_rng(n_subjects).integers(0, 260, (4000, n_subjects))
        like = np.mean([[not _shown(of_one) for of_one in scores] for scores in drawn(population, chosen)], axis=0)
        assert like.min() >= 0.97


@pytest.mark.slow
def test_a_model_that_is_02_better_is_called_better_in_90_percent_of_draws_at_the_size_of_r5(labels):
    first, rng = labels[1], np.random.default_rng(0)
    predictions = model(first, rng, noise=2)

    def shrunk(factor):
        return first.rows(first.mean + factor * (predictions - first.mean))

    rows = shrunk(optimize.brentq(lambda factor: truth_of(shrunk(factor)) - 0.98, 0, 1))
    chosen = rng.integers(0, 260, (4000, 260))
    better = [over_subjects(scores[0], 1).shown_better for scores in drawn({1: rows}, chosen)]
    assert np.mean(better) >= 0.9


def _shown(score):
    found = over_subjects(score, 1)
    return found.shown_better or found.shown_worse
