"""A release folder in the official layout: BIDS with BDF signals."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from submission_builder.base.errors import ReleaseError
from submission_builder.base.placeholder import find_placeholder
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.challenges import DEFAULT_PROFILE
from submission_builder.releases.nearby import did_you_mean_release
from submission_builder.releases.notes import Note, participant_notes
from submission_builder.releases.placeholders import download_hint
from submission_builder.releases.recording import Recording, find_recordings

if TYPE_CHECKING:
    from submission_builder.releases.challenge_windows import ChallengeWindows


@dataclass(frozen=True)
class Release:
    """A folder of recordings with their participants."""

    folder: Path
    """The folder that contains participants.tsv and the subjects' folders."""

    @property
    def name(self) -> str:
        """Name of the folder, such as ``R5_L100_bdf``."""
        return self.folder.name

    @cached_property
    def description(self) -> dict[str, object]:
        """Content of dataset_description.json; empty if there is no such file."""
        path = self.folder / "dataset_description.json"
        if not path.is_file():
            return {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ReleaseError(f"{path} is not JSON: {error}") from error
        return content if isinstance(content, dict) else {}

    @property
    def simulated(self) -> bool:
        """Whether ``subpack simulate`` wrote the folder."""
        return "Simulated" in self.description

    def ideal(self, challenge: int) -> float | None:
        """Return the nrmse of the ideal observer of a simulation; None for recordings of people."""
        marks = self.description.get("Simulated")
        ideal = marks.get("ideal") if isinstance(marks, dict) else None
        return ideal.get(f"challenge{challenge}") if isinstance(ideal, dict) else None

    @cached_property
    def participants(self) -> pd.DataFrame:
        """The table participants.tsv, indexed by subject without ``sub-``."""
        path = self.folder / "participants.tsv"
        placeholder = find_placeholder(path)
        if placeholder:
            raise ReleaseError(f"{path} {placeholder.fact}", hint=download_hint(placeholder))
        if not path.is_file():
            raise ReleaseError(
                f"{self.folder} has no participants.tsv; a release in the official layout has one",
                hint=did_you_mean_release(self.folder),
            )
        try:
            table = pd.read_csv(path, sep="\t", dtype={"participant_id": str}, na_values=["n/a"])
        except (ValueError, OSError) as error:
            raise ReleaseError(f"{path} cannot be read as a table: {error}") from error
        if "participant_id" not in table:
            raise ReleaseError(f"{path} has no column participant_id")
        return table.set_index(table["participant_id"].str.removeprefix("sub-"))

    def factor(self, column: str) -> dict[str, float]:
        """Return one factor score per subject; subjects without a value are absent.

        Raises
        ------
        ReleaseError
            If the column is missing, is not numeric or has an infinite value, or a subject has two rows.
        """
        if column not in self.participants:
            raise ReleaseError(f"participants.tsv of {self.name} has no column {column}")
        twice = self.participants.index[self.participants.index.duplicated()]
        if len(twice):
            raise ReleaseError(f"participants.tsv of {self.name} lists {', '.join(sorted(set(twice)))} twice")
        try:
            values = pd.to_numeric(self.participants[column]).dropna()
        except ValueError as error:
            raise ReleaseError(f"column {column} in participants.tsv of {self.name} is not numeric: {error}") from error
        infinite = values.index[~np.isfinite(values)]
        if len(infinite):
            raise ReleaseError(
                f"column {column} in participants.tsv of {self.name} is not finite for {', '.join(infinite)}"
            )
        return {str(subject): float(value) for subject, value in values.items()}

    @cached_property
    def _by_task(self) -> dict[str, list[Recording]]:
        return find_recordings(self.folder)

    def tasks(self) -> list[str]:
        """Return the tasks that have recordings, sorted."""
        return sorted(self._by_task)

    def recordings(self, task: str) -> list[Recording]:
        """Return the recordings of a task, sorted by (subject, run).

        A run with an events.tsv counts as a recording even if its BDF is missing, as after an interrupted download.

        Raises
        ------
        ReleaseError
            If there is none.
        """
        found = self._by_task
        if task not in found:
            others = f"; its tasks are {', '.join(found)}" if found else ""
            raise ReleaseError(
                f"{self.folder} has no recording of task {task} (sub-*/eeg/sub-*_task-{task}[_run-N]_eeg.bdf){others}"
            )
        return list(found[task])

    def missing(self, task: str) -> list[str]:
        """Return the runs of a task that participants.tsv calls available and the folder does not contain."""
        present = {(recording.subject, recording.run) for recording in self.recordings(task)}
        columns = {str(column): re.fullmatch(rf"{task}(?:_(\d+))?", str(column)) for column in self.participants}
        return sorted(
            f"sub-{subject} {column}"
            for column, match in columns.items()
            if match
            for subject in self.participants.index[self.participants[column] == "available"]
            if (subject, int(match[1] or 0)) not in present
        )

    def notes(self, task: str) -> list[Note]:
        """Return facts about participants.tsv on which the official pipeline fails."""
        ids = self.participants["participant_id"].dropna()
        unprefixed = ids[~ids.str.startswith("sub-")]
        subjects = {recording.subject for recording in self.recordings(task)}
        return participant_notes(subjects, set(ids.str.removeprefix("sub-")), set(unprefixed))

    def windows(
        self,
        challenge: int,
        *,
        profile: str = DEFAULT_PROFILE,
        skip_unusable: bool = False,
        progress: Progress = silent,
    ) -> ChallengeWindows:
        """Cut the windows of a challenge. The first call decodes the recordings into the cache.

        Parameters
        ----------
        challenge
            1 or 2.
        profile
            Scoring rules: ``final`` or ``v3``.
        skip_unusable
            Whether to leave out recordings that cannot be used. Otherwise they are an error, because the server uses
            all recordings.
        progress
            Called after each decoded recording.

        Raises
        ------
        ReleaseError
            If a recording cannot be used and `skip_unusable` is False.

        Examples
        --------
        >>> import submission_builder as sb
        >>> windows = sb.open_release(release_folder).windows(challenge=2)
        >>> windows.table.n_subjects
        4
        """
        from submission_builder.releases.open_windows import open_windows  # noqa: PLC0415 - loads MNE

        return open_windows(self, challenge, profile, skip_unusable=skip_unusable, progress=progress)

    @cached_property
    def labels_digest(self) -> str:
        """Digest of participants.tsv and of every events.tsv, by name and content; computed once."""
        digest = hashlib.sha256()
        for path in sorted([self.folder / "participants.tsv", *self.folder.glob("sub-*/eeg/*_events.tsv")]):
            digest.update(f"{path.relative_to(self.folder).as_posix()}\0".encode())
            content = path.read_bytes() if path.is_file() else b""  # a dangling link has no content
            digest.update(hashlib.sha256(content).digest())
        return digest.hexdigest()


def open_release(folder: Path | str) -> Release:
    """Open a release folder.

    Parameters
    ----------
    folder
        A folder such as ``R5_L100_bdf``.

    Raises
    ------
    ReleaseError
        If it is no folder, has no readable participants.tsv, or has a description that is not JSON.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.open_release(release_folder).simulated
    True
    """
    folder = Path(folder)
    if not folder.is_dir():
        placeholder = find_placeholder(folder)
        fact = placeholder.fact if placeholder else "is a file" if folder.exists() else "does not exist"
        raise ReleaseError(
            f"{folder} {fact}; a release is a folder such as R5_L100_bdf", hint=did_you_mean_release(folder)
        )
    release = Release(folder.resolve())
    _ = release.participants, release.description
    return release
