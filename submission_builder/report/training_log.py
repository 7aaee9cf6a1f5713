"""Every epoch of a training as a CSV file."""

from __future__ import annotations

import csv
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from model_zoo.training.record import EpochRecord
    from submission_builder.workflows.train.training_run import TrainingRun


def epochs_of(run: TrainingRun) -> dict[str, Sequence[EpochRecord]]:
    """Return the epochs of a run, by the names of its curves."""
    return {curve.name: curve.records for curve in run.curves}


def epochs_of_runs(runs: Iterable[TrainingRun]) -> dict[str, Sequence[EpochRecord]]:
    """Return the epochs of several runs, by the name of the run and, if it has folds, of the fold."""
    return {
        f"{run.name}, {curve.name}" if len(run.curves) > 1 else run.name: curve.records
        for run in runs
        for curve in run.curves
    }


def write_log(curves: Mapping[str, Sequence[EpochRecord]], path: Path) -> None:
    """Write one row per epoch.

    Parameters
    ----------
    curves
        Epochs by the name of the run or fold.
    path
        The CSV file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    rows = [{"run": name} | _flat(record) for name, records in curves.items() for record in records]
    with atomic_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0] if rows else ["run"])  # no rows: all weights were finished before
        writer.writeheader()
        writer.writerows(rows)


def _flat(record: EpochRecord) -> dict[str, Any]:
    """Put the figures of both splits beside the others."""
    content = asdict(record)
    splits = {f"{split}_{name}": value for split in ("train", "val") for name, value in content.pop(split).items()}
    return content | splits
