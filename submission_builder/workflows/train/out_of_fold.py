"""The CSV file of out-of-fold predictions: each window is predicted by a net that saw none of its subject."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import CheckpointError
from submission_builder.protocol.windows import WindowTable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_COLUMNS = ["subject", "recording", "start", "target", "prediction"]
_OLD_COLUMNS = [*_COLUMNS[:-1], "answer"]
"""Columns of older files, in which predictions were called answers."""


@dataclass(frozen=True)
class OutOfFold:
    """The windows of a cross-validation and their predictions."""

    table: WindowTable
    """The windows, sorted by subject, recording and start."""
    predictions: NDArray[np.float64]
    """Prediction of the net that saw none of the window's subject, in the target's unit; shape ``(n_windows,)``."""

    @classmethod
    def of(cls, table: WindowTable, predictions: NDArray[np.float64]) -> OutOfFold:
        """Sort windows and predictions, so that those of two runs are in the same order."""
        order = np.lexsort([table.start, table.recording, table.subject])
        return cls(table.select(order), predictions[order])

    def has_same_windows(self, other: OutOfFold) -> bool:
        """Whether two runs predicted the same windows; the order of their releases may differ."""
        mine, theirs = self.table, other.table
        columns = ((mine.subject, theirs.subject), (mine.start, theirs.start), (mine.target, theirs.target))
        return all(np.array_equal(*pair) for pair in columns)

    def write(self, path: Path) -> None:
        """Write the CSV file atomically."""
        table = self.table
        columns = (table.subject, table.recording, table.start, table.target, self.predictions)
        with atomic_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(zip(*(column.tolist() for column in columns), strict=True))


def read_out_of_fold(path: Path, challenge: int) -> OutOfFold:
    """Read the file that :meth:`OutOfFold.write` writes.

    Raises
    ------
    CheckpointError
        If the file does not exist, cannot be read, or has other columns.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            head, *rows = csv.reader(file)
        if head not in (_COLUMNS, _OLD_COLUMNS) or not rows:
            raise CheckpointError(f"{path} holds no predictions; the columns {', '.join(_COLUMNS)} are expected")
        subject, recording, start, target, prediction = (np.array(column) for column in zip(*rows, strict=True))
        table = WindowTable(
            challenge, recording.astype(np.int64), start.astype(np.int64), target.astype(np.float32), subject
        )
        return OutOfFold.of(table, prediction.astype(np.float64))
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read: {error.strerror}; subpack train --folds writes it beside its .toml file"
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{path} cannot be read as a table of predictions: {error}") from error
