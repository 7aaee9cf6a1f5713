"""Several zips, some at a time."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

from submission_builder.base.errors import SubpackError
from submission_builder.base.jobs import Jobs
from submission_builder.base.progress import Progress, silent, under
from submission_builder.sandbox.child import stop_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.workflows.evaluate.evaluation import Evaluation

THREADS = "threading"
"""Backend of joblib that shares this process. Threads suffice: each submission runs in a process of its own."""

_POLL_S = 0.05


class Evaluate(Protocol):
    """A function that evaluates a zip and does not raise what is an outcome."""

    def __call__(self, path: Path, *, progress: Progress) -> Evaluation:
        """Evaluate, and report progress."""


class Job(Protocol):
    """An evaluation, ready for any zip."""

    def run(self, path: Path, *, progress: Progress) -> Evaluation:
        """Evaluate one zip, and do not raise what is an outcome."""

    def prepare(self, progress: Progress) -> None:
        """Decode the recordings."""

    def with_threads(self, n: int) -> Job:
        """Return the same job with `n` threads per submission."""


class _Stopped(Exception):  # noqa: N818 - it ends a thread, it is no error
    """Another evaluation was interrupted."""


def evaluate_each(zips: Sequence[Path], job: Job, jobs: Jobs | None, progress: Progress) -> tuple[Evaluation, ...]:
    """Evaluate zips; every release is read once.

    Parameters
    ----------
    zips
        The submissions.
    job
        The evaluation.
    jobs
        Number at a time and backend; None runs one after the other.
    progress
        Called with the progress of each zip, under its path if there are several.

    Raises
    ------
    ConfigError
        If there is no such backend, or its engine cannot be reached.
    """
    jobs = jobs or Jobs(1, THREADS)
    if jobs.backend == THREADS:
        if len(zips) == 1:
            return (job.run(zips[0], progress=progress),)
        return tuple(run_in_threads(zips, _shared(job, jobs.n).run, jobs, progress))
    with contextlib.suppress(SubpackError):  # every job reports it
        job.prepare(progress)  # recordings are decoded once, not by every job
    return tuple(jobs.run(partial(job.run, path.absolute(), progress=silent) for path in zips))


def _shared(job: Job, n: int) -> Job:
    """Share the cores among `n` evaluations at a time."""
    return job if n == 1 else job.with_threads(max(1, (os.cpu_count() or 1) // n))


def run_in_threads(zips: Sequence[Path], evaluate: Evaluate, jobs: Jobs, progress: Progress) -> list[Evaluation]:
    """Evaluate zips in threads of this process; an interrupt ends all of them and leaves nothing running."""
    stopped = threading.Event()
    running: set[Path] = set()

    def require_running() -> None:
        if stopped.is_set():
            raise _Stopped

    def report(what: str, done: int, total: int) -> None:
        require_running()
        progress(what, done, total)

    def one(path: Path) -> Evaluation:
        running.add(path)
        try:
            require_running()
            return evaluate(path, progress=under(str(path), report))
        finally:
            running.discard(path)

    try:
        return jobs.run(partial(one, path) for path in zips)
    except BaseException:
        stopped.set()
        while running:
            stop_all()
            time.sleep(_POLL_S)
        raise
