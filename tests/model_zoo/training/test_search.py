"""A search: many processes, one storage; pruned, resumed, and its best settings ready to train with."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from model_zoo.registry import find_architecture
from model_zoo.training.config import read_config, run_config
from model_zoo.training.space import read_space
from submission_builder.base.errors import ConfigError, ScoreError
from submission_builder.base.jobs import SERIAL
from submission_builder.protocol.challenges import PROFILES
from submission_builder.workflows.train.cross_validation import cross_validate
from submission_builder.workflows.train.data import Data, load
from submission_builder.workflows.train.single import train
from submission_builder.workflows.tune import (
    Search,
    n_finished,
    open_storage,
    open_study,
    search,
    seen_from_anywhere,
    write_best,
)

SETTINGS = {
    "architecture": "compact_k5",
    "challenge": 1,
    "train": ["x"],
    "epochs": 2,
    "batch_size": 8,
    "device": "cpu",
    "val_share": 0.5,
}
TABLE = {"lr": {"low": 1e-4, "high": 1e-2, "log": True}, "net": {"drop_prob": {"low": 0.0, "high": 0.5}}}
MAIN = (sys.executable, "-c", "from submission_builder.cli import main; main()")


@pytest.fixture(scope="module")
def data(small_release, tmp_path_factory):
    return Data((load(small_release, PROFILES["final"].challenges[1], tmp_path_factory.mktemp("cache")),))


def what(data, storage, table=TABLE, **more):
    settings = SETTINGS | more
    space = read_space(table, settings, "it")
    return Search(find_architecture("compact_k5", 1), data, run_config(settings, "it"), space, str(storage))


def run(searched, n_trials):
    told = []
    study = search(searched, n_trials, SERIAL, lambda _, trial: told.append(trial.number))
    return study, told


@pytest.mark.parametrize("storage", ["{}/study.journal", "sqlite:///{}/study.db"])
def test_a_search_goes_on_where_it_was_left_and_its_best_trains_to_the_same_score(data, tmp_path, storage):
    searched = what(data, storage.format(tmp_path))
    assert run(searched, 2)[1] == [0, 1]
    study, told = run(searched, 3)
    assert told == [2], "two were there"
    assert run(searched, 3)[1] == []
    write_best(searched, study, tmp_path / "best.toml")
    config = run_config(read_config(str(tmp_path / "best.toml")), "it")
    assert config.name == "c1-seed0-tuned", "weights of the settings that the search began with stay"
    assert (config.lr, config.net["drop_prob"]) == (study.best_params["lr"], study.best_params["net.drop_prob"])
    checkpoint = train(find_architecture("compact_k5", 1), data, config, tmp_path, report=lambda _: None).checkpoint
    assert checkpoint.card.scores["val"]["nrmse"] == pytest.approx(study.best_value, abs=1e-5)


def test_a_trial_of_folds_scores_all_answers_out_of_fold(data, tmp_path):
    searched = what(data, tmp_path / "j", folds=2)
    study, _ = run(searched, 1)
    config = searched.config_of(study.best_params)
    result = cross_validate(searched.row, data, config, tmp_path / "runs", report_fold=lambda *_: lambda _: None)
    assert study.best_value == pytest.approx(result.score.nrmse, abs=1e-6)


def test_a_trial_that_does_worse_than_the_median_is_pruned_at_its_epoch(data, tmp_path):
    searched = what(data, tmp_path / "j")
    study = open_study(searched)
    distributions = {
        "lr": optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True),
        "net.drop_prob": optuna.distributions.FloatDistribution(0.0, 0.5),
    }
    for _ in range(5):
        params = {"lr": 1e-3, "net.drop_prob": 0.1}
        study.add_trial(
            create_trial(value=0.1, params=params, distributions=distributions, intermediate_values={1: 0.1, 2: 0.1})
        )
    study, _ = run(searched, 6)
    last = study.trials[-1]
    assert (last.state, last.last_step) == (TrialState.PRUNED, 1)


def test_a_trial_that_diverges_ends_alone(data, tmp_path):
    searched = what(data, tmp_path / "j", {"lr": {"low": 1e29, "high": 1e30}})
    study, told = run(searched, 2)
    assert told == [0, 1]
    assert {trial.state for trial in study.trials} == {TrialState.PRUNED}
    assert "training diverged" in study.trials[0].user_attrs["ended"]
    with pytest.raises(ScoreError, match=r"no trial of compact_k5\.c1-seed0 has a score"):
        write_best(searched, study, tmp_path / "best.toml")
    assert not (tmp_path / "best.toml").exists()


def test_another_search_of_that_name_is_refused_and_what_differs_is_named(data, tmp_path):
    open_study(what(data, tmp_path / "j"))
    with pytest.raises(ConfigError, match=r"named compact_k5\.c1-seed0\n  epochs was 2, now it is 3") as caught:
        open_study(what(data, tmp_path / "j", epochs=3))
    assert caught.value.hint == "--tag gives another name"


@pytest.mark.parametrize(
    "storage", ["nonsense://x", "sqlite:////nowhere/at/all.db", "/nowhere/at/all.journal", "postgresql+psycopg2://h/x"]
)
def test_a_storage_that_cannot_be_opened_is_one_error(data, storage):
    with pytest.raises(ConfigError, match="cannot be used"):
        open_study(what(data, storage))


def test_a_storage_that_is_a_file_is_found_from_elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert seen_from_anywhere("x.journal") == f"{tmp_path}/x.journal"
    assert seen_from_anywhere("sqlite:///x.db") == f"sqlite:///{tmp_path}/x.db"
    for whole in ("sqlite:////there/x.db", "/there/x.journal", "postgresql+psycopg://host/x"):
        assert seen_from_anywhere(whole) == whole


def test_the_package_that_a_database_needs_is_named(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(ConfigError, match=r"cannot be used: .*psycopg2") as caught:
        open_study(what(data, "postgresql+psycopg2://h/x"))
    assert caught.value.hint == "pip install 'psycopg2-binary'"


@pytest.mark.slow
def test_a_new_database_may_be_opened_by_several_at_once(tmp_path):
    """Each makes the tables that it finds missing."""
    with ThreadPoolExecutor(4) as pool:
        for i in range(2):
            url, together = f"sqlite:///{tmp_path}/{i}.db", threading.Barrier(4)

            def opened(_, url=url, together=together):
                together.wait()
                return open_storage(url).get_all_studies()

            assert list(pool.map(opened, range(4))) == [[]] * 4


def begin(folder, release, storage, n_trials, *more):
    config = folder / "c.toml"
    config.write_text(
        f'architecture = "cnn"\nchallenge = 1\ntrain = ["{release}"]\nepochs = 2\nbatch_size = 8\ndevice = "cpu"\n'
        "[tune]\nlr = { low = 1e-4, high = 1e-2, log = true }\n"
    )
    args = (config, "--trials", str(n_trials), "--storage", storage, "-o", folder / "best.toml", *more)
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([*MAIN, "tune", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


@pytest.mark.slow
def test_after_ctrl_c_it_is_said_how_a_search_goes_on(small_release, tmp_path):
    process = begin(tmp_path, small_release, str(tmp_path / "study.journal"), 50)
    assert any(line.startswith("trial") for line in process.stdout)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.splitlines()[-1] == "interrupted; the same command goes on after the last whole trial"


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["{}/study.journal", "sqlite:///{}/study.db"])
def test_the_trials_of_processes_add_up_and_a_killed_search_goes_on(small_release, tmp_path, storage):
    storage = storage.format(tmp_path)
    both = [begin(tmp_path, small_release, storage, 12) for _ in range(2)]
    assert any(line.startswith("trial") for line in both[0].stdout), both[0].stderr.read()
    both[0].send_signal(signal.SIGKILL)
    both[0].communicate()
    told, said = both[1].communicate()
    assert both[1].returncode == 0, said
    assert (tmp_path / "best.toml").exists()
    study = optuna.load_study(study_name="cnn.c1-seed0", storage=open_storage(storage))
    assert n_finished(study) == 12
    assert 1 <= told.count("\ntrial") < 12, "the other process had finished some"
    more = begin(tmp_path, small_release, storage, 14, "--jobs", "2")
    told, said = more.communicate()
    assert more.returncode == 0, said
    assert 2 <= told.count("\ntrial") <= 3
    assert n_finished(study) in (14, 15)
