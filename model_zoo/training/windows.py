"""A torch dataset over a window table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.utils.data import Dataset

if TYPE_CHECKING:
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
    - Item: window ``(n_chans, n_times)`` in volts, target ``(1,)``
    """

    def __init__(self, table: WindowTable, reader: WindowReader) -> None:
        self._table, self._reader = table, reader

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        window = self._reader.window(int(self._table.recording[index]), int(self._table.start[index]))
        return torch.from_numpy(window), torch.from_numpy(self._table.target[index : index + 1])
