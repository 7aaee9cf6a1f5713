"""Independent jobs run where they are sent, and errors say why they cannot."""

import os
import subprocess
import sys
import time

import joblib
import pytest

from submission_builder.base.errors import ConfigError, SubmissionError
from submission_builder.base.jobs import Jobs, _require_our_version


def test_the_cores_are_shared_among_jobs(monkeypatch):
    """As loky does, if the user does not set a number of threads."""
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
    [ConfigError("fact", hint="advice"), SubmissionError("fact", outcome="crashed", hint="advice")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_in_a_job_is_raised_with_all_attributes(error):
    def fail():
        raise error

    with pytest.raises(type(error), match="fact") as caught:
        Jobs(2).run([fail, fail])
    assert vars(caught.value) == vars(error)


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        (Jobs(2, "lokki"), "backend lokki cannot be used"),
        (Jobs(2, "dask"), "backend dask needs the address of a scheduler"),
        (Jobs(2, "dask", "nowhere"), "backend dask cannot be used"),
    ],
)
def test_an_unavailable_backend_is_one_error(jobs, message):
    with pytest.raises(ConfigError, match=message):
        jobs.run([])


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match="needs the package distributed") as caught:
        Jobs(2, "dask", "tcp://127.0.0.1:1").run([])
    assert caught.value.hint == "pip install distributed"


@pytest.mark.slow
def test_a_scheduler_without_workers_is_one_error(dask_scheduler):
    with pytest.raises(ConfigError, match=r"found no worker at tcp://.* within 10 s"):
        Jobs(2, "dask", dask_scheduler).run([lambda: 1])


class _Unpicklable:
    """A job that only this process can unpickle."""

    def __reduce__(self):
        return _only_in_this_process, (os.getpid(),)

    def __call__(self):
        raise AssertionError


def _only_in_this_process(pid):
    if os.getpid() != pid:
        raise ImportError("unknown here")
    return lambda: 1


@pytest.mark.slow
def test_a_single_worker_of_dask_runs_the_jobs_and_its_errors_are_raised_here(dask_of_one):
    """Joblib's Dask backend would run the jobs in this process, or wait forever."""
    jobs = Jobs(1, "dask", dask_of_one)
    (pid,) = jobs.run([os.getpid])
    assert pid != os.getpid()
    with pytest.raises(Exception, match=r"unknown here|during deserialization"):  # depends on the version of Dask
        jobs.run([_Unpicklable()])


@pytest.mark.parametrize("theirs", ["0.0.0", ModuleNotFoundError("subpack")])
def test_dask_with_another_version_of_subpack_is_refused(theirs):
    with pytest.raises(ConfigError, match=r"at tcp://w (has subpack 0.0.0|does not have subpack); .* need subpack 0"):
        _require_our_version({"tcp://w": theirs})


def test_one_job_per_process_means_that_jobs_do_not_overlap():
    running = []

    def job():
        running.append(1)
        time.sleep(0.05)
        return len(running) - running.pop()

    assert Jobs(4, "threading").run([job] * 4, one_per_process=True) == [0] * 4
    assert max(Jobs(4, "threading").run([job] * 4)) > 0
