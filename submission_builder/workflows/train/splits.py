"""Split the windows of a run by subject."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_zoo.training.splits import fold_subjects, split_subjects
from submission_builder.base.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from submission_builder.protocol.windows import WindowTable
    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.run_spec import RunSpec


@dataclass(frozen=True)
class Splits:
    """The windows of one net by their use; no two splits share a subject."""

    train: WindowTable
    val: WindowTable
    """Selects the best epoch."""
    baseline: WindowTable
    """Windows whose targets the baselines may use: the training split, in a cross-validation with validation."""
    test: WindowTable | None = None
    """Release that is scored at the end."""
    fold: WindowTable | None = None
    """Held-out subjects of a cross-validation, scored at the end."""

    @property
    def fitted_subjects(self) -> NDArray[np.str_]:
        """Subject of each window that trains the net or selects its epoch."""
        return np.concatenate([self.train.subject, self.val.subject])

    def tables(self) -> dict[str, WindowTable]:
        """Return the windows of each split, by its key in a card."""
        tables = {"train": self.train, "val": self.val, "test": self.test, "fold": self.fold}
        return {key: table for key, table in tables.items() if table is not None}

    def reported(self) -> dict[str, WindowTable]:
        """Return the splits whose predictions the result holds: of a fold, its held-out subjects alone."""
        return self.tables() if self.fold is None else {"fold": self.fold}


def split_run(spec: RunSpec, data: TrainingData) -> Splits:
    """Separate training from validation: a release of its own, or a share of the training subjects."""
    if data.val is not None:
        train, val = data.train, data.val
    else:
        train, val = split_subjects(data.train, spec.config.val_share, spec.config.seed)
    return Splits(train, val, baseline=train, test=data.test)


def split_folds(spec: RunSpec, data: TrainingData) -> tuple[Splits, ...]:
    """Hold out each subject once; of the others, a share selects the epoch.

    Raises
    ------
    ReleaseError
        If there are too few subjects.
    """
    folds, config = [], spec.config
    for name, (rest, held_out) in zip(spec.net_names, fold_subjects(data.train, config.folds or 0), strict=True):
        with errors_of(name):
            train, val = split_subjects(rest, config.val_share, config.seed)
        folds.append(Splits(train, val, baseline=rest, test=data.test, fold=held_out))
    return tuple(folds)


@contextmanager
def errors_of(fold: str) -> Iterator[None]:
    """Name the fold in errors about its windows."""
    try:
        yield
    except ReleaseError as error:
        raise ReleaseError(f"{fold}: {error}") from error
