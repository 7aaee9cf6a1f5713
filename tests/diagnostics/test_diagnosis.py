"""What is said of epochs and scores, and when nothing is."""

import numpy as np
import pytest

from model_zoo.figures import key_of, read_figures
from model_zoo.registry import ARCHITECTURES, find_architecture
from model_zoo.training.config import RunConfig
from model_zoo.training.record import EpochRecord, SplitMetrics
from submission_builder.diagnostics.advice import Remedies, advise, foremost
from submission_builder.diagnostics.bounds import BEST_PUBLIC, bound
from submission_builder.diagnostics.curves import curve_diagnoses, score_diagnoses
from submission_builder.diagnostics.data import signal_diagnoses
from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import nrmse
from submission_builder.protocol.windows import WindowTable
from submission_builder.scores.baselines import BEST_CONSTANT, RELEASE_MEAN, TRAIN_MEAN, baseline_predictions, baselines
from submission_builder.scores.challenge_score import score_challenge
from submission_builder.scores.subjects import subject_errors
from submission_builder.workflows.train.next_steps import more_dropout, remedies, smaller_net


def epochs(train, val):
    return [
        EpochRecord(number, 1e-3, 1.0, SplitMetrics(a, 0.5, 0.5), SplitMetrics(b, 0.5, 0.5))
        for number, (a, b) in enumerate(zip(train, val, strict=True), 1)
    ]


def said_of(train, val):
    return curve_diagnoses("epochs", epochs(train, val), int(np.argmin(val)) + 1)


def test_over_fitting_is_dated():
    (diagnosis,) = said_of([0.99, 0.97, 0.95, 0.9, 0.85, 0.8], [1.0, 0.99, 0.97, 1.0, 1.02, 1.05])
    assert diagnosis.said.startswith("over-fits from epoch 4: since then nrmse fell to 0.800")
    assert diagnosis.said.endswith("rose from 0.970 to 1.050 on others")


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ([0.99, 0.95, 0.9, 0.87], [0.99, 0.96, 0.93, 0.92]),
        ([0.99, 0.95, 0.949, 0.948, 0.947], [0.99, 0.96, 0.965, 0.962, 0.966]),
        ([0.9, 0.9, 0.92, 0.95, 0.97], [0.96, 0.95, 0.97, 1.0, 1.0]),
        ([None, None], [0.9, 0.95]),
    ],
    ids=["still gains", "rests", "both get worse", "no spread of targets to train on"],
)
def test_nothing_is_said_of_other_curves(train, val):
    assert said_of(train, val) == []


def test_a_net_that_knows_its_subjects_is_told_apart():
    (diagnosis,) = said_of([0.8, 0.4], [0.99, 0.95])
    assert diagnosis.said == "knows its training subjects by heart: nrmse 0.400 on them, 0.950 on others"
    assert said_of([0.8, 0.4], [0.9, 0.6]) == []


def test_a_net_that_got_lost_is_told_so():
    (diagnosis,) = said_of([1.0, 3e7], [1.0, 4e7])
    assert diagnosis.said == "training diverged: nrmse 3e+07 on its own training windows in epoch 2; a constant has 1"


def scored(target, predictions, n_subjects=20):
    n = len(target)
    table = WindowTable(
        1, np.zeros(n, np.int64), np.arange(n), target, np.array([f"s{i % n_subjects}" for i in range(n)])
    )
    return score_challenge(table, predictions, PROFILES["final"])


TARGET = np.random.default_rng(0).normal(1.6, 0.4, 400).astype(np.float32)
NOISE = np.random.default_rng(1).normal(0, 0.4, 400)
FLOORS = {BEST_CONSTANT: 1.0}


def test_a_constant_target_has_no_score():
    (diagnosis,) = score_diagnoses("fold 3", scored(np.full(400, 0.7, np.float32), NOISE), {}, None)
    assert diagnosis.said == "target is constant in fold 3: nrmse undefined"


def test_a_constant_answer_is_named_with_its_spread():
    score = scored(TARGET, 1.6 + 0.003 * NOISE)
    words = [diagnosis.said for diagnosis in score_diagnoses("val", score, FLOORS, None)]
    assert (
        words[1]
        == f"predictions a constant: {100 * score.prediction_std / score.target_std:.1f} % of the target's spread"
    )
    assert words[1].startswith("predictions a constant: 0.3 %")
    assert words[0].startswith("worse than the baseline: nrmse 1.0")


def test_a_gain_counts_beyond_its_interval_and_the_lowest_floor():
    predictions = 0.5 * TARGET + 0.8 + 0.1 * NOISE
    (diagnosis,) = score_diagnoses("val", scored(TARGET, predictions), FLOORS, None)
    assert diagnosis.word is DiagnosisKind.GAIN
    (diagnosis,) = score_diagnoses("val", scored(TARGET, predictions), FLOORS | {RELEASE_MEAN: 0.3}, None)
    assert (diagnosis.word, "per-release mean 0.30000" in diagnosis.said) == (DiagnosisKind.WORSE, True)


def test_an_interval_that_holds_the_floor_is_no_gain():
    score = scored(TARGET, TARGET.mean() + 0.05 * (TARGET - TARGET.mean()) + 0.2 * NOISE, n_subjects=8)
    low, high = score.interval
    (diagnosis,) = score_diagnoses("val", score, {BEST_CONSTANT: (low + high) / 2}, None)
    assert diagnosis.word is DiagnosisKind.NO_GAIN
    (diagnosis,) = score_diagnoses("val", score, {BEST_CONSTANT: 1.01 * high}, None)
    assert diagnosis.word is DiagnosisKind.GAIN


def test_the_best_public_results_are_those_of_the_final_board(shared_board):
    final = [row for row in shared_board if row["phase"] == "final"]
    assert {number: min(float(row[f"challenge{number}"]) for row in final) for number in (1, 2)} == BEST_PUBLIC
    assert len(final) == 184


def test_what_nobody_has_passed_is_the_ideal_only_where_all_is_simulated():
    assert bound(2, [None, None], n_simulated=0).nrmse == 0.97843
    assert bound(2, [0.8, 0.7], n_simulated=2).nrmse == 0.7
    assert bound(2, [0.8, None], n_simulated=1) is None
    assert bound(2, [None], n_simulated=1) is None


def test_passing_the_ideal_takes_the_whole_interval_and_the_board_does_not():
    """A handful of subjects pass the ideal observer by chance."""
    score = scored(TARGET, TARGET + NOISE * 0.5)
    low, high = score.interval
    words = {
        limit: DiagnosisKind.LEAKAGE
        in [v.word for v in score_diagnoses("val", score, FLOORS, bound(1, [limit], n_simulated=1))]
        for limit in (low, (score.nrmse + high) / 2, high + 0.01)
    }
    assert list(words.values()) == [False, False, True]
    board = bound(1, [], n_simulated=0)
    assert board.passed(0.88667, (0.8, 1.1))
    assert not board.passed(0.88668, (0.8, 0.9))


def test_floors_are_scores_of_what_knows_no_eeg():
    train = np.array([1, 1, 3, 3], np.float32)
    release = np.array([0, 0, 1, 1])
    target, where = np.array([1, 1.5, 3, 2.5], np.float32), np.array([0, 0, 1, 1])
    known = baselines(target, baseline_predictions(train, release, where))
    assert known == {
        BEST_CONSTANT: 1.0,
        TRAIN_MEAN: pytest.approx(nrmse(target, np.full(4, 2.0))),
        RELEASE_MEAN: pytest.approx(nrmse(target, np.array([1, 1, 3, 3]))),
    }
    assert RELEASE_MEAN not in baseline_predictions(train, np.zeros(4, int), where), "one release says no more than all"
    assert RELEASE_MEAN not in baseline_predictions(train, release, where + 1), (
        "a release that was not trained on has no mean"
    )
    assert baselines(np.full(4, 0.7, np.float32), baseline_predictions(train, release, where)) == {}


@pytest.mark.parametrize(("volts", "unit"), [(1, None), (1e6, "µV"), (1e3, "mV"), (1e-6, ""), (0, "")])
def test_the_size_of_signals_says_their_unit(volts, unit):
    windows = (1e-5 * volts * np.random.default_rng(0).normal(size=(4, 129, 200))).astype(np.float32)
    said = [str(diagnosis) for diagnosis in signal_diagnoses("R1", windows)]
    assert bool(said) == (unit is not None)
    assert all("unit mismatch" in line and f"{unit}" in line for line in said)


def test_every_sentence_holds_its_word():
    score = scored(TARGET, TARGET + 0.001 * NOISE)
    diagnoses = [
        *said_of([0.99, 0.5, 0.4, 0.3, 0.2], [1.0, 0.97, 1.1, 1.1, 1.1]),
        *said_of([1.0, 5.0], [1.0, 5.0]),
        *score_diagnoses("val", score, FLOORS, bound(1, [], n_simulated=0)),
    ]
    assert {diagnosis.word for diagnosis in diagnoses} == {
        DiagnosisKind.BY_HEART,
        DiagnosisKind.OVER_FITS,
        DiagnosisKind.DIVERGED,
        DiagnosisKind.GAIN,
        DiagnosisKind.LEAKAGE,
    }
    assert all(diagnosis.word in diagnosis.said for diagnosis in diagnoses)


TODO = Remedies("subpack build x", "--lr 0.1", ("more dropout", "a smaller net"))


def advice_on(*words, todo=TODO):
    return advise([Diagnosis(word, "val", word) for word in words], "val", todo)


def test_the_tree_of_advice():
    assert advice_on(DiagnosisKind.GAIN).command == "subpack build x"
    assert advice_on(DiagnosisKind.GAIN, DiagnosisKind.BY_HEART).build
    assert "what leaks" in advice_on(DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE).said
    assert advice_on(DiagnosisKind.DIVERGED, DiagnosisKind.NO_GAIN).said == "train again with smaller steps: --lr 0.1"
    heart = advice_on(DiagnosisKind.NO_GAIN, DiagnosisKind.BY_HEART)
    assert (heart.build, heart.said) == (False, "keep the earlier submission, and try more dropout, or a smaller net")
    assert advice_on(DiagnosisKind.NO_GAIN).said.startswith("keep the earlier submission; val shows no gain")
    solved = Remedies("subpack build x", "--lr 0.1", ())
    assert advice_on(DiagnosisKind.NO_GAIN, DiagnosisKind.BY_HEART, todo=solved).said.startswith(
        "keep the earlier submission; val"
    )


def test_a_gain_elsewhere_does_not_decide():
    todo = Remedies("subpack build x", "", ())
    diagnoses = [Diagnosis(DiagnosisKind.GAIN, "val", ""), Diagnosis(DiagnosisKind.NO_GAIN, "test", "")]
    assert not advise(diagnoses, "test", todo).build


def test_flags_fit_the_net(tmp_path):
    tcn = find_architecture("tcn", 1)
    assert more_dropout(tcn, {}) == "more dropout (--net drop_prob=0.4)"
    assert more_dropout(find_architecture("cnn", 1), {"drop_prob": [0.3, 0.6, 0.7]}) == (
        "more dropout (--net 'drop_prob=[0.4,0.7,0.7]')"
    )
    assert more_dropout(find_architecture("cnn", 1), {"drop_prob": [0.8, 0.3, 0.3]}) == (
        "more dropout (--net 'drop_prob=[0.8,0.4,0.4]')"
    )
    assert more_dropout(tcn, {"drop_prob": 0.7}) is None
    config = RunConfig(architecture="tcn", challenge=2, train=("x",), lr=2e-3)
    todo = remedies(tcn, config, tmp_path / "my net.pt")
    assert todo.lower_lr == "--lr 0.0002"
    assert todo.build == f"subpack build --c1 constant:1.6 --c2 '{tmp_path}/my net.pt'"
    ridge = RunConfig(architecture="spectral_ridge", challenge=2, train=("x",))
    assert remedies(find_architecture("spectral_ridge", 2), ridge, tmp_path / "w.pt").regularise == ()


def test_a_smaller_net_has_at_most_half_the_parameters():
    rows = [row for row in ARCHITECTURES if row.challenge == 1 and row.value is None]
    sizes = {row.name: read_figures()[key_of(row)].parameters for row in rows}
    for row in rows:
        said = smaller_net(row)
        if said:
            assert 2 * sizes[said.removeprefix("a smaller net (subpack train ").removesuffix(")")] <= sizes[row.name]
    assert smaller_net(min(rows, key=lambda row: sizes[row.name])) is None
    assert smaller_net(find_architecture("tcn", 1))


def test_errors_by_subject_are_sorted():
    names, errors = subject_errors([0, 0, 1, 1], [3, 3, 1, 2], ["b", "b", "a", "a"])
    assert names.tolist() == ["a", "b"]
    assert errors.tolist() == [pytest.approx(0.5**0.5), 3]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"test": (DiagnosisKind.GAIN,), "epochs": (DiagnosisKind.OVER_FITS,)}, DiagnosisKind.GAIN),
        (
            {"test": (DiagnosisKind.NO_GAIN,), "val": (DiagnosisKind.GAIN, DiagnosisKind.CONSTANT_PREDICTIONS)},
            DiagnosisKind.NO_GAIN,
        ),
        ({"test": (DiagnosisKind.NO_GAIN, DiagnosisKind.CONSTANT_PREDICTIONS)}, DiagnosisKind.CONSTANT_PREDICTIONS),
        ({"test": (DiagnosisKind.NO_GAIN,), "epochs": (DiagnosisKind.BY_HEART,)}, DiagnosisKind.BY_HEART),
        ({"test": (DiagnosisKind.GAIN,), "val": (DiagnosisKind.LEAKAGE,)}, DiagnosisKind.LEAKAGE),
    ],
)
def test_one_word_stands_for_a_run_and_another_side_lends_it_no_gain(said, word):
    diagnoses = [Diagnosis(one, about, one) for about, words in said.items() for one in words]
    assert foremost(diagnoses, "test") is word
