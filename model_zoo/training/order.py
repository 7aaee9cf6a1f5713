"""In which order windows are read, and which process gets which."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from torch.utils.data import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_BLOCK = 32
"""Recordings whose windows are mixed with one another: as many as a store keeps mapped, about 0.5 GB."""


class Batch(NamedTuple):
    """Which windows a step takes.

    Attributes
    ----------
    rows
        Of the window table.
    shift
        By how many samples each window starts later than the table says.

    Shape
    -----
    rows, shift: ``(batch,)``
    """

    rows: NDArray[np.int64]
    shift: NDArray[np.int64]


class ShuffledBatches(Sampler[Batch]):
    """New batches in each epoch, by blocks of recordings, so that the disk is read piece by piece.

    An epoch's order is a function of seed and epoch alone, and the same in every process; each process takes its
    share of every batch. What is left at the end of an epoch makes a smaller batch, if each process gets two
    windows or more of it (batch normalisation takes no single one).

    Parameters
    ----------
    recording
        Recording of each window.
    batch_size
        Windows a step, over all processes; a multiple of `n_processes`.
    seed
        Of the order and the shifts.
    n_windows
        Windows of an epoch: all of them, or so many, other ones in each epoch.
    max_shift
        Windows are shifted by up to so many samples, either way.
    rank, n_processes
        Which share is taken.

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
        """Say which epoch comes; Lightning calls it."""
        self._epoch = epoch

    def __len__(self) -> int:
        whole, rest = divmod(self._n_windows, self._batch_size)
        return whole + (rest >= 2 * self._n_processes)

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
    """Every window once, in order; each process takes every n-th window.

    Parameters
    ----------
    rows
        Of the window table.
    batch_size
        Windows at a time.
    rank, n_processes
        Which share is taken.

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
    """Shuffle recordings, and within blocks of them the windows.

    Parameters
    ----------
    recording
        Recording of each window.
    rng
        Draws the order.

    Shape
    -----
    recording, output: ``(n_windows,)``
    """
    _, who = np.unique(recording, return_inverse=True)
    block = rng.permutation(who.max(initial=0) + 1)[who] // _BLOCK
    return np.lexsort((rng.random(len(who)), block)).astype(np.int64)
