"""Independent jobs: where they run, and what is said where they cannot."""

import os
import subprocess
import sys
import time

import joblib
import pytest

from submission_builder.base.errors import ConfigError, SubmissionError
from submission_builder.base.jobs import Jobs, _require_ours


def test_the_cores_are_shared_among_jobs(monkeypatch):
    """As loky does it, where the user has not said how many threads."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    program = """
import os
from submission_builder.base.jobs import Jobs
print(*Jobs(2).run([lambda: os.environ["OMP_NUM_THREADS"]] * 2))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert [int(n) for n in said.split()] == [max(joblib.cpu_count() // 2, 1)] * 2


@pytest.mark.parametrize(
    "error",
    [ConfigError("this is so", hint="do that"), SubmissionError("this is so", outcome="crashed", hint="do that")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_in_a_job_arrives_whole(error):
    def fail():
        raise error

    with pytest.raises(type(error), match="this is so") as caught:
        Jobs(2).run([fail, fail])
    assert vars(caught.value) == vars(error)


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


@pytest.mark.slow
def test_an_engine_without_workers_is_one_error(dask_scheduler):
    with pytest.raises(ConfigError, match=r"has no worker at tcp://.* after 10 s"):
        Jobs(2, "dask", dask_scheduler).run([lambda: 1])


class _NoJobThere:
    """A job that only this process can unpickle."""

    def __reduce__(self):
        return _made_here_alone, (os.getpid(),)

    def __call__(self):
        raise AssertionError


def _made_here_alone(pid):
    if os.getpid() != pid:
        raise ImportError("not known here")
    return lambda: 1


@pytest.mark.slow
def test_a_single_worker_of_dask_runs_the_jobs_and_what_fails_there_is_raised_here(dask_of_one):
    """Joblib's backend for Dask would run them here, and wait for ever."""
    jobs = Jobs(1, "dask", dask_of_one)
    (pid,) = jobs.run([os.getpid])
    assert pid != os.getpid()
    with pytest.raises(Exception, match=r"not known here|during deserialization"):  # by release of Dask
        jobs.run([_NoJobThere()])


@pytest.mark.parametrize("theirs", ["0.0.0", ModuleNotFoundError("subpack")])
def test_dask_without_our_subpack_is_refused(theirs):
    with pytest.raises(ConfigError, match=r"Dask at tcp://w (has subpack 0.0.0|lacks subpack); .* need 0"):
        _require_ours({"tcp://w": theirs})


def test_jobs_that_are_to_be_alone_do_not_overlap():
    running = []

    def job():
        running.append(1)
        time.sleep(0.05)
        return len(running) - running.pop()

    assert Jobs(4, "threading").run([job] * 4, one_per_process=True) == [0] * 4
    assert max(Jobs(4, "threading").run([job] * 4)) > 0
