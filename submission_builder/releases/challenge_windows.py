"""The windows of one challenge in one release: a table of positions and targets, and a reader of the signals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.protocol.challenges import N_CHANS, N_TIMES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from submission_builder.protocol.windows import WindowReader, WindowTable


@dataclass(frozen=True, eq=False)
class ChallengeWindows:
    """The windows of one challenge, in the order in which the server predicts them.

    Slicing reads windows lazily: ``windows[3:5]`` is a list of two read-only views of shape ``(n_chans, n_times)``.
    """

    table: WindowTable
    """Position, target and subject of each window."""
    reader: WindowReader
    """Reader of the table's recordings."""
    recordings: tuple[str, ...] = ()
    """Name of each recording, such as ``sub-X_task-contrastChangeDetection_run-1``."""

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows: slice, /) -> list[NDArray[np.float32]]:
        recordings, starts = self.table.recording[rows], self.table.start[rows]
        return [self.reader.window(int(i), int(start)) for i, start in zip(recordings, starts, strict=True)]

    def sample(self, n: int) -> NDArray[np.bool_]:
        """Select at most `n` windows, spread evenly over the table.

        Returns
        -------
        NDArray
            Mask of shape ``(n_windows,)``.
        """
        mask = np.zeros(len(self), np.bool_)
        if len(self):
            mask[np.linspace(0, len(self) - 1, n).astype(np.int64)] = True
        return mask

    def select(self, mask: NDArray[np.bool_]) -> ChallengeWindows:
        """Select windows by a mask of shape ``(n_windows,)``."""
        return ChallengeWindows(self.table.select(mask), self.reader, self.recordings)

    def info(self) -> pd.DataFrame:
        """Return one row per window: ``subject``, ``recording``, ``start`` (sample) and ``target``."""
        return self.table.frame(self.recordings)

    def load(self, limit: int | None = None) -> tuple[NDArray[np.float32], NDArray[np.float32], pd.DataFrame]:
        """Load windows into memory.

        Parameters
        ----------
        limit
            Largest number of windows, spread evenly over the release; None loads all windows.

        Returns
        -------
        X
            Windows in volts.
        y
            Targets: response times in s (challenge 1) or factor scores (challenge 2).
        info
            One row per window; see :meth:`info`.

        Shape
        -----
        X: ``(n_windows, n_chans, n_times)``, y: ``(n_windows,)``, both float32

        Examples
        --------
        >>> import submission_builder as sb
        >>> X, y, info = sb.open_release(release_folder).windows(challenge=1).load(limit=8)
        >>> X.shape, y.shape, list(info)
        ((8, 129, 200), (8,), ['subject', 'recording', 'start', 'target'])
        """
        chosen = self if limit is None else self.select(self.sample(limit))
        X = np.empty((len(chosen), N_CHANS, N_TIMES), np.float32)
        for row, window in enumerate(chosen[:]):
            X[row] = window
        return X, chosen.table.target.copy(), chosen.info()
