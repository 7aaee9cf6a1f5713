"""A torch dataset over a window table, read by the batch."""

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
    """Windows and targets, read as they are asked for.

    Parameters
    ----------
    table
        The windows.
    reader
        Where they are read.

    Shape
    -----
    - Item, for a :class:`Batch`: windows ``(batch, n_chans, n_times)`` in volts, targets ``(batch, 1)``

    Raises
    ------
    ReleaseError
        Where a window holds a value that is not finite.
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
            if self._locked:  # what is seen so much earlier was so much sooner after the start of the window
                target = target - ((shifted - start) / SFREQ).astype(np.float32)
            start = shifted
        windows = np.empty((len(rows), N_CHANS, N_TIMES), np.float32)
        for window, at, first in zip(windows, recording, start, strict=True):
            window[:] = self._reader.window(int(at), int(first))
        if not np.isfinite(windows.sum()):  # one pass, and nothing kept; a sum of volts cannot overflow
            self._refuse(windows, rows, start)
        return torch.from_numpy(windows), torch.from_numpy(target[:, None])

    def _refuse(self, windows: NDArray[np.float32], rows: NDArray[np.int64], start: NDArray[np.int64]) -> None:
        """Name the first window that is not finite."""
        first = int(np.flatnonzero(~np.isfinite(windows).all(axis=(1, 2)))[0])
        n_bad = int((~np.isfinite(windows[first])).sum())
        raise ReleaseError(
            f"{n_bad:,} samples are not finite in the window of subject {self._table.subject[rows[first]]} that starts "
            f"at sample {start[first]}; a net that trains on it is lost"
        )

    def _inside(self, recording: NDArray[np.int64], start: NDArray[np.int64]) -> NDArray[np.int64]:
        """Keep windows inside their recordings."""
        last = np.array([self._reader.n_samples(int(at)) for at in recording]) - N_TIMES
        return start.clip(0, last)
