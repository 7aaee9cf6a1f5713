"""What to do with several runs: the best that gained, or all of these; nothing while one may leak."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from model_zoo.registry import find_architecture
from model_zoo.training.config import RunConfig, run_configs
from submission_builder.base.errors import ConfigError, ScoreError
from submission_builder.diagnostics.advice import NextSteps, advise
from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind
from submission_builder.workflows.train.several import FinishedRun, RunSpec, advise_on, attempt, ranked

SETTINGS = {"architecture": "cnn", "challenge": 1, "train": ["x"]}


def judged(seed, nrmse, *words, folder="runs"):
    """A run with such a score and such diagnoses."""
    run = RunSpec(find_architecture("cnn", 1), RunConfig(**SETTINGS, seed=seed))
    diagnoses = tuple(Diagnosis(word, "val", word) for word in words)
    advice = advise(diagnoses, "val", NextSteps(f"build {run.name}", "", ()))
    weights = SimpleNamespace(weights=Path(folder, f"{run.name}.pt"))
    split = SimpleNamespace(name="val", score=SimpleNamespace(nrmse=nrmse))
    card = SimpleNamespace(challenge=1)
    return FinishedRun(
        run,
        SimpleNamespace(checkpoints=(weights,), diagnoses=diagnoses, advice=advice, decisive=split, card=card),
    )


def test_best_first_then_those_without_a_score_then_those_that_failed():
    failed = attempt(judged(0, 1).run, lambda: (_ for _ in ()).throw(ScoreError("training diverged")))
    runs = [
        failed,
        judged(1, None, DiagnosisKind.UNDEFINED),
        judged(2, 0.9, DiagnosisKind.NO_GAIN),
        judged(3, 0.8, DiagnosisKind.NO_GAIN),
    ]
    assert [one.run.config.seed for one in ranked(runs)] == [3, 2, 1, 0]
    assert str(failed.error) == "training diverged"


def test_an_error_that_would_end_all_runs_is_not_taken_for_that_of_one():
    with pytest.raises(ConfigError):
        attempt(judged(0, 1).run, lambda: (_ for _ in ()).throw(ConfigError("backend dask cannot be used")))


def test_the_best_that_gained_is_built_or_the_mean_of_all_that_did():
    runs = [
        judged(0, 0.8, DiagnosisKind.NO_GAIN),
        judged(1, 0.9, DiagnosisKind.GAIN),
        judged(2, 0.95, DiagnosisKind.GAIN),
    ]
    best, mean = advise_on(runs, Path("runs"))
    assert (best.message, best.command) == (
        "cnn.c1-seed1: build a submission, because the 95 % interval on val lies below the baseline",
        "build cnn.c1-seed1",
    )
    assert mean.command == "subpack build --c1 runs/cnn.c1-seed1.pt+runs/cnn.c1-seed2.pt --c2 constant:0"
    assert len(advise_on(runs[:2], Path("runs"))) == 1, "one alone has no mean"


def test_no_mean_is_named_where_its_name_would_be_taken_apart():
    runs = [judged(seed, 0.9, DiagnosisKind.GAIN, folder="c++") for seed in (1, 2)]
    assert len(advise_on(runs, Path("c++"))) == 1


def test_while_one_may_leak_nothing_is_built():
    (only,) = advise_on(
        [judged(0, 0.8, DiagnosisKind.GAIN), judged(1, 0.9, DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE)], Path("runs")
    )
    assert only.message == "cnn.c1-seed1: find the leak before you build a submission"
    assert only.command is None


def test_a_config_for_each_architecture_with_each_seed():
    configs = run_configs(SETTINGS | {"tag": "mine"}, ("cnn", "attn", "cnn"), (0, 1), "here")
    assert [(config.architecture, config.name) for config in configs] == [
        ("cnn", "mine-seed0"),
        ("cnn", "mine-seed1"),
        ("attn", "mine-seed0"),
        ("attn", "mine-seed1"),
    ]
    assert [config.name for config in run_configs(SETTINGS, (), (3, 4), "here")] == ["c1-seed3", "c1-seed4"]
    assert run_configs(SETTINGS | {"tag": "mine"}, (), (3,), "here")[0].card() == (
        RunConfig(**SETTINGS, seed=3, tag="mine").card()
    )
