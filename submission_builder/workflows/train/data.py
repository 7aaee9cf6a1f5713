"""Releases made ready for training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.training.splits import require_disjoint
from submission_builder.base.errors import ReleaseError
from submission_builder.base.progress import Progress, silent
from submission_builder.diagnostics.data import label_diagnoses, signal_diagnoses
from submission_builder.releases.folder import Release, open_release
from submission_builder.releases.joined import JoinedStores, join_tables
from submission_builder.releases.store import Store, open_store
from submission_builder.releases.survey import LeftOut, survey
from submission_builder.releases.table import cut_windows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.diagnostics.diagnosis import Diagnosis
    from submission_builder.protocol.challenges import ChallengeSpec
    from submission_builder.protocol.windows import WindowTable

_LOOKED_AT = 64
"""Windows of a release whose signals are looked at before training."""


@dataclass(frozen=True)
class Loaded:
    """A release made ready for training.

    Attributes
    ----------
    release, store, table
        The folder, its decoded recordings and the windows of one challenge.
    left_out
        Recordings that could not be used.
    """

    release: Release
    store: Store
    table: WindowTable
    left_out: tuple[LeftOut, ...]

    def describe(self) -> dict[str, Any]:
        """Say what a card keeps of the release."""
        return {
            "release": self.release.name,
            "labels_digest": self.release.labels_digest,
            "recordings_digest": self.store.digest,
            "simulated": self.release.simulated,
            "n_windows": len(self.table),
            "n_subjects": self.table.n_subjects,
            "left_out": [str(item) for item in self.left_out],
        }


def load(folder: Path, spec: ChallengeSpec, cache: Path, progress: Progress = silent) -> Loaded:
    """Open a release for training; recordings that do not fit are left out, not fatal.

    Raises
    ------
    ReleaseError
        If the folder is no release, no window is left, or its signals are not those of scalp EEG in volts.
    """
    release = open_release(folder)
    recordings = survey(release.recordings(spec.task))
    cut = cut_windows(release, spec, recordings)
    table = cut.table
    if not len(table):
        raise ReleaseError(f"{folder} has no window with a target ({spec.target}) for challenge {spec.number}")
    store = open_store(recordings, cache, progress)
    require_sound(signal_diagnoses(release.name, _sample(table, store)))
    return Loaded(release, store, table, tuple(sorted([*recordings.left_out, *cut.left_out])))


def _sample(table: WindowTable, store: Store) -> NDArray[np.float32]:
    """Read a few windows from all over a release."""
    rows = np.unique(np.linspace(0, len(table) - 1, _LOOKED_AT).round().astype(int))
    return np.stack([store.window(int(table.recording[row]), int(table.start[row])) for row in rows])


def require_sound(diagnoses: Sequence[Diagnosis]) -> None:
    """Refuse data of which there is something to say.

    Raises
    ------
    ReleaseError
        If there is; all of it is said.
    """
    if diagnoses:
        lines = "\n  ".join(map(str, diagnoses))
        raise ReleaseError(f"nothing that holds elsewhere can be learnt from these releases:\n  {lines}")


@dataclass(frozen=True)
class Data:
    """The releases of a run.

    Attributes
    ----------
    train
        Releases trained on.
    val
        The release that chooses the epoch; None where a share of the subjects of `train` does.
    test
        The release that is scored and chooses nothing; None for none.
    """

    train: tuple[Loaded, ...]
    val: Loaded | None = None
    test: Loaded | None = None

    @property
    def releases(self) -> tuple[Loaded, ...]:
        """All of them."""
        return (*self.train, *(release for release in (self.val, self.test) if release))

    def joined(self) -> Joined:
        """Read them as one.

        Raises
        ------
        ReleaseError
            If two of them share a subject, or all windows of one have the same target.
        """
        require_sound(label_diagnoses((item.release.name, item.table) for item in self.releases))
        require_disjoint(*((str(item.release.folder), item.table) for item in self.releases))
        reader = JoinedStores([item.store for item in self.releases])
        first = dict(zip(map(id, self.releases), reader.first, strict=False))

        def table(releases: Sequence[Loaded]) -> WindowTable:
            return join_tables([item.table for item in releases], [first[id(item)] for item in releases])

        return Joined(reader, table(self.train), *(table([one]) if one else None for one in (self.val, self.test)))


@dataclass(frozen=True)
class Joined:
    """The releases of a run, read as one.

    Attributes
    ----------
    reader
        Where the windows of all three tables are read.
    train, val, test
        The windows of each side; None where there is no such release.
    """

    reader: JoinedStores
    train: WindowTable
    val: WindowTable | None
    test: WindowTable | None
