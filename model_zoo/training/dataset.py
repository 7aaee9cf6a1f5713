"""A map-style PyTorch dataset over a window table, indexed by whole batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import Dataset

from submission_builder.base.errors import ReleaseError
from submission_builder.protocol.challenges import DEFAULT_PROFILE, N_CHANS, N_TIMES, PROFILES, SFREQ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_zoo.training.order import Batch
    from submission_builder.protocol.windows import WindowReader, WindowTable


class WindowDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Windows and their targets, read from disk when they are indexed.

    Parameters
    ----------
    table
        The windows.
    reader
        Reads the signals of a window.

    Shape
    -----
    - Item at a :class:`Batch`: windows ``(batch, n_chans, n_times)`` in volts, targets ``(batch, 1)``

    Raises
    ------
    ReleaseError
        If a window contains a value that is not finite.
    """

    def __init__(self, table: WindowTable, reader: WindowReader) -> None:
        self._table, self._reader = table, reader
        self._locked = PROFILES[DEFAULT_PROFILE].challenges[table.challenge].locked_to_stimulus

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        rows, shift = batch
        recording, start, target = self._table.recording[rows], self._table.start[rows], self._table.target[rows]
        if shift.any():
            shifted = self._inside(recording, start + shift)
            if self._locked:  # in a window that starts later, the response comes earlier
                target = target - ((shifted - start) / SFREQ).astype(np.float32)
            start = shifted
        windows = np.empty((len(rows), N_CHANS, N_TIMES), np.float32)
        for window, at, first in zip(windows, recording, start, strict=True):
            window[:] = self._reader.window(int(at), int(first))
        if not np.isfinite(windows.sum()):  # one pass without a temporary array; a sum of volts cannot overflow
            self._raise_not_finite(windows, rows, start)
        return torch.from_numpy(windows), torch.from_numpy(target[:, None])

    def _raise_not_finite(
        self, windows: NDArray[np.float32], rows: NDArray[np.int64], start: NDArray[np.int64]
    ) -> None:
        """Raise an error about the first window that is not finite."""
        first = int(np.flatnonzero(~np.isfinite(windows).all(axis=(1, 2)))[0])
        n_bad = int((~np.isfinite(windows[first])).sum())
        raise ReleaseError(
            f"the window of subject {self._table.subject[rows[first]]} that starts at sample {start[first]} has "
            f"{n_bad:,} values that are not finite; training needs finite values"
        )

    def _inside(self, recording: NDArray[np.int64], start: NDArray[np.int64]) -> NDArray[np.int64]:
        """Clip starts so that every window lies inside its recording."""
        last = np.array([self._reader.n_samples(int(at)) for at in recording]) - N_TIMES
        return start.clip(0, last)
