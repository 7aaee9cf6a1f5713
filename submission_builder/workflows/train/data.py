"""Load releases for training, and read them as one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.training.splits import require_disjoint
from submission_builder.base.cache import cache_folder
from submission_builder.base.errors import ReleaseError
from submission_builder.base.progress import Progress, silent
from submission_builder.diagnostics.data import label_diagnoses, signal_diagnoses
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.releases.folder import Release, open_release
from submission_builder.releases.joined import JoinedStores, join_tables
from submission_builder.releases.store import Store, open_store
from submission_builder.releases.survey import LeftOut, survey
from submission_builder.releases.table import cut_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from model_zoo.training.config import RunConfig
    from submission_builder.diagnostics.diagnosis import Diagnosis
    from submission_builder.protocol.challenges import ChallengeSpec
    from submission_builder.protocol.windows import WindowTable

    ReleaseReport = Callable[[Sequence["LoadedRelease"]], None]
    """Called with the releases of a run, once they are loaded."""

_N_SAMPLED = 64
"""Windows of a release whose signals are examined before training."""


@dataclass(frozen=True)
class LoadedRelease:
    """A release that is ready for training."""

    release: Release
    store: Store
    """Its decoded recordings."""
    table: WindowTable
    """Its windows for one challenge."""
    left_out: tuple[LeftOut, ...]
    """Recordings that cannot be used."""

    def describe(self) -> dict[str, Any]:
        """Return the facts that a card holds about the release."""
        return {
            "release": self.release.name,
            "labels_digest": self.release.labels_digest,
            "recordings_digest": self.store.digest,
            "simulated": self.release.simulated,
            "n_windows": len(self.table),
            "n_subjects": self.table.n_subjects,
            "left_out": [str(item) for item in self.left_out],
        }


@dataclass(frozen=True)
class Releases:
    """The releases of a run by their use."""

    train: tuple[LoadedRelease, ...]
    val: LoadedRelease | None = None
    """Selects the best epoch; None where a share of the training subjects does."""
    test: LoadedRelease | None = None
    """Scored at the end, used for nothing else."""

    def all(self) -> tuple[LoadedRelease, ...]:
        """Return all releases, those to train on first."""
        return (*self.train, *(release for release in (self.val, self.test) if release))


@dataclass(frozen=True)
class TrainingData:
    """The releases of a run, read as one."""

    releases: Releases
    reader: JoinedStores
    """Reader of the windows of all tables."""
    train: WindowTable
    val: WindowTable | None
    test: WindowTable | None

    @property
    def simulated(self) -> bool:
        """Whether a release is simulated."""
        return any(item.release.simulated for item in self.releases.all())

    def describe(self) -> tuple[dict[str, Any], ...]:
        """Return the facts that a card holds about each release."""
        return tuple(item.describe() for item in self.releases.all())

    def release_of(self, table: WindowTable) -> NDArray[np.int64]:
        """Return the position of each window's release in ``releases.all()``; shape ``(n_windows,)``."""
        return np.searchsorted(self.reader.first, table.recording, side="right") - 1


def load_data(config: RunConfig, report: ReleaseReport, progress: Progress) -> TrainingData:
    """Load the releases of a run.

    Parameters
    ----------
    config
        Names the releases and the challenge.
    report
        Called with the releases, before they are compared with one another.
    progress
        Called while recordings are decoded.

    Raises
    ------
    ReleaseError
        If a release cannot be used, or two of them share a subject.
    """
    spec = PROFILES[DEFAULT_PROFILE].challenges[config.challenge]
    load = partial(load_release, spec=spec, cache=cache_folder(), progress=progress)
    train = tuple(load(folder) for folder in config.train)
    val, test = (load(folder) if folder else None for folder in (config.val, config.test))
    releases = Releases(train, val, test)
    report(releases.all())
    return join(releases)


def load_release(folder: Path, spec: ChallengeSpec, cache: Path, progress: Progress = silent) -> LoadedRelease:
    """Open a release for training. Recordings that cannot be used are left out.

    Raises
    ------
    ReleaseError
        If the folder is not a release, no window is left, or the signals are not scalp EEG in volts.
    """
    release = open_release(folder)
    recordings = survey(release.recordings(spec.task))
    cut = cut_windows(release, spec, recordings)
    table = cut.table
    if not len(table):
        raise ReleaseError(f"{folder} has no window with a target ({spec.target}) for challenge {spec.number}")
    store = open_store(recordings, cache, progress)
    _require_sound(signal_diagnoses(release.name, _sample(table, store)))
    return LoadedRelease(release, store, table, tuple(sorted([*recordings.left_out, *cut.left_out])))


def join(releases: Releases) -> TrainingData:
    """Read the releases of a run as one.

    Raises
    ------
    ReleaseError
        If two releases share a subject, or all windows of one have the same target.
    """
    every = releases.all()
    _require_sound(label_diagnoses((item.release.name, item.table) for item in every))
    require_disjoint(*((str(item.release.folder), item.table) for item in every))
    reader = JoinedStores([item.store for item in every])
    first = dict(zip(map(id, every), reader.first, strict=False))

    def table(chosen: Sequence[LoadedRelease]) -> WindowTable:
        return join_tables([item.table for item in chosen], [first[id(item)] for item in chosen])

    val, test = (table([one]) if one else None for one in (releases.val, releases.test))
    return TrainingData(releases, reader, table(releases.train), val, test)


def _sample(table: WindowTable, store: Store) -> NDArray[np.float32]:
    """Read a few windows, evenly spread over a release."""
    rows = np.unique(np.linspace(0, len(table) - 1, _N_SAMPLED).round().astype(int))
    return np.stack([store.window(int(table.recording[row]), int(table.start[row])) for row in rows])


def _require_sound(diagnoses: Sequence[Diagnosis]) -> None:
    """Refuse data with any diagnosis; the error lists all of them."""
    if diagnoses:
        lines = "\n  ".join(map(str, diagnoses))
        raise ReleaseError(f"a net that is trained on these releases cannot generalise:\n  {lines}")
