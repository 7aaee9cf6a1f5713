"""Several runs: each is what it is alone, one fails alone, and the advice is to build the best, or all that gained."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import submission_builder as sb
from model_zoo.registry import find_architecture
from model_zoo.training.config import RunConfig, run_configs
from submission_builder.diagnostics.advice import NextSteps, advise
from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind
from submission_builder.workflows.train.many import advise_on, attempt, rank
from submission_builder.workflows.train.run_spec import RunSpec
from submission_builder.workflows.train.training_run import TrainingRun
from submission_builder.workflows.train.training_runs import FailedRun

SETTINGS = {"architecture": "cnn", "challenge": 1, "train": ["x"]}


def trained(seed, nrmse, *kinds, folder="runs", ensemble=None):
    """A run with such a score and such diagnoses."""
    spec = RunSpec(find_architecture("cnn", 1), RunConfig(**SETTINGS, seed=seed))
    diagnoses = tuple(Diagnosis(kind, "validation", kind) for kind in kinds)
    return TrainingRun(
        name=spec.name,
        checkpoints=(SimpleNamespace(weights=Path(folder, f"{spec.name}.pt"), card=SimpleNamespace(challenge=1)),),
        data=(),
        curves=(),
        train=None,
        held_out=(SimpleNamespace(name="validation", score=SimpleNamespace(nrmse=nrmse)),),
        diagnoses=diagnoses,
        advice=advise(diagnoses, "validation", NextSteps(f"build {spec.name}", "", ())),
        ensemble=ensemble,
    )


def failing(error):
    def work():
        raise error

    return attempt(RunSpec(find_architecture("cnn", 1), RunConfig(**SETTINGS)), work)


def test_best_first_then_runs_without_a_score_and_failures_apart():
    failed = failing(sb.ScoreError("training diverged"))
    runs = [
        failed,
        trained(1, None, DiagnosisKind.UNDEFINED),
        trained(2, 0.9, DiagnosisKind.NO_GAIN),
        trained(3, 0.8, DiagnosisKind.NO_GAIN),
    ]
    result = rank(runs)
    assert [run.name for run in result.runs] == ["cnn.c1-seed3", "cnn.c1-seed2", "cnn.c1-seed1"]
    assert result.failures == (failed,)
    assert (failed.name, str(failed.error)) == ("cnn.c1-seed0", "training diverged")


def test_an_error_that_would_end_all_runs_is_raised():
    with pytest.raises(sb.ConfigError):
        failing(sb.ConfigError("backend dask cannot be used"))


def test_where_all_fail_there_is_no_advice():
    result = rank([FailedRun("cnn.c1-seed0", sb.ScoreError("training diverged", hint="try a smaller --lr"))])
    assert result.advice == ()
    assert result.to_dict()["failures"] == [
        {"name": "cnn.c1-seed0", "message": "training diverged", "hint": "try a smaller --lr"}
    ]


def test_the_best_that_gained_is_built_or_the_mean_of_all_that_did():
    runs = [
        trained(0, 0.8, DiagnosisKind.NO_GAIN),
        trained(1, 0.9, DiagnosisKind.GAIN),
        trained(2, 0.95, DiagnosisKind.GAIN),
    ]
    best, mean = advise_on(runs)
    assert (best.message, best.command) == (f"cnn.c1-seed1: {runs[1].advice.message}", "build cnn.c1-seed1")
    assert mean.command == "subpack build --c1 runs/cnn.c1-seed1.pt+runs/cnn.c1-seed2.pt --c2 constant:0"
    assert len(advise_on(runs[:2])) == 1, "one run has no mean"


def test_no_mean_is_advised_where_a_path_holds_a_plus():
    runs = [trained(seed, 0.9, DiagnosisKind.GAIN, folder="c++") for seed in (1, 2)]
    assert len(advise_on(runs)) == 1


def test_while_one_may_leak_nothing_is_built():
    (only,) = advise_on(
        [trained(0, 0.8, DiagnosisKind.GAIN), trained(1, 0.9, DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE)]
    )
    assert only.message.startswith("cnn.c1-seed1: ")
    assert not only.build
    assert only.command is None


def test_runs_with_folds_are_blended():
    runs = [trained(seed, 0.9, DiagnosisKind.GAIN, ensemble=Path(f"runs/{seed}.toml")) for seed in (1, 2)]
    (advice,) = advise_on(runs)
    assert advice.command == "subpack blend runs/1.toml runs/2.toml"


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


def test_from_python_each_run_has_its_result_and_an_error_is_that_of_its_run(small_release, tmp_path):
    """A ridge is solved without steps, so that a learning rate at which a net diverges does not affect it."""
    settings = {"challenge": 2, "train": small_release, "device": "cpu", "lr": 1e30, "clip": 1e30, "output": tmp_path}
    result = sb.train_many(["cnn", "spectral_ridge"], **settings)
    assert [run.name for run in result.runs] == ["spectral_ridge.c2-seed0"]
    assert [failure.name for failure in result.failures] == ["cnn.c2-seed0"]
    assert "training diverged" in str(result.failures[0].error)
    content = result.to_dict()
    assert content["runs"] == [result.runs[0].to_dict()]
    assert "spectral_ridge.c2-seed0" in result._repr_html_()
