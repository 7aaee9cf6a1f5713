"""A search: many processes, one storage; pruned, resumed, and its best settings ready to train with."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
from optuna.trial import TrialState, create_trial

import submission_builder as sb
from model_zoo.registry import find_architecture
from model_zoo.training.config import read_config, run_config
from model_zoo.training.space import read_space
from submission_builder.workflows.train.run_spec import RunSpec
from submission_builder.workflows.tune.search import Search, n_finished
from submission_builder.workflows.tune.storage import absolute_storage, open_storage

SETTINGS = {
    "architecture": "compact_k5",
    "challenge": 1,
    "epochs": 2,
    "batch_size": 8,
    "device": "cpu",
    "val_share": 0.5,
}
TABLE = {"lr": {"low": 1e-4, "high": 1e-2, "log": True}, "net": {"drop_prob": {"low": 0.0, "high": 0.5}}}
MAIN = (sys.executable, "-m", "submission_builder")


class Recorder(sb.TuneObserver):
    def __init__(self):
        self.trials, self.n_finished = [], None

    def opened(self, n_finished, n_trials):
        self.n_finished = n_finished

    def trial(self, trial):
        self.trials.append(trial)


@pytest.fixture
def tune(small_release, tmp_path):
    """Search on the small release, and return the result and the observer."""

    def run(n_trials, storage, table=TABLE, **more):
        observer, config = Recorder(), SETTINGS | more | {"tune": table}
        path = tmp_path / "best.toml"
        arguments = {"storage": str(storage), "output": path, "observer": observer}
        return sb.tune(config, train=small_release, trials=n_trials, **arguments), observer

    return run


def search_of(data, storage, release="x"):
    """The search that `tune` makes of the same settings."""
    settings = SETTINGS | {"train": [release]}
    spec = RunSpec(find_architecture("compact_k5", 1), run_config(settings, "it"))
    return Search(spec, data, read_space(TABLE, settings, "it"), str(storage))


@pytest.mark.parametrize("storage", ["{}/study.journal", "sqlite:///{}/study.db"])
def test_a_search_continues_and_its_best_settings_train_to_the_same_score(tune, small_release, tmp_path, storage):
    storage = storage.format(tmp_path)
    assert [trial.number for trial in tune(2, storage)[1].trials] == [0, 1]
    result, observer = tune(3, storage)
    assert ([trial.number for trial in observer.trials], observer.n_finished) == ([2], 2)
    assert (tune(3, storage)[1].trials, len(result.trials)) == ([], 3)
    best = result.best
    assert best == min(result.ranked(), key=lambda trial: trial.nrmse)
    config = run_config(read_config(str(result.path)), "it")
    assert config.name == "c1-seed0-tuned", "the weights of the initial settings are not replaced"
    assert (config.lr, config.net["drop_prob"]) == (best.settings["lr"], best.settings["net.drop_prob"])
    run = sb.train(config=result.path, output=tmp_path)
    assert run.card.scores["val"]["nrmse"] == pytest.approx(best.nrmse, abs=1e-5)
    content = json.loads(json.dumps(result.to_dict()))
    assert content["best"]["nrmse"] == best.nrmse
    assert [trial["number"] for trial in content["trials"]] == [0, 1, 2]
    assert f"{best.nrmse:.5f}" in result._repr_html_()


def test_a_trial_with_folds_scores_all_out_of_fold_predictions(tune, small_release, tmp_path):
    result, _ = tune(1, tmp_path / "j", folds=2)
    run = sb.train(config=result.path, output=tmp_path / "runs")
    assert result.best.nrmse == pytest.approx(run.final_split.score.nrmse, abs=1e-6)


def test_a_trial_that_does_worse_than_the_median_is_pruned_at_its_epoch(tune, data, small_release, tmp_path):
    study = search_of(data, tmp_path / "j", small_release).study()
    distributions = {
        "lr": optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True),
        "net.drop_prob": optuna.distributions.FloatDistribution(0.0, 0.5),
    }
    for _ in range(5):
        params = {"lr": 1e-3, "net.drop_prob": 0.1}
        study.add_trial(
            create_trial(value=0.1, params=params, distributions=distributions, intermediate_values={1: 0.1, 2: 0.1})
        )
    result, _ = tune(6, tmp_path / "j")
    last = result.trials[-1]
    assert (last.state, last.last_epoch) == ("pruned", 1)


def test_a_trial_that_diverges_ends_alone(tune, data, tmp_path):
    table = {"lr": {"low": 1e29, "high": 1e30}}
    with pytest.raises(sb.ScoreError, match=r"no trial of compact_k5\.c1-seed0 has a score"):
        tune(2, tmp_path / "j", table)
    study = optuna.load_study(study_name="compact_k5.c1-seed0", storage=open_storage(str(tmp_path / "j")))
    assert [trial.state for trial in study.trials] == [TrialState.PRUNED] * 2
    assert "training diverged" in study.trials[0].user_attrs["ended"]
    assert not (tmp_path / "best.toml").exists()


def test_another_search_of_that_name_is_refused_and_the_difference_is_named(tune, data, small_release, tmp_path):
    search_of(data, tmp_path / "j", small_release).study()
    with pytest.raises(sb.ConfigError, match=r"named compact_k5\.c1-seed0\n  epochs was 2, now it is 3") as caught:
        tune(1, tmp_path / "j", epochs=3)
    assert caught.value.hint == "--tag sets another name"


def test_a_study_of_an_older_version_continues(tune, data, small_release, tmp_path):
    """It names the fingerprint `told`."""
    search = search_of(data, tmp_path / "j", small_release)
    study = optuna.create_study(storage=open_storage(search.storage), study_name=search.spec.name)
    study.set_user_attr("told", search.fingerprint())
    assert "fingerprint" not in search.study().user_attrs
    with pytest.raises(sb.ConfigError, match=r"epochs was 2, now it is 3"):
        tune(1, tmp_path / "j", epochs=3)
    assert len(tune(1, tmp_path / "j")[0].trials) == 1


@pytest.mark.parametrize(
    "storage", ["nonsense://x", "sqlite:////nowhere/at/all.db", "/nowhere/at/all.journal", "postgresql+psycopg2://h/x"]
)
def test_a_storage_that_cannot_be_opened_is_one_error(data, storage):
    with pytest.raises(sb.ConfigError, match="cannot be used"):
        search_of(data, storage).study()


def test_a_storage_that_is_a_file_is_found_from_elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert absolute_storage("x.journal") == f"{tmp_path}/x.journal"
    assert absolute_storage("sqlite:///x.db") == f"sqlite:///{tmp_path}/x.db"
    for whole in ("sqlite:////there/x.db", "/there/x.journal", "postgresql+psycopg://host/x"):
        assert absolute_storage(whole) == whole


def test_the_package_that_a_database_needs_is_named(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(sb.ConfigError, match=r"cannot be used: .*psycopg2") as caught:
        search_of(data, "postgresql+psycopg2://h/x").study()
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
    assert said.splitlines()[-1] == "interrupted; the same command continues after the last finished trial"


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
