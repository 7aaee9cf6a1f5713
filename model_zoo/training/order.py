"""Samplers: the order of the windows, and their division among the processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from torch.utils.data import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_BLOCK = 32
"""Number of recordings whose windows are shuffled together: as many as a store keeps memory-mapped, about 0.5 GB."""


class Batch(NamedTuple):
    """The windows of one batch."""

    rows: NDArray[np.int64]
    """Rows of the window table, ``(batch,)``."""
    shift: NDArray[np.int64]
    """Shift of each window's start in samples, ``(batch,)``; positive is later."""


class ShuffledBatches(Sampler[Batch]):
    """Shuffle windows within blocks of recordings, so that reads from disk stay close together.

    The order of an epoch depends only on the seed and the epoch and is the same in every process; each process takes
    its part of every batch. The last, smaller batch of an epoch is kept if each process gets at least two of its
    windows, because batch normalisation cannot train on a single one.

    Parameters
    ----------
    recording
        Recording of each window.
    batch_size
        Windows per batch, summed over all processes; a multiple of `n_processes`.
    seed
        Random seed of the order and the shifts.
    n_windows
        Windows per epoch, a new random subset in each; None for all windows.
    max_shift
        Maximum random shift of a window in samples, in either direction.
    rank, n_processes
        Rank of this process, and the number of processes.

    Shape
    -----
    recording: ``(n_windows,)``
    """

    def __init__(
        self,
        recording: NDArray[np.int64],
        batch_size: int,
        seed: int,
        *,
        n_windows: int | None = None,
        max_shift: int = 0,
        rank: int = 0,
        n_processes: int = 1,
    ) -> None:
        self._recording, self._batch_size, self._seed, self._max_shift = recording, batch_size, seed, max_shift
        self._rank, self._n_processes = rank, n_processes
        self._n_windows = min(n_windows or len(recording), len(recording))
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the number of the next epoch; Lightning calls this."""
        self._epoch = epoch

    def __len__(self) -> int:
        n_full, n_left = divmod(self._n_windows, self._batch_size)
        return n_full + (n_left >= 2 * self._n_processes)

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self._seed, self._epoch])
        order = block_order(self._recording, rng)[: self._n_windows]
        shift = rng.integers(-self._max_shift, self._max_shift, len(order), endpoint=True)
        for first in range(0, len(self) * self._batch_size, self._batch_size):
            last = min(first + self._batch_size, len(order))
            last -= (last - first) % self._n_processes
            mine = slice(first + self._rank, last, self._n_processes)
            yield Batch(order[mine], shift[mine])


class OrderedBatches(Sampler[Batch]):
    """Yield every window once, in order; with n processes, each takes every n-th window.

    Parameters
    ----------
    rows
        Rows of the window table.
    batch_size
        Windows per batch of one process.
    rank, n_processes
        Rank of this process, and the number of processes.

    Shape
    -----
    rows: ``(n_windows,)``
    """

    def __init__(self, rows: NDArray[np.int64], batch_size: int, *, rank: int = 0, n_processes: int = 1) -> None:
        mine = rows[rank::n_processes]
        self._batches = [mine[i : i + batch_size] for i in range(0, len(mine), batch_size)]

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        for rows in self._batches:
            yield Batch(rows, np.zeros_like(rows))


def block_order(recording: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Shuffle the recordings, then shuffle the windows within blocks of recordings; return row numbers.

    Parameters
    ----------
    recording
        Recording of each window.
    rng
        Source of the random draws.

    Shape
    -----
    recording, output: ``(n_windows,)``
    """
    _, who = np.unique(recording, return_inverse=True)
    block = rng.permutation(who.max(initial=0) + 1)[who] // _BLOCK
    return np.lexsort((rng.random(len(who)), block)).astype(np.int64)
