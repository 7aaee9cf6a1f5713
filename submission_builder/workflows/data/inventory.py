"""The verb ``list_data``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import ReleaseError
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.releases.folder import open_release
from submission_builder.releases.nearby import did_you_mean_release, releases_in
from submission_builder.releases.survey import survey
from submission_builder.releases.table import cut_windows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from submission_builder.protocol.challenges import ChallengeSpec
    from submission_builder.releases.folder import Release
    from submission_builder.releases.survey import Survey

_PROFILE = PROFILES[DEFAULT_PROFILE]


@dataclass(frozen=True)
class ChallengeData:
    """What a release holds for one challenge."""

    n_windows: int
    """Windows with a target; in challenge 1, the usable trials."""
    n_recordings: int
    """Recordings with a window."""
    n_subjects: int
    n_unusable: int
    """Recordings that cannot be used; ``subpack data verify`` lists the reasons."""
    reason: str | None
    """Why the challenge cannot be scored; None if it can, perhaps without unusable recordings."""

    @property
    def scorable(self) -> bool:
        """Whether the challenge can be scored as it is, with all recordings."""
        return self.reason is None and self.n_unusable == 0


@dataclass(frozen=True)
class ReleaseContents:
    """What a release folder holds."""

    name: str
    folder: Path
    simulated: bool
    n_bytes: int
    """Size of all files."""
    tasks: Mapping[str, int]
    """Number of recordings by task."""
    n_subjects: int
    """Subjects with recordings."""
    n_labelled: int
    """Those of them with an externalizing score."""
    n_unfinished: int
    """Files whose download is not finished."""
    challenges: Mapping[int, ChallengeData]
    error: str | None = None
    """Why the folder cannot be read as a release; None if it can."""

    def to_dict(self) -> dict[str, Any]:
        """Return the contents as plain values for JSON."""
        challenges = {str(n): asdict(one) | {"scorable": one.scorable} for n, one in self.challenges.items()}
        return asdict(self) | {"folder": str(self.folder), "challenges": challenges}


@dataclass(frozen=True)
class DataListing:
    """The releases in some folders."""

    releases: tuple[ReleaseContents, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the listing as plain values for JSON."""
        return {"profile": _PROFILE.name, "releases": [release.to_dict() for release in self.releases]}


def list_data(
    folders: str | PathLike[str] | Sequence[str | PathLike[str]] = ".", *, progress: Progress = silent
) -> DataListing:
    """List the releases in folders: recordings, subjects, usable trials, labels, and which challenges can be scored.

    Parameters
    ----------
    folders
        Release folders, or folders that hold them one level below.
    progress
        Called after each release.

    Returns
    -------
    DataListing
        The releases; one that cannot be read is listed with its error.

    Raises
    ------
    ReleaseError
        If a folder is no release and holds none.

    Examples
    --------
    >>> import submission_builder as sb
    >>> (release,) = sb.list_data(release_folder).releases
    >>> release.n_subjects, release.challenges[1].scorable
    (4, True)
    """
    several = [folders] if not isinstance(folders, Sequence) or isinstance(folders, str) else folders
    found = list(dict.fromkeys(release for folder in several for release in _releases(Path(folder))))
    contents = []
    for done, folder in enumerate(found, 1):
        contents.append(_contents(folder))
        progress("read releases", done, len(found))
    return DataListing(tuple(contents))


def _releases(folder: Path) -> list[Path]:
    try:
        found = releases_in(folder)
    except OSError as error:
        raise ReleaseError(f"{folder} cannot be listed: {error.strerror}") from error
    if not found:
        fact = "holds no release" if folder.is_dir() else "is no folder"
        raise ReleaseError(
            f"{folder} {fact}; a release is a folder such as R5_L100_bdf with a participants.tsv",
            hint=did_you_mean_release(folder) or "subpack fetch R5 --mini downloads a small release",
        )
    return found


def _contents(folder: Path) -> ReleaseContents:
    files = [path for path in folder.rglob("*") if path.is_file()]
    size, unfinished = sum(path.stat().st_size for path in files), sum(path.suffix == ".part" for path in files)
    try:
        release = open_release(folder)
        simulated = release.simulated
    except ReleaseError as error:
        return ReleaseContents(folder.name, folder, False, size, {}, 0, 0, unfinished, {}, str(error))
    recordings = {task: release.recordings(task) for task in release.tasks()}
    subjects = {recording.subject for of_task in recordings.values() for recording in of_task}
    surveyed = {task: survey(recordings.get(task, [])) for task in {spec.task for spec in _PROFILE.challenges.values()}}
    return ReleaseContents(
        release.name,
        folder,
        simulated,
        size,
        {task: len(of_task) for task, of_task in recordings.items()},
        len(subjects),
        len(subjects & _labelled(release)),
        unfinished,
        {n: _challenge(release, spec, surveyed[spec.task]) for n, spec in _PROFILE.challenges.items()},
    )


def _labelled(release: Release) -> set[str]:
    """Subjects with the factor scores that the challenges need."""
    targets = [spec.target for spec in _PROFILE.challenges.values() if not spec.locked_to_stimulus]
    try:
        return set.intersection(*(set(release.factor(target)) for target in targets))
    except ReleaseError:  # the reason is that of the challenge
        return set()


def _challenge(release: Release, spec: ChallengeSpec, surveyed: Survey) -> ChallengeData:
    try:
        cut = cut_windows(release, spec, surveyed)
    except ReleaseError as error:
        return ChallengeData(0, 0, 0, len(surveyed.left_out), str(error))
    table, unusable = cut.table, len(surveyed.left_out) + len(cut.left_out)
    recordings, subjects = len(set(table.recording.tolist())), len(set(table.subject.tolist()))
    reason = None
    if not surveyed.recordings:
        reason = f"no usable recording of {spec.task}"
    elif not len(table):
        reason = "no window with a target"
    return ChallengeData(len(table), recordings, subjects, unusable, reason)
