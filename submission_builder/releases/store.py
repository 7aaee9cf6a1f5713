"""The recording store: every recording decoded once, then mapped from disk.

A store is a folder with one file ``signals.f32`` — each recording as a float32 array (n_chans, n_samples) in
volts, one after the other — and an ``index.json``. It is keyed by the names, sizes and modification times of
the BDFs, so a changed file makes a new store; the digest of the BDFs' content is kept inside.
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
from submission_builder.base.errors import OutputError, ReleaseError
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.challenges import N_CHANS, N_TIMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.releases.folder import Recording
    from submission_builder.releases.table import Recordings

_SCHEMA = 1
_KEPT_OPEN = 32


class Store:
    """Reader of the decoded recordings.

    Parameters
    ----------
    folder
        A folder that :func:`open_store` made.

    Attributes
    ----------
    digest
        sha256 over the BDFs' names and contents.
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
        """Go to another process as the folder's name."""
        return Store, (self._folder,)

    @property
    def n_recordings(self) -> int:
        """How many recordings there are."""
        return len(self._n_samples)

    def n_samples(self, recording: int) -> int:
        """Length of a recording."""
        return self._n_samples[recording]

    def window(self, recording: int, start: int) -> NDArray[np.float32]:
        """Look at one window; it reads from the disk when it is copied.

        Parameters
        ----------
        recording
            Index of the recording.
        start
            First sample.

        Shape
        -----
        Output: ``(n_chans, n_times)``, float32, volts, read-only; a view, rows ``n_samples`` apart
        """
        return self._recording(recording)[:, start : start + N_TIMES]

    def _recording(self, recording: int) -> NDArray[np.float32]:
        """Map a recording; only the latest stay mapped, so memory does not grow with the release."""
        found = self._open.get(recording)
        if found is None:  # of two threads, both may map it
            shape, offset = (N_CHANS, self._n_samples[recording]), int(self._offset[recording])
            found = self._open[recording] = np.memmap(self._signals, np.float32, "r", offset, shape)
            if len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        return found


def open_store(recordings: Recordings, cache: Path, progress: Progress = silent) -> Store:
    """Open the store of some recordings, decoding them first if no store is there yet.

    Parameters
    ----------
    recordings
        What to decode, in order.
    cache
        The folder that stores are kept in.
    progress
        Told of each recording decoded.

    Raises
    ------
    ReleaseError
        If MNE cannot read a BDF, or reads something else than its header promises.
    OutputError
        If the cache cannot keep the recordings.
    """
    folder = cache / "stores" / _key(recordings.items)
    if not _whole(folder, recordings):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            with atomic_folder(folder, shared=True) as part:
                _write(recordings, part, progress)
        except OutputError as error:
            raise OutputError(f"the cache cannot keep the recordings: {error}", hint=CACHE_HINT) from error
    return Store(folder)


def _whole(folder: Path, recordings: Recordings) -> bool:
    """Whether a store is there and holds what it should; a damaged one is made again."""
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        size = (folder / "signals.f32").stat().st_size
    except (OSError, ValueError):
        return False
    n_bytes = sum(recordings.n_samples) * N_CHANS * np.dtype(np.float32).itemsize
    return bool(index.get("n_samples") == list(recordings.n_samples) and "digest" in index and size == n_bytes)


def _key(recordings: Sequence[Recording]) -> str:
    digest = hashlib.sha256(f"store {_SCHEMA}\0".encode())
    for recording in recordings:
        stat = recording.bdf.stat()
        digest.update(f"{recording.bdf}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:32]


def _write(recordings: Recordings, folder: Path, progress: Progress) -> None:
    digest = hashlib.sha256()
    total = len(recordings.items)
    with (folder / "signals.f32").open("wb") as signals:
        for i, (recording, n_samples) in enumerate(zip(recordings.items, recordings.n_samples, strict=True)):
            progress("read recordings", i, total)
            signals.write(read_signals(recording, n_samples).data)
            with recording.bdf.open("rb") as file:
                content = hashlib.file_digest(file, "sha256")
            digest.update(f"{recording.bdf.name}\0".encode() + content.digest())
    progress("read recordings", total, total)
    folders = [recording.bdf.parent for recording in recordings.items]
    index = {
        "schema": _SCHEMA,
        "digest": digest.hexdigest(),
        "n_samples": recordings.n_samples,
        "made_of": os.path.commonpath(folders) if folders else None,
    }
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def read_signals(recording: Recording, n_samples: int) -> NDArray[np.float32]:
    """Decode one recording as the official chain does: MNE's BDF reader, volts, cast to float32.

    Parameters
    ----------
    recording
        What to read.
    n_samples
        Length that the header promises.

    Shape
    -----
    Output: ``(n_chans, n_samples)``, float32, volts

    Raises
    ------
    ReleaseError
        If MNE cannot read it, or reads another size.
    """
    try:
        raw = mne.io.read_raw_bdf(recording.bdf, preload=False, verbose="error")
        signals: NDArray[np.float32] = raw.get_data().astype(np.float32)
    except Exception as error:  # MNE raises bare exceptions on damaged content
        raise ReleaseError(f"{recording.name}: MNE cannot read the BDF: {error}") from error
    if signals.shape != (N_CHANS, n_samples):
        raise ReleaseError(
            f"{recording.name}: MNE reads (n_chans, n_samples) = {signals.shape}, "
            f"the header promises {(N_CHANS, n_samples)}"
        )
    return signals
