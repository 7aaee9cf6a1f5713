"""Many submissions, some at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from submission_builder.sandbox.child import stop_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from submission_builder.evaluation.result import Evaluation
    from submission_builder.progress import Progress

_POLL_S = 0.05


class _Stopped(Exception):  # noqa: N818 - an end, not an error
    """Somebody else's evaluation was interrupted."""


def evaluate_each(
    zips: Sequence[Path], evaluate: Callable[[Path, Progress], Evaluation], jobs: int, progress: Progress
) -> list[Evaluation]:
    """Evaluate zips, some at once: threads suffice, for each submission runs in a process of its own.

    When this is interrupted, so are all of them, and nothing of theirs is left running.

    Parameters
    ----------
    zips
        The submissions.
    evaluate
        Evaluates one; tells of its progress. An end of one that is no score disturbs no other.
    jobs
        How many at once.
    progress
        Told of the progress of each, under its path.

    Returns
    -------
    list[Evaluation]
        In the order of `zips`.
    """
    stopped = threading.Event()

    def one(path: Path) -> Evaluation:
        def told(what: str, done: int, total: int) -> None:
            if stopped.is_set():
                raise _Stopped
            progress(f"{path}: {what}", done, total)

        return evaluate(path, told)

    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(one, path) for path in zips]
        try:
            return [job.result() for job in running]
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(job.done() for job in running):
                stop_all()
                time.sleep(_POLL_S)
            raise
