"""Folds trained in parallel equal those trained in sequence, with processes of this machine and with Dask workers."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from model_zoo.checkpoint import load_state
from model_zoo.registry import find_architecture
from model_zoo.training.config import RunConfig
from submission_builder.base.errors import ConfigError
from submission_builder.base.jobs import Jobs
from submission_builder.cli.job_options import jobs_for
from submission_builder.protocol.challenges import PROFILES
from submission_builder.workflows.train.cross_validation import cross_validate
from submission_builder.workflows.train.data import Data, load

CONFIG = RunConfig(
    architecture="cnn", challenge=1, train=("x",), folds=2, epochs=2, batch_size=8, device="cpu", val_share=0.4
)
MAIN = (sys.executable, "-c", "from submission_builder.cli import main; main()")


@pytest.fixture(scope="module")
def data(small_release, tmp_path_factory):
    return Data((load(small_release, PROFILES["final"].challenges[1], tmp_path_factory.mktemp("cache")),))


def run(data, folder, jobs):
    """Cross-validate; also return the process ids in which folds were trained."""
    folder.mkdir()

    def report_fold(fold):
        (folder / f"{fold}.pid").write_text(str(os.getpid()))
        return lambda _: None

    result = cross_validate(find_architecture("cnn", 1), data, CONFIG, folder, report_fold=report_fold, jobs=jobs)
    return result, {int(path.read_text()) for path in folder.glob("*.pid")}


def require_equal(one, other):
    assert one.score == other.score
    for mine, theirs in zip(one.folds, other.folds, strict=True):
        weights = load_state(theirs.checkpoint.weights)
        assert all(torch.equal(value, weights[key]) for key, value in load_state(mine.checkpoint.weights).items())


@pytest.mark.slow
def test_parallel_processes_train_the_same_weights(data, tmp_path):
    alone, here = run(data, tmp_path / "alone", Jobs())
    beside, there = run(data, tmp_path / "beside", Jobs(2))
    assert here == {os.getpid()}
    assert os.getpid() not in there
    require_equal(alone, beside)


def test_parallel_jobs_cannot_be_combined_with_ddp():
    config = CONFIG.model_copy(update={"devices": 2})
    with pytest.raises(ConfigError, match="cannot both be given"):
        jobs_for(config, 2, "loky", None)


@pytest.mark.slow
def test_two_dask_workers_over_tcp_train_the_same_weights(data, tmp_path, dask_of_two):
    alone, _ = run(data, tmp_path / "alone", Jobs())
    beside, there = run(data, tmp_path / "beside", Jobs(2, "dask", dask_of_two))
    assert len(there) == 2
    assert os.getpid() not in there
    require_equal(alone, beside)


@pytest.mark.slow
def test_dask_workers_in_another_folder_write_into_the_folder_of_the_command(
    small_release, tmp_path, monkeypatch, dask_of_two
):
    monkeypatch.chdir(tmp_path)
    settings = ("--challenge", "1", "--epochs", "1", "--batch-size", "8", "--val-share", "0.4", "--seeds", "0", "1")
    where = ("--backend", "dask", "--scheduler", dask_of_two)
    command = [*MAIN, "train", "cnn", "--train", small_release, *settings, *where]
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name for path in tmp_path.glob("runs/*.pt")} == {"cnn.c1-seed0.pt", "cnn.c1-seed1.pt"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_jobs_and_each_leaves_a_state_to_resume(small_release, tmp_path, number):
    """Only the main process gets the signal, as from a scheduler."""
    args = ("cnn", "--challenge", "1", "--train", small_release, "--folds", "2", "--batch-size", "8", "-o", tmp_path)
    patient = ("--epochs", "400", "--patience", "400", "--jobs", "2")
    process = subprocess.Popen(
        [*MAIN, "train", *args, *patient],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    begun = set()
    for line in process.stdout:
        begun |= {line[:11]} if line.startswith("fold") else set()
        if len(begun) == 2:
            break
    process.send_signal(number)
    process.stdout.close()
    assert process.wait(60) != 0
    deadline = time.monotonic() + 30
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.1)
    unfinished = sorted(path.name for path in tmp_path.glob(".*.unfinished"))
    assert unfinished == [f".cnn.c1-seed0-fold{fold}of2.unfinished" for fold in (1, 2)]
