"""The recording store: each recording is decoded once and then memory-mapped.

A store is a folder with two files. ``signals.f32`` contains each recording as a float32 array (n_chans, n_samples) in
volts, one after the other. ``index.json`` contains their lengths and a digest of the BDFs' contents. The key of a store
is a digest of the BDFs' paths, sizes and modification times, so that a changed BDF leads to a new store.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

import mne
import numpy as np

from submission_builder.base.atomic import atomic_folder
from submission_builder.base.cache import CACHE_HINT, hold
from submission_builder.base.errors import OutputError, ReleaseError, WindowError
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.challenges import N_CHANS, N_TIMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.releases.recording import Recording
    from submission_builder.releases.survey import Survey

_SCHEMA = 1
_MOST_MAPPED = 32


class Store:
    """Reader of the decoded recordings.

    Parameters
    ----------
    folder
        A folder that :func:`open_store` wrote.

    Attributes
    ----------
    digest
        Digest (sha256) of the BDFs' names and contents.
    """

    def __init__(self, folder: Path) -> None:
        weakref.finalize(self, os.close, hold(folder))
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        self.digest: str = index["digest"]
        self._n_samples: list[int] = index["n_samples"]
        self._offset = np.cumsum([0, *self._n_samples]) * N_CHANS * np.dtype(np.float32).itemsize
        self._folder = folder
        self._signals = folder / "signals.f32"
        self._open: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    def __reduce__(self) -> tuple[type[Store], tuple[Path]]:
        """Pickle the folder's path alone; another process maps the files itself."""
        return Store, (self._folder,)

    @property
    def n_recordings(self) -> int:
        """Number of recordings."""
        return len(self._n_samples)

    def n_samples(self, recording: int) -> int:
        """Return the length of a recording in samples."""
        return self._n_samples[recording]

    def window(self, recording: int, start: int) -> NDArray[np.float32]:
        """Return one window as a read-only view; the disk is read when the view is copied.

        Parameters
        ----------
        recording
            Index of the recording.
        start
            First sample.

        Raises
        ------
        WindowError
            If the window reaches past an end of the recording.

        Shape
        -----
        Output: ``(n_chans, n_times)``, float32, volts; not contiguous: the stride of a row is the
        ``n_samples`` of the recording
        """
        if not 0 <= start <= self._n_samples[recording] - N_TIMES:
            raise WindowError(
                f"the window of samples {start} to {start + N_TIMES} does not lie inside recording {recording}, "
                f"which has {self._n_samples[recording]} samples"
            )
        return self._recording(recording)[:, start : start + N_TIMES]

    def _recording(self, recording: int) -> NDArray[np.float32]:
        """Map a recording. Only the latest recordings stay mapped, so that memory does not grow with the release."""
        found = self._open.get(recording)
        if found is None:  # two threads may both map it
            shape, offset = (N_CHANS, self._n_samples[recording]), int(self._offset[recording])
            found = self._open[recording] = np.memmap(self._signals, np.float32, "r", offset, shape)
            if len(self._open) > _MOST_MAPPED:
                self._open.popitem(last=False)
        return found


def open_store(survey: Survey, cache: Path, progress: Progress = silent) -> Store:
    """Open the store of the usable recordings; decode them first if there is no such store.

    Parameters
    ----------
    survey
        The recordings and their lengths.
    cache
        The cache folder.
    progress
        Called after each decoded recording.

    Raises
    ------
    ReleaseError
        If MNE cannot read a BDF, or reads another shape than its header states.
    OutputError
        If the store cannot be written.
    """
    folder = cache / "stores" / _key(survey.recordings)
    if not _is_complete(folder, survey):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            with atomic_folder(folder, shared=True) as part:
                _write(survey, part, progress)
        except OutputError as error:
            raise OutputError(
                f"the decoded recordings cannot be written to the cache: {error}", hint=CACHE_HINT
            ) from error
    return Store(folder)


def _is_complete(folder: Path, survey: Survey) -> bool:
    """Whether a store exists and has the right size; a damaged one is written again."""
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        size = (folder / "signals.f32").stat().st_size
    except (OSError, ValueError):
        return False
    n_bytes = sum(survey.n_samples) * N_CHANS * np.dtype(np.float32).itemsize
    return bool(index.get("n_samples") == list(survey.n_samples) and "digest" in index and size == n_bytes)


def _key(recordings: Sequence[Recording]) -> str:
    digest = hashlib.sha256(f"store {_SCHEMA}\0".encode())
    for recording in recordings:
        stat = recording.bdf.stat()
        digest.update(f"{recording.bdf}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:32]


def _write(survey: Survey, folder: Path, progress: Progress) -> None:
    digest = hashlib.sha256()
    total = len(survey.recordings)
    with (folder / "signals.f32").open("wb") as signals:
        for i, (recording, n_samples) in enumerate(zip(survey.recordings, survey.n_samples, strict=True)):
            progress("read recordings", i, total)
            signals.write(read_signals(recording, n_samples).data)
            with recording.bdf.open("rb") as file:
                content = hashlib.file_digest(file, "sha256")
            digest.update(f"{recording.bdf.name}\0".encode() + content.digest())
    progress("read recordings", total, total)
    folders = [recording.bdf.parent for recording in survey.recordings]
    index = {
        "schema": _SCHEMA,
        "digest": digest.hexdigest(),
        "n_samples": survey.n_samples,
        "made_of": os.path.commonpath(folders) if folders else None,
    }
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def read_signals(recording: Recording, n_samples: int) -> NDArray[np.float32]:
    """Decode one recording as the official pipeline does: MNE's BDF reader, volts, cast to float32.

    Parameters
    ----------
    recording
        The recording.
    n_samples
        Length that the header states.

    Shape
    -----
    Output: ``(n_chans, n_samples)``, float32, volts

    Raises
    ------
    ReleaseError
        If MNE cannot read it, or reads another shape.
    """
    try:
        raw = mne.io.read_raw_bdf(recording.bdf, preload=False, verbose="error")
        signals: NDArray[np.float32] = raw.get_data().astype(np.float32)
    except Exception as error:  # MNE raises bare exceptions on damaged content
        raise ReleaseError(f"{recording.name}: MNE cannot read the BDF: {error}") from error
    if signals.shape != (N_CHANS, n_samples):
        raise ReleaseError(
            f"{recording.name}: MNE reads (n_chans, n_samples) = {signals.shape}, "
            f"the header states {(N_CHANS, n_samples)}"
        )
    return signals
