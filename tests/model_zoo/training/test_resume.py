"""A run that ended early goes on to the same weights, and what was kept of it stays readable."""

import os
import random
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from model_zoo.checkpoint import load_state
from model_zoo.registry import find_architecture
from model_zoo.training.config import TrainConfig
from model_zoo.training.fit import fit
from model_zoo.training.resume_state import ResumeState
from model_zoo.training.splits import split_subjects
from submission_builder.base.errors import CheckpointError, OutputError
from submission_builder.protocol.windows import WindowTable

CONFIGS = {
    "one_cycle": {"channel_dropout": 0.2, "time_mask_s": 0.2, "noise": 0.1, "mixup": 0.4, "cutmix": 0.5},
    "cosine": {"schedule": "cosine", "ema_decay": 0.9, "time_shift_s": 0.1, "workers": 1},
    "plateau": {"schedule": "plateau", "plateau_epochs": 1, "lr": 1e-2, "patience": 2, "loss": "huber"},
}


class Shifted:
    """Windows whose first half lies above their second half by the target."""

    def n_samples(self, recording):
        return 1000

    def window(self, recording, start):
        signal = np.random.default_rng(start).normal(size=(129, 200)) + np.repeat([start % 7 / 3, 0], 100)
        return (1e-5 * signal).astype(np.float32)


def sides():
    n = 72
    target = (np.arange(n) % 7 / 7 + 1).astype(np.float32)
    subject = np.array([f"s{i // 12}" for i in range(n)])
    return split_subjects(WindowTable(1, np.arange(n) // 12, np.arange(n), target, subject), 0.3, 0)


class EndedEarlyError(Exception):
    pass


def end_after(n_epochs):
    def report(record):
        if record.epoch == n_epochs:
            raise EndedEarlyError

    return report


def run(config, state=None, report=lambda _: None):
    row = find_architecture("cnn", 1)
    return fit(lambda: row.build({}), *sides(), Shifted(), config, report=report, state=state)


def require_equal(first, second):
    assert all(torch.equal(value, second[key]) for key, value in first.items())


@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_goes_on_from_each_epoch_to_the_same_weights(name, tmp_path):
    """Schedules, running means, dropout, augmentation, loader processes and early stopping included."""
    config = TrainConfig(epochs=4, batch_size=16, device="cpu", **CONFIGS[name])
    whole = run(config)
    state = ResumeState(tmp_path / "state")
    for n_epochs in range(1, len(whole.records)):
        with pytest.raises(EndedEarlyError):
            run(config, state, end_after(n_epochs))
    resumed = run(config, state)
    assert resumed.records == whole.records
    require_equal(whole.net.state_dict(), resumed.net.state_dict())
    assert run(config, state).records == whole.records, "a run that had ended does not go on"


def test_a_state_of_another_run_is_refused_and_what_differs_is_named(tmp_path):
    state = ResumeState(tmp_path / "state")
    with pytest.raises(EndedEarlyError):
        run(TrainConfig(epochs=2, device="cpu"), state, end_after(1))
    with pytest.raises(CheckpointError, match=r"another run\n  lr was 0.001, now it is 0.01") as caught:
        run(TrainConfig(epochs=2, device="cpu", lr=0.01), state)
    assert caught.value.hint == "--force starts anew, --tag gives another name"
    with pytest.raises(OutputError, match=r"holds a run that ended early, after 1 epoch\(s\)"):
        state.require_new()


def test_ctrl_c_is_no_silent_exit(tmp_path):
    """Lightning makes one of it, and ignores a second Ctrl-C from then on."""
    handler = signal.getsignal(signal.SIGINT)

    def interrupt(record):
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            run(TrainConfig(epochs=2, device="cpu"), ResumeState(tmp_path / "state"), interrupt)
    finally:
        signal.signal(signal.SIGINT, handler)


def test_a_damaged_state_is_told_from_a_good_one(tmp_path):
    (tmp_path / "state").write_bytes(b"no state")
    with pytest.raises(CheckpointError, match="cannot be read as the state of a run"):
        run(TrainConfig(epochs=1, device="cpu"), ResumeState(tmp_path / "state"))


def test_a_full_disk_leaves_the_state_of_the_epoch_before(tmp_path):
    """A file may not grow past 100 KB from the second epoch on: the write breaks off in its middle."""
    config = TrainConfig(epochs=3, batch_size=16, device="cpu")
    state, limits = ResumeState(tmp_path / "state"), resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(record):
        if record.epoch == 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))

    try:
        with pytest.raises(OutputError, match="state cannot be written"):
            run(config, state, fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    with pytest.raises(OutputError, match=r"after 1 epoch\(s\)"):
        state.require_new()
    require_equal(run(config).net.state_dict(), run(config, state).net.state_dict())


ARGS = ("cnn", "--challenge", "1", "--epochs", "12", "--patience", "12", "--batch-size", "8", "--device", "cpu")
DRAWS = ("--noise", "0.1", "--time-shift-s", "0.1", "--mixup", "0.4", "--ema-decay", "0.9", "--schedule", "plateau")


def subpack(release, folder, *more):
    program = [sys.executable, "-c", "from submission_builder.cli import main; main()", "train"]
    return subprocess.Popen(
        [*program, *ARGS, *DRAWS, "--train", release, "-o", folder, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def kill_at_random(process, rng):
    """Kill it some time after the end of some epoch."""
    epochs = rng.randint(1, 9)
    for line in process.stdout:
        epochs -= line[:5].strip().isdigit()
        if not epochs:
            break
    time.sleep(rng.uniform(0, 0.1))
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.slow
def test_after_ctrl_c_it_is_said_how_to_go_on(small_release, tmp_path):
    process = subpack(small_release, tmp_path)
    assert any(line[:5].strip() == "1" for line in process.stdout)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said == "interrupted; the same command with --resume goes on from the last whole epoch\n"


@pytest.mark.slow
def test_killed_at_a_random_moment_a_run_goes_on_to_the_same_weights_ten_times(small_release, tmp_path):
    whole = subpack(small_release, tmp_path / "whole")
    _, said = whole.communicate()
    assert whole.returncode == 0, said
    weights = load_state(tmp_path / "whole" / "cnn.c1-seed0.pt")
    rng = random.Random()
    for number in range(10):
        folder = tmp_path / str(number)
        kill_at_random(subpack(small_release, folder), rng)
        assert (folder / ".cnn.c1-seed0.unfinished").exists()
        assert not (folder / "cnn.c1-seed0.pt").exists()
        resumed = subpack(small_release, folder, "--resume")
        _, said = resumed.communicate()
        assert resumed.returncode == 0, said
        require_equal(weights, load_state(folder / "cnn.c1-seed0.pt"))
        assert sorted(path.name for path in folder.iterdir()) == ["cnn.c1-seed0.json", "cnn.c1-seed0.pt"]
