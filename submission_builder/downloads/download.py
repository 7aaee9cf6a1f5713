"""Download many files at a time, in an event loop of its own."""

from __future__ import annotations

import asyncio
import errno
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from submission_builder.base.errors import OutputError
from submission_builder.downloads.failures import RESUME_HINT
from submission_builder.downloads.transfer import PATIENT, Patience, Transferred, transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from obstore.store import S3Store

    from submission_builder.base.progress import Progress
    from submission_builder.downloads.plan import PlannedFile

T = TypeVar("T")

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WHAT = "download"


@dataclass
class _Bytes:
    """The bytes on disk, of all that are wanted."""

    done: int
    total: int
    progress: Progress

    def add(self, n: int) -> None:
        self.done += n
        self.progress(_WHAT, min(max(self.done, 0), self.total), self.total)


def download(
    bucket: S3Store, planned: Sequence[PlannedFile], *, at_once: int, progress: Progress, patience: Patience = PATIENT
) -> tuple[Transferred, ...]:
    """Download files; what an error or Ctrl-C interrupts stays as ``.part`` files.

    Parameters
    ----------
    bucket
        The bucket.
    planned
        The files that are not complete, in the order in which they are begun.
    at_once
        Number of files that are downloaded at a time.
    progress
        Called with the bytes on disk and the bytes of all files.
    patience
        How long to wait for the server.

    Raises
    ------
    DownloadError
        If the server cannot be reached any more.
    OutputError
        If a file cannot be written.
    """
    counter = _Bytes(sum(file.have for file in planned), sum(file.remote.size for file in planned), progress)
    try:
        return tuple(_run(lambda: _download_all(bucket, planned, at_once, patience, counter.add)))
    except OSError as error:
        where = f"{error.filename} cannot be written" if error.filename else "the download cannot be written"
        if error.errno in _NO_SPACE:
            raise OutputError(
                f"no space is left for the download: {error.strerror}", hint=f"free some space; {RESUME_HINT}"
            ) from error
        raise OutputError(f"{where}: {error.strerror or error}") from error


async def _download_all(
    bucket: S3Store, planned: Sequence[PlannedFile], at_once: int, patience: Patience, report: Callable[[int], None]
) -> list[Transferred]:
    """Let workers take the files in order; the first error ends all of them."""
    waiting, results = iter(planned), []

    async def work() -> None:
        for file in waiting:
            results.append(await transfer(bucket, file, patience, report))  # noqa: PERF401 - workers share the list

    workers = [asyncio.create_task(work()) for _ in range(min(at_once, len(planned)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return results


def _run(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run a coroutine in another thread: a notebook has an event loop in this one. Ctrl-C cancels it."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def main() -> T:
        task = asyncio.ensure_future(work())
        started.set_result((asyncio.get_running_loop(), task))
        return await task

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(lambda: asyncio.run(main()))
        try:
            return result.result()
        except BaseException:
            if not result.done():
                loop, task = started.result()
                loop.call_soon_threadsafe(task.cancel)
            raise
