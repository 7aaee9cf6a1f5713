"""Folds trained beside each other are those trained one after the other, on this machine and on Dask's workers."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import joblib
import pytest
import torch

from model_zoo.checkpoint import load_state
from model_zoo.registry import architecture
from model_zoo.training.config import RunConfig
from submission_builder.cli.jobs import jobs_for
from submission_builder.errors import ConfigError
from submission_builder.protocol.challenges import PROFILES
from submission_builder.training_run.data import Data, load
from submission_builder.training_run.folds import cross_validate
from submission_builder.training_run.jobs import Jobs

CONFIG = RunConfig(
    architecture="cnn", challenge=1, train=("x",), folds=2, epochs=2, batch_size=8, device="cpu", val_share=0.4
)
MAIN = (sys.executable, "-c", "from submission_builder.cli import main; main()")


@pytest.fixture(scope="module")
def data(small_release, tmp_path_factory):
    return Data((load(small_release, PROFILES["final"].challenges[1], tmp_path_factory.mktemp("cache")),))


def run(data, folder, jobs):
    """Cross-validate; each fold leaves a file that names its process."""
    folder.mkdir()

    def report_fold(fold):
        (folder / f"{fold}.pid").write_text(str(os.getpid()))
        return lambda _: None

    result = cross_validate(architecture("cnn", 1), data, CONFIG, folder, report_fold=report_fold, jobs=jobs)
    return result, {int(path.read_text()) for path in folder.glob("*.pid")}


def require_equal(one, other):
    assert one.score == other.score
    for mine, theirs in zip(one.folds, other.folds, strict=True):
        weights = load_state(theirs.checkpoint.weights)
        assert all(torch.equal(value, weights[key]) for key, value in load_state(mine.checkpoint.weights).items())


@pytest.mark.slow
def test_jobs_in_processes_make_the_same_weights(data, tmp_path):
    alone, here = run(data, tmp_path / "alone", Jobs())
    beside, there = run(data, tmp_path / "beside", Jobs(2))
    assert here == {os.getpid()}
    assert os.getpid() not in there
    require_equal(alone, beside)


def test_the_cores_are_shared_among_jobs(monkeypatch):
    """As loky does it, where the user has not said how many threads."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    program = """
import os
from submission_builder.training_run.jobs import Jobs
print(*Jobs(2).run([lambda: os.environ["OMP_NUM_THREADS"]] * 2))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert [int(n) for n in said.split()] == [max(joblib.cpu_count() // 2, 1)] * 2


def test_an_error_in_a_job_arrives_whole():
    def fail():
        raise ConfigError("this is so", hint="do that")

    with pytest.raises(ConfigError, match="this is so") as caught:
        Jobs(2).run([fail, fail])
    assert caught.value.hint == "do that"


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        (Jobs(2, "lokki"), "backend lokki cannot be used"),
        (Jobs(2, "dask"), "backend dask is told no scheduler"),
        (Jobs(2, "dask", "nowhere"), "backend dask cannot be used"),
    ],
)
def test_an_engine_that_is_not_there_is_one_error(jobs, message):
    with pytest.raises(ConfigError, match=message):
        jobs.run([])


def test_a_missing_engine_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match="lacks the package distributed") as caught:
        Jobs(2, "dask", "tcp://127.0.0.1:1").run([])
    assert caught.value.hint == "pip install distributed"


def test_jobs_that_would_each_start_processes_are_refused():
    config = CONFIG.model_copy(update={"devices": 2})
    with pytest.raises(ConfigError, match="cannot both be given"):
        jobs_for(config, 2, "loky", None)


@contextlib.contextmanager
def dask(*args, said):
    """One of Dask's programs, once it has said that it is ready."""
    process = subprocess.Popen([sys.executable, "-m", "distributed.cli." + args[0], *args[1:]], stderr=subprocess.PIPE)
    try:
        for line in process.stderr:
            if said in line:
                yield line.split()[-1].decode()
                break
        else:
            pytest.fail(f"{args} ended with {process.wait()}")
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.slow
def test_two_workers_of_dask_over_tcp_make_the_same_weights(data, tmp_path):
    alone, _ = run(data, tmp_path / "alone", Jobs())
    plain = ("--host", "127.0.0.1", "--no-dashboard")
    worker = ("dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path))
    with (
        dask("dask_scheduler", *plain, "--port", "0", said=b"Scheduler at:") as without_workers,
        pytest.raises(ConfigError, match="no worker after 10 seconds"),
    ):
        Jobs(2, "dask", without_workers).run([lambda: 1])
    with (
        dask("dask_scheduler", *plain, "--port", "0", said=b"Scheduler at:") as scheduler,
        dask(*worker, scheduler, said=b"Registered to:"),
        dask(*worker, scheduler, said=b"Registered to:"),
    ):
        assert scheduler.startswith("tcp://127.0.0.1:")
        beside, there = run(data, tmp_path / "beside", Jobs(2, "dask", scheduler))
    assert len(there) == 2
    assert os.getpid() not in there
    require_equal(alone, beside)


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
