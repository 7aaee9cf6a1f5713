"""Folds trained beside each other are those trained one after the other, on this machine and on Dask's workers."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

import submission_builder as sb
from model_zoo.checkpoint import load_state

SETTINGS = {"challenge": 1, "folds": 2, "epochs": 2, "batch_size": 8, "device": "cpu", "val_share": 0.4}
MAIN = (sys.executable, "-m", "submission_builder")


class Marker(sb.TrainObserver):
    """Each net leaves a file that names its process."""

    def __init__(self, folder):
        self.folder = folder

    def epoch(self, net, record):
        (self.folder / f"{net}.pid").write_text(str(os.getpid()))


def run(release, folder, jobs):
    folder.mkdir()
    result = sb.train("cnn", train=release, output=folder, jobs=jobs, observer=Marker(folder), **SETTINGS)
    return result, {int(path.read_text()) for path in folder.glob("*.pid")}


def require_equal(one, other):
    assert one.final_split.score == other.final_split.score
    for mine, theirs in zip(one.checkpoints, other.checkpoints, strict=True):
        weights = load_state(theirs.weights)
        assert all(torch.equal(value, weights[key]) for key, value in load_state(mine.weights).items())


@pytest.mark.slow
def test_jobs_in_processes_make_the_same_weights(small_release, tmp_path):
    alone, here = run(small_release, tmp_path / "alone", sb.Jobs())
    beside, there = run(small_release, tmp_path / "beside", sb.Jobs(2))
    assert here == {os.getpid()}
    assert os.getpid() not in there
    require_equal(alone, beside)


def test_jobs_that_would_each_start_processes_are_refused():
    with pytest.raises(sb.ConfigError, match="cannot both be given"):
        sb.train("cnn", train="nowhere", jobs=sb.Jobs(2), **SETTINGS, devices=2)


@pytest.mark.slow
def test_two_workers_of_dask_over_tcp_make_the_same_weights(small_release, tmp_path, dask_of_two):
    alone, _ = run(small_release, tmp_path / "alone", sb.Jobs())
    beside, there = run(small_release, tmp_path / "beside", sb.Jobs(2, "dask", dask_of_two))
    assert len(there) == 2
    assert os.getpid() not in there
    require_equal(alone, beside)


@pytest.mark.slow
def test_workers_that_stand_elsewhere_write_where_the_command_does(small_release, tmp_path, monkeypatch, dask_of_two):
    monkeypatch.chdir(tmp_path)
    settings = ("--challenge", "1", "--epochs", "1", "--batch-size", "8", "--val-share", "0.4", "--seeds", "0", "1")
    where = ("--backend", "dask", "--scheduler", dask_of_two)
    command = [*MAIN, "train", "cnn", "--train", small_release, *settings, *where]
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name for path in tmp_path.glob("runs/*.pt")} == {"cnn.c1-seed0.pt", "cnn.c1-seed1.pt"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_early_no_job_goes_on_and_all_go_on_later(small_release, tmp_path, number):
    """The signal reaches the first process alone, as from a scheduler."""
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
