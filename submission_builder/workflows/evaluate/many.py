"""Many submissions, some at once."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

from submission_builder.base.progress import Progress, silent
from submission_builder.sandbox.child import stop_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.evaluate.result import Evaluation

THREADS = "threading"
"""Backend of joblib that shares this process: threads suffice, for each submission runs in a process of its own."""

_POLL_S = 0.05


class Evaluate(Protocol):
    """Evaluates a zip; an end that is no score is not raised."""

    def __call__(self, path: Path, *, progress: Progress) -> Evaluation:
        """Evaluate, and tell how far it is."""


class _Stopped(Exception):  # noqa: N818 - an end, not an error
    """Somebody else's evaluation was interrupted."""


def evaluate_each(zips: Sequence[Path], evaluate: Evaluate, jobs: Jobs, progress: Progress) -> list[Evaluation]:
    """Evaluate zips, some at once; an end of one that is no score disturbs no other.

    Parameters
    ----------
    zips
        The submissions.
    evaluate
        Evaluates one.
    jobs
        Where. With the backend :data:`THREADS`, an interrupt ends all of them and leaves nothing running; with another
        one, `evaluate` is taken there and its progress is not told; what Dask's workers run already goes on to its end.
    progress
        Told of the progress of each, under its path.

    Returns
    -------
    list[Evaluation]
        In the order of `zips`.

    Raises
    ------
    ConfigError
        If there is no such backend, or its engine cannot be reached.
    """
    if jobs.backend != THREADS:
        return jobs.run(partial(evaluate, path.absolute(), progress=silent) for path in zips)
    stopped = threading.Event()
    running: set[Path] = set()

    def go_on() -> None:
        if stopped.is_set():
            raise _Stopped

    def told(path: Path, what: str, done: int, total: int) -> None:
        go_on()
        progress(f"{path}: {what}", done, total)

    def one(path: Path) -> Evaluation:
        running.add(path)
        try:
            go_on()
            return evaluate(path, progress=partial(told, path))
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
