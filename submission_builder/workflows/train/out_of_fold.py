"""The file of predictions that nets gave to the subjects they never saw."""

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


@dataclass(frozen=True)
class OutOfFold:
    """Predictions to every window of a cross-validation.

    Attributes
    ----------
    table
        The windows, sorted by subject, recording and start.
    predictions
        Each by the net that never saw the window's subject.

    Shape
    -----
    predictions: ``(n_windows,)``
    """

    table: WindowTable
    predictions: NDArray[np.float64]

    @classmethod
    def of(cls, table: WindowTable, predictions: NDArray[np.float64]) -> OutOfFold:
        """Sort windows and predictions, so that those of two runs can be compared."""
        order = np.lexsort([table.start, table.recording, table.subject])
        recording, start, target, subject = table.recording, table.start, table.target, table.subject
        ordered = WindowTable(table.challenge, recording[order], start[order], target[order], subject[order])
        return cls(ordered, predictions[order])

    def is_of_the_windows_of(self, other: OutOfFold) -> bool:
        """Whether two runs predicted the same windows; releases may have been named in another order."""
        mine, theirs = self.table, other.table
        columns = ((mine.subject, theirs.subject), (mine.start, theirs.start), (mine.target, theirs.target))
        return all(np.array_equal(*pair) for pair in columns)

    def write(self, path: Path) -> None:
        """Write a CSV file, whole or not at all."""
        table = self.table
        columns = (table.subject, table.recording, table.start, table.target, self.predictions)
        with atomic_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(zip(*(column.tolist() for column in columns), strict=True))


def read_out_of_fold(path: Path, challenge: int) -> OutOfFold:
    """Read what :meth:`OutOfFold.write` wrote.

    Raises
    ------
    CheckpointError
        If it is not there or something else.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            head, *rows = csv.reader(file)
        if head != _COLUMNS or not rows:
            raise CheckpointError(f"{path} holds no predictions; its columns should be {', '.join(_COLUMNS)}")
        subject, recording, start, target, prediction = (np.array(column) for column in zip(*rows, strict=True))
        table = WindowTable(
            challenge, recording.astype(np.int64), start.astype(np.int64), target.astype(np.float32), subject
        )
        return OutOfFold.of(table, prediction.astype(np.float64))
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read: {error.strerror}; the predictions of a cross-validation lie beside its .toml"
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{path} cannot be read as predictions: {error}") from error
