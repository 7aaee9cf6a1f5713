"""Download one file: request the rest, append, verify, and try again after an interruption."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import obstore

from submission_builder.base.errors import DownloadError
from submission_builder.downloads.failures import (
    RESUME_HINT,
    ChangedObjectError,
    InterruptedTransferError,
    RefusedObjectError,
    sorted_failures,
)
from submission_builder.downloads.part import Part, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore import GetOptions, ObjectMeta
    from obstore.store import S3Store

    from submission_builder.downloads.listing import RemoteFile
    from submission_builder.downloads.plan import PlannedFile

CHUNK = 1 << 16
"""Least number of bytes that are written at once, and that a killed process loses of a file."""


@dataclass(frozen=True)
class Patience:
    """How long a transfer waits for a server."""

    stall_s: float = 30.0
    """Time without a byte after which a request has failed, in s."""
    attempts: int = 6
    """Attempts in a row that bring no byte, after which the download ends."""
    first_wait_s: float = 0.5
    """Pause after the first of them, in s; it doubles with each further one."""
    longest_wait_s: float = 15.0
    versions: int = 3
    """Times that an object may change, or its MD5 may differ, before it is given up."""

    def wait_s(self, failed: int) -> float:
        """Return the pause after so many attempts without a byte."""
        return min(self.first_wait_s * (1 << failed), self.longest_wait_s)


PATIENT = Patience()


@dataclass(frozen=True)
class Transferred:
    """The result for one file."""

    file: PlannedFile
    received: int
    """Bytes that came over the network."""
    refused: str | None = None
    """The reason why the file is not complete; None if it is."""


async def transfer(
    bucket: S3Store, file: PlannedFile, patience: Patience, report: Callable[[int], None]
) -> Transferred:
    """Download the rest of a file, and give it its name when it is verified.

    Parameters
    ----------
    bucket
        The bucket.
    file
        The file.
    patience
        How long to wait for the server.
    report
        Called with the number of bytes that were added; negative if they are thrown away.

    Raises
    ------
    DownloadError
        If the server gives no byte in several attempts.
    OSError
        If the file cannot be written.
    """
    file.target.parent.mkdir(parents=True, exist_ok=True)
    remote, received = file.remote, 0

    def count(n: int) -> None:
        nonlocal received
        received += max(n, 0)
        report(n)

    for _ in range(patience.versions):
        try:
            if await _one_version(bucket, file, remote, patience, count):
                _remove_other_parts(file)
                return Transferred(file, received)
            reason = "the MD5 of what the server sent is not that of the object"
        except ChangedObjectError:
            reason = "the object changed on the server during the download, each time"
            try:
                remote = await _as_it_is_now(bucket, remote)
            except RefusedObjectError as error:
                return Transferred(file, received, str(error))
        except RefusedObjectError as error:
            return Transferred(file, received, str(error))
    return Transferred(file, received, reason)


async def _one_version(
    bucket: S3Store, file: PlannedFile, remote: RemoteFile, patience: Patience, count: Callable[[int], None]
) -> bool:
    """Download one version of an object; False if its MD5 is wrong, and the ``.part`` is empty again."""
    with Part(file.target, remote) as part:
        await asyncio.to_thread(part.read_back)
        try:
            await _fill(bucket, part, patience, count)
        except ChangedObjectError:
            count(-part.size)
            part.path.unlink()
            raise
        if part.matches():
            part.finish()
            return True
        count(-part.size)
        part.clear()
        return False


async def _fill(bucket: S3Store, part: Part, patience: Patience, count: Callable[[int], None]) -> None:
    """Append until the file has its size."""
    failed = 0
    while part.size < part.remote.size:
        before = part.size
        reason = "the server ended the file too early"
        try:
            with sorted_failures():
                await _append_rest(bucket, part, count)
            if part.size == part.remote.size:
                return
        except InterruptedTransferError as error:
            reason = str(error)
        failed = 0 if part.size > before else failed + 1
        if failed == patience.attempts:
            raise DownloadError(
                f"the download of {part.remote.key} stopped at {part.size:,} of {part.remote.size:,} bytes: {reason}",
                hint=RESUME_HINT,
            )
        await asyncio.sleep(patience.wait_s(failed))


async def _append_rest(bucket: S3Store, part: Part, count: Callable[[int], None]) -> None:
    """Make one request for the rest of the object, and append what comes."""
    options: GetOptions = {}
    if part.size:
        options["range"] = {"offset": part.size}
    if part.remote.etag:
        options["if_match"] = part.remote.etag
    result = await obstore.get_async(bucket, part.remote.key, options=options)
    if not _same_version(result.meta, part.remote):
        raise ChangedObjectError("the server sends another version of the object")
    hashing: asyncio.Future[None] | None = None
    try:
        async for chunk in result.stream(min_chunk_size=CHUNK):
            block = memoryview(chunk)[: part.remote.size - part.size]
            part.append(block)
            count(len(block))
            if hashing:
                await hashing
            hashing = asyncio.get_running_loop().run_in_executor(None, part.md5.update, block)  # while more bytes come
    finally:
        if hashing:
            await hashing


async def _as_it_is_now(bucket: S3Store, remote: RemoteFile) -> RemoteFile:
    """Read size and ETag of an object anew."""
    try:
        with sorted_failures():
            meta = await obstore.head_async(bucket, remote.key)
    except InterruptedTransferError as error:
        raise DownloadError(f"{remote.key} cannot be read: {error}", hint=RESUME_HINT) from error
    return replace(remote, size=meta["size"], modified=meta["last_modified"].timestamp(), etag=meta["e_tag"])


def _same_version(meta: ObjectMeta, remote: RemoteFile) -> bool:
    """Compare ETags; without one, sizes. A response can be shorter than the object, and then the rest is requested."""
    if remote.etag is None:
        return meta["size"] == remote.size
    return _unquoted(meta["e_tag"]) == _unquoted(remote.etag)


def _unquoted(etag: str | None) -> str:
    return (etag or "").strip('"')


def _remove_other_parts(file: PlannedFile) -> None:
    """Remove what earlier runs left of other versions of the object."""
    for path in parts_of(file.target):
        path.unlink(missing_ok=True)
