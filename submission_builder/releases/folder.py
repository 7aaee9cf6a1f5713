"""A release folder in the official layout, BIDS with BDF signals, read from disk alone."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from submission_builder.base.errors import ReleaseError
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.challenges import DEFAULT_PROFILE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.releases.challenge_windows import ChallengeWindows

_NAME = re.compile(r"sub-(?P<subject>[^_]+)_task-(?P<task>[^_]+)(?:_run-(?P<run>\d+))?_(?:eeg\.bdf|events\.tsv)")


@dataclass(frozen=True, order=True)
class Recording:
    """One run of one subject; recordings sort by subject, then run.

    Attributes
    ----------
    subject
        Participant without ``sub-``.
    run
        Number of the run; 0 where the name has none.
    bdf
        The signals.
    """

    subject: str
    run: int
    bdf: Path

    @property
    def name(self) -> str:
        """The file's name without its suffix, for messages."""
        return self.bdf.name.removesuffix("_eeg.bdf")

    @property
    def events_file(self) -> Path:
        """Where the events of the run should lie."""
        return self.bdf.with_name(f"{self.name}_events.tsv")

    def events(self) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """Read onsets (s) and names of the events; pandas parses them, as in the official chain.

        Raises
        ------
        ReleaseError
            If there is no events.tsv or it lacks what it should hold.
        """
        if not self.events_file.is_file():
            raise ReleaseError(f"{self.name} has no {self.events_file.name} beside its BDF")
        try:
            table = pd.read_csv(self.events_file, sep="\t")
            return table["onset"].to_numpy(np.float64), table["value"].to_numpy(object)
        except (ValueError, KeyError, OSError) as error:
            raise ReleaseError(
                f"{self.events_file.name} cannot be read as events ({error}); it needs numeric `onset` and `value`"
            ) from error


@dataclass(frozen=True)
class Release:
    """A folder of recordings with their participants.

    Attributes
    ----------
    folder
        Where participants.tsv and the subjects' folders lie.
    """

    folder: Path

    @property
    def name(self) -> str:
        """Name of the folder, such as ``R5_L100_bdf``."""
        return self.folder.name

    @cached_property
    def description(self) -> dict[str, object]:
        """What dataset_description.json says; empty where there is none."""
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
        """Whether the folder says that ``subpack simulate`` made it."""
        return "Simulated" in self.description

    def ideal(self, challenge: int) -> float | None:
        """Score that the observer who knows the simulation gets; None for people, or where it is not written down."""
        marks = self.description.get("Simulated")
        ideal = marks.get("ideal") if isinstance(marks, dict) else None
        return ideal.get(f"challenge{challenge}") if isinstance(ideal, dict) else None

    @cached_property
    def participants(self) -> pd.DataFrame:
        """participants.tsv, indexed by subject without ``sub-``."""
        path = self.folder / "participants.tsv"
        if not path.is_file():
            raise ReleaseError(f"{self.folder} has no participants.tsv, so it is no release in the official layout")
        try:
            table = pd.read_csv(path, sep="\t", dtype={"participant_id": str}, na_values=["n/a"])
        except (ValueError, OSError) as error:
            raise ReleaseError(f"{path} cannot be read as a table: {error}") from error
        if "participant_id" not in table:
            raise ReleaseError(f"{path} has no column participant_id")
        return table.set_index(table["participant_id"].str.removeprefix("sub-"))

    def factor(self, column: str) -> dict[str, float]:
        """Read one factor score by subject, without the subjects that have none.

        Raises
        ------
        ReleaseError
            If the column is not there, is not numeric, or a subject stands in it twice.
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

    def recordings(self, task: str) -> list[Recording]:
        """List the recordings of a task, sorted by (participant_id, run).

        A run whose events are there counts, also where its BDF is missing, as after half a download.

        Raises
        ------
        ReleaseError
            If there is none.
        """
        found = set()
        for path in [*self.folder.glob("sub-*/eeg/*_eeg.bdf"), *self.folder.glob("sub-*/eeg/*_events.tsv")]:
            match = _NAME.fullmatch(path.name)
            if match and match["task"] == task:
                bdf = path.with_name(path.name.replace("_events.tsv", "_eeg.bdf"))
                found.add(Recording(match["subject"], int(match["run"] or 0), bdf))
        if not found:
            raise ReleaseError(
                f"{self.folder} has no recording of task {task} (sub-*/eeg/sub-*_task-{task}[_run-N]_eeg.bdf)"
            )
        return sorted(found)

    def missing(self, task: str) -> list[str]:
        """Name the runs of a task that participants.tsv calls available and the folder does not hold."""
        there = {(recording.subject, recording.run) for recording in self.recordings(task)}
        columns = {str(column): re.fullmatch(rf"{task}(?:_(\d+))?", str(column)) for column in self.participants}
        return sorted(
            f"sub-{subject} {column}"
            for column, match in columns.items()
            if match
            for subject in self.participants.index[self.participants[column] == "available"]
            if (subject, int(match[1] or 0)) not in there
        )

    def windows(
        self,
        challenge: int,
        *,
        profile: str = DEFAULT_PROFILE,
        skip_unusable: bool = False,
        progress: Progress = silent,
    ) -> ChallengeWindows:
        """Lay out the windows of a challenge; recordings are decoded into the cache the first time.

        Parameters
        ----------
        challenge
            1 or 2.
        profile
            Scoring rules: ``final`` or ``v3``.
        skip_unusable
            Leave out recordings that cannot be used. Without it they are an error, as the server uses all recordings.
        progress
            Called for each recording that is decoded.

        Raises
        ------
        ReleaseError
            If a recording cannot be used and `skip_unusable` is not set.

        Examples
        --------
        >>> import submission_builder as sb
        >>> windows = sb.open_release(release_folder).windows(challenge=2)
        >>> len(windows), windows.table.n_subjects
        (72, 4)
        """
        from submission_builder.releases.layout import challenge_windows  # noqa: PLC0415 - loads MNE

        return challenge_windows(self, challenge, profile, skip_unusable=skip_unusable, progress=progress)

    @cached_property
    def labels_digest(self) -> str:
        """Digest of the participants and every events file, by name and content; they are read once."""
        digest = hashlib.sha256()
        for path in sorted([self.folder / "participants.tsv", *self.folder.glob("sub-*/eeg/*_events.tsv")]):
            digest.update(f"{path.relative_to(self.folder).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def open_release(folder: Path) -> Release:
    """Open a release folder.

    Parameters
    ----------
    folder
        A folder such as ``R5_L100_bdf``.

    Raises
    ------
    ReleaseError
        If it is no folder, has no participants.tsv or a description that is not JSON.
    """
    if not folder.is_dir():
        raise ReleaseError(f"{folder} is no folder; a release is one, such as R5_L100_bdf")
    release = Release(folder.resolve())
    _ = release.participants, release.description
    return release
