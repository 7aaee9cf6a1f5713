"""Joins several releases into one reader and one table, for training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.protocol.windows import WindowTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from submission_builder.releases.store import Store


class JoinedStores:
    """Reader of the recordings of several stores, with consecutive indices.

    Parameters
    ----------
    stores
        The stores, in the order of their tables.
    """

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = stores
        self._first = np.cumsum([0, *(store.n_recordings for store in stores)])

    @property
    def first(self) -> NDArray[np.int64]:
        """Index of each store's first recording."""
        return self._first

    def window(self, recording: int, start: int) -> NDArray[np.float32]:
        """Return one window ``(n_chans, n_times)`` in volts, as a read-only view."""
        store, own = self._of(recording)
        return store.window(own, start)

    def n_samples(self, recording: int) -> int:
        """Return the length of a recording in samples."""
        store, own = self._of(recording)
        return store.n_samples(own)

    def _of(self, recording: int) -> tuple[Store, int]:
        """Return the store of a recording, and its index there."""
        which = int(np.searchsorted(self._first, recording, side="right")) - 1
        return self._stores[which], recording - int(self._first[which])


def join_tables(tables: Sequence[WindowTable], first: Sequence[int] | NDArray[np.int64]) -> WindowTable:
    """Concatenate window tables of one challenge.

    Parameters
    ----------
    tables
        The tables, in the order of their stores.
    first
        Index of each store's first recording: :attr:`JoinedStores.first`.
    """
    return WindowTable(
        challenge=tables[0].challenge,
        recording=np.concatenate([table.recording + n for table, n in zip(tables, first, strict=False)]),
        start=np.concatenate([table.start for table in tables]),
        target=np.concatenate([table.target for table in tables]),
        subject=np.concatenate([table.subject for table in tables]),
    )
