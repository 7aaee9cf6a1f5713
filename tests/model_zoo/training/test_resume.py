"""A resumed run gives the same weights as an uninterrupted one, and its state survives kills and full disks."""

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
    """Windows in which the mean of the first half encodes the target."""

    def n_samples(self, recording):
        return 1000

    def window(self, recording, start):
        signal = np.random.default_rng(start).normal(size=(129, 200)) + np.repeat([start % 7 / 3, 0], 100)
        return (1e-5 * signal).astype(np.float32)


def splits():
    n = 72
    target = (np.arange(n) % 7 / 7 + 1).astype(np.float32)
    subject = np.array([f"s{i // 12}" for i in range(n)])
    return split_subjects(WindowTable(1, np.arange(n) // 12, np.arange(n), target, subject), 0.3, 0)


class InterruptedRunError(Exception):
    pass


def interrupt_after(n_epochs):
    def report(record):
        if record.epoch == n_epochs:
            raise InterruptedRunError

    return report


def run(config, state=None, report=lambda _: None):
    architecture = find_architecture("cnn", 1)
    return fit(lambda: architecture.build({}), *splits(), Shifted(), config, report=report, state=state)


def require_equal(first, second):
    assert all(torch.equal(value, second[key]) for key, value in first.items())


@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_resumed_after_any_epoch_gives_the_same_weights(name, tmp_path):
    """The configs cover schedules, EMA, dropout, augmentation, DataLoader workers and early stopping."""
    config = TrainConfig(epochs=4, batch_size=16, device="cpu", **CONFIGS[name])
    whole = run(config)
    state = ResumeState(tmp_path / "state")
    for n_epochs in range(1, len(whole.records)):
        with pytest.raises(InterruptedRunError):
            run(config, state, interrupt_after(n_epochs))
    resumed = run(config, state)
    assert resumed.records == whole.records
    require_equal(whole.net.state_dict(), resumed.net.state_dict())
    assert run(config, state).records == whole.records, "a finished run has no further epochs"


def test_the_state_of_another_run_raises_and_the_message_names_what_differs(tmp_path):
    state = ResumeState(tmp_path / "state")
    with pytest.raises(InterruptedRunError):
        run(TrainConfig(epochs=2, device="cpu"), state, interrupt_after(1))
    with pytest.raises(CheckpointError, match=r"belongs to another run\n  lr was 0.001, now it is 0.01") as caught:
        run(TrainConfig(epochs=2, device="cpu", lr=0.01), state)
    assert caught.value.hint == "--force starts over, --tag gives this run another name"
    with pytest.raises(OutputError, match=r"holds an unfinished run of 1 epoch\(s\)"):
        state.require_new()


def test_a_state_with_the_former_key_of_the_fingerprint_is_resumed(tmp_path):
    """Earlier versions saved the fingerprint as ``told``."""
    config, state = TrainConfig(epochs=2, batch_size=16, device="cpu"), ResumeState(tmp_path / "state")
    with pytest.raises(InterruptedRunError):
        run(config, state, interrupt_after(1))
    saved = torch.load(state.path, weights_only=True)
    saved["told"] = saved.pop("fingerprint")
    torch.save(saved, state.path)
    require_equal(run(config).net.state_dict(), run(config, state).net.state_dict())
    torch.save(saved, state.path)
    with pytest.raises(CheckpointError, match="seed was 0, now it is 1"):
        run(config.model_copy(update={"seed": 1}), state)


def test_ctrl_c_raises_keyboard_interrupt(tmp_path):
    """Lightning itself would exit silently, and ignore a second Ctrl-C."""
    handler = signal.getsignal(signal.SIGINT)

    def interrupt(record):
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            run(TrainConfig(epochs=2, device="cpu"), ResumeState(tmp_path / "state"), interrupt)
    finally:
        signal.signal(signal.SIGINT, handler)


def test_a_damaged_state_raises(tmp_path):
    (tmp_path / "state").write_bytes(b"no state")
    with pytest.raises(CheckpointError, match="cannot be read as the state of an unfinished run"):
        run(TrainConfig(epochs=1, device="cpu"), ResumeState(tmp_path / "state"))


def test_a_full_disk_leaves_the_state_of_the_previous_epoch(tmp_path):
    """From the second epoch on, a file cannot exceed 100 KB, so the write fails in the middle."""
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
    with pytest.raises(OutputError, match=r"of 1 epoch\(s\)"):
        state.require_new()
    require_equal(run(config).net.state_dict(), run(config, state).net.state_dict())


ARGS = ("cnn", "--challenge", "1", "--epochs", "12", "--patience", "12", "--batch-size", "8", "--device", "cpu")
DRAWS = ("--noise", "0.1", "--time-shift-s", "0.1", "--mixup", "0.4", "--ema-decay", "0.9", "--schedule", "plateau")


def subpack(release, folder, *more):
    program = [sys.executable, "-m", "submission_builder", "train"]
    return subprocess.Popen(
        [*program, *ARGS, *DRAWS, "--train", release, "-o", folder, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def kill_at_random(process, rng):
    """Kill the process at a random moment after a random epoch."""
    epochs = rng.randint(1, 9)
    for line in process.stdout:
        epochs -= line[:5].strip().isdigit()
        if not epochs:
            break
    time.sleep(rng.uniform(0, 0.1))
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.slow
def test_ctrl_c_exits_with_130_and_a_message_about_resume(small_release, tmp_path):
    process = subpack(small_release, tmp_path)
    assert any(line[:5].strip() == "1" for line in process.stdout)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr == "interrupted; the same command with --resume continues from the last finished epoch\n"


@pytest.mark.slow
def test_ten_runs_killed_at_random_moments_and_resumed_give_the_same_weights(small_release, tmp_path):
    whole = subpack(small_release, tmp_path / "whole")
    _, stderr = whole.communicate()
    assert whole.returncode == 0, stderr
    weights = load_state(tmp_path / "whole" / "cnn.c1-seed0.pt")
    rng = random.Random()
    for number in range(10):
        folder = tmp_path / str(number)
        kill_at_random(subpack(small_release, folder), rng)
        assert (folder / ".cnn.c1-seed0.unfinished").exists()
        assert not (folder / "cnn.c1-seed0.pt").exists()
        resumed = subpack(small_release, folder, "--resume")
        _, stderr = resumed.communicate()
        assert resumed.returncode == 0, stderr
        require_equal(weights, load_state(folder / "cnn.c1-seed0.pt"))
        assert sorted(path.name for path in folder.iterdir()) == ["cnn.c1-seed0.json", "cnn.c1-seed0.pt"]
