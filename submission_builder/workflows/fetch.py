"""The verb ``fetch``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import DownloadError
from submission_builder.base.progress import Progress, silent
from submission_builder.downloads.download import download
from submission_builder.downloads.failures import RESUME_HINT
from submission_builder.downloads.listing import list_release
from submission_builder.downloads.plan import PlannedFile, mark_complete, plan_files, require_space
from submission_builder.downloads.selection import Selection, task_of
from submission_builder.downloads.site import ENDPOINT, address_of, open_bucket
from submission_builder.downloads.transfer import PATIENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from submission_builder.downloads.transfer import Transferred

_NAMED = 5


@dataclass(frozen=True)
class FetchedFiles:
    """Number and size of some files of a release."""

    n_files: int
    n_bytes: int
    """Size of all of them."""
    to_download: int
    """Bytes that were not on disk at the start."""


@dataclass(frozen=True)
class FetchedRelease:
    """One release of a download."""

    name: str
    folder: Path
    source: str
    """Address of the release on the server."""
    files: FetchedFiles
    """All selected files."""
    by_task: Mapping[str, FetchedFiles]
    """The files of each task. Files that belong to no task are in none."""
    n_md5: int
    """Files whose ETag is their MD5. Of the others, only the size is verified."""
    replaced: tuple[str, ...]
    """Files that were on disk with another size or MD5, by their paths in the folder."""


@dataclass(frozen=True)
class Fetched:
    """The result of a download, or of its dry run."""

    releases: tuple[FetchedRelease, ...]
    received: int
    """Bytes that came over the network; 0 in a dry run."""
    dry_run: bool
    """Whether nothing was downloaded."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folder of each release."""
        return tuple(release.folder for release in self.releases)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values for JSON."""
        return {
            "dry_run": self.dry_run,
            "received": self.received,
            "releases": [_release_dict(release) for release in self.releases],
        }


def fetch(
    releases: str | Sequence[str],
    *,
    mini: bool = False,
    tasks: Sequence[str] = (),
    subjects: Sequence[str] = (),
    to: str | PathLike[str] = ".",
    dry_run: bool = False,
    verify: bool = False,
    endpoint: str | None = None,
    at_once: int = 8,
    progress: Progress = silent,
) -> Fetched:
    """Download releases of the challenge from the organisers' public bucket, or continue an earlier download.

    A file has its name only when its size and, where the server gives one, its MD5 are verified. Until then it is a
    ``.part`` beside it, from which the next call resumes. Complete files are not downloaded again. A file that has
    another size or MD5 than the server's is replaced.

    Parameters
    ----------
    releases
        One or several of ``R1`` … ``R11``, or names of folders such as ``R5_mini_L100_bdf``.
    mini
        Download the small version, of 20 subjects.
    tasks
        Only the recordings of these tasks, such as ``contrastChangeDetection``.
    subjects
        Only the recordings of these subjects.
    to
        Folder in which the folders of the releases are created.
    dry_run
        Download nothing, and return the sizes.
    verify
        Also read the files that are complete, and compare their MD5.
    endpoint
        Address of another S3 server with the same bucket, such as a mirror.
    at_once
        Number of files that are downloaded at a time.
    progress
        Called with the bytes that are on disk.

    Returns
    -------
    Fetched
        Folder, number of files and bytes of each release.

    Raises
    ------
    DownloadError
        If a release, task or subject does not exist, the server cannot be reached, the files do not fit on the disk, or
        the server refuses a file.
    OutputError
        If a file cannot be written, or another process is downloading it.

    Examples
    --------
    >>> import submission_builder as sb
    >>> planned = sb.fetch("R5", mini=True, to=output_folder, dry_run=True, endpoint=local_server)
    >>> planned.releases[0].name, planned.releases[0].files.to_download > 0
    ('R5_mini_L100_bdf', True)
    >>> fetched = sb.fetch("R5", mini=True, to=output_folder, endpoint=local_server)
    >>> sb.open_release(fetched.folders[0]).name
    'R5_mini_L100_bdf'
    """
    names = [releases] if isinstance(releases, str) else list(releases)
    addresses = tuple(dict.fromkeys(address_of(name, mini=mini) for name in names))
    server, selection = endpoint or ENDPOINT, Selection(tuple(tasks), tuple(subjects))
    bucket = open_bucket(server, PATIENT.stall_s)
    listed = {address: list_release(bucket, address, server) for address in addresses}
    selection.require_known([file for files in listed.values() for file in files], ", ".join(a.name for a in addresses))
    planned = {
        address: plan_files(selection.of(files), Path(to) / address.name, progress, verify=verify)
        for address, files in listed.items()
    }
    result = Fetched(
        tuple(_release(address.name, str(address), Path(to) / address.name, planned[address]) for address in addresses),
        0,
        dry_run,
    )
    if dry_run:
        return result
    every = [file for files in planned.values() for file in files]
    wanted = [file for file in every if file.state != "complete"]
    require_space(wanted, Path(to))
    transferred = download(bucket, wanted, at_once=at_once, progress=progress)
    for file in every:
        if file.state == "complete":
            mark_complete(file)
    _raise_if_refused(transferred, len(every))
    return Fetched(result.releases, sum(one.received for one in transferred), dry_run)


def _release(name: str, source: str, folder: Path, planned: Sequence[PlannedFile]) -> FetchedRelease:
    by_task: dict[str, list[PlannedFile]] = defaultdict(list)
    for file in planned:
        if task := task_of(file.remote):
            by_task[task].append(file)
    return FetchedRelease(
        name,
        folder,
        source,
        _sum(planned),
        {task: _sum(files) for task, files in sorted(by_task.items())},
        sum(file.remote.md5 is not None for file in planned),
        tuple(str(file.remote.path) for file in planned if file.state == "different"),
    )


def _sum(planned: Sequence[PlannedFile]) -> FetchedFiles:
    sizes, missing = [file.remote.size for file in planned], [file.to_download for file in planned]
    return FetchedFiles(len(planned), sum(sizes), sum(missing))


def _raise_if_refused(transferred: Sequence[Transferred], n_files: int) -> None:
    """Raise one error that names the files that the server refused; all others are complete."""
    refused = sorted((str(one.file.target), one.refused) for one in transferred if one.refused)
    if refused:
        lines = "\n  ".join(f"{target}: {reason}" for target, reason in refused[:_NAMED])
        more = f"\n  and {len(refused) - _NAMED:,} more" if len(refused) > _NAMED else ""
        raise DownloadError(
            f"{len(refused):,} of {n_files:,} files could not be downloaded; the others are complete:\n  {lines}{more}",
            hint=RESUME_HINT,
        )


def _release_dict(release: FetchedRelease) -> dict[str, Any]:
    return {
        "name": release.name,
        "folder": str(release.folder),
        "source": release.source,
        "files": asdict(release.files),
        "tasks": {task: asdict(files) for task, files in release.by_task.items()},
        "n_md5": release.n_md5,
        "replaced": list(release.replaced),
    }
