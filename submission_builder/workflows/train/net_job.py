"""One net to train, and the result of its training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.checkpoint import weights_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from model_zoo.checkpoint import Checkpoint
    from model_zoo.training.record import EpochRecord
    from submission_builder.workflows.train.run_spec import RunSpec
    from submission_builder.workflows.train.split_scores import SplitScores
    from submission_builder.workflows.train.splits import Splits


@dataclass(frozen=True)
class NetJob:
    """One net to train: that of a run, or that of a fold."""

    spec: RunSpec
    splits: Splits
    tag: str
    """Tag of its weights."""
    name: str
    """Name in progress reports."""
    label: str
    """Name in the result: ``epochs``, or ``fold 1`` and so on."""

    def weights(self, folder: Path) -> Path:
        """Return the weights file."""
        return weights_path(folder, self.spec.architecture.name, self.tag)


@dataclass(frozen=True)
class Curve:
    """The learning curve of one net."""

    name: str
    """``epochs``, or the name of the fold."""
    records: tuple[EpochRecord, ...]
    """Figures of each epoch; empty where finished weights were reused."""
    best_epoch: int
    """Epoch of the weights, counted from 1."""

    def to_dict(self) -> dict[str, Any]:
        """Return the curve in a form that JSON can hold."""
        epochs = [asdict(record) for record in self.records]
        for epoch in epochs:
            epoch["train_loss"] = epoch["train_loss"] if np.isfinite(epoch["train_loss"]) else None
        return {"name": self.name, "best_epoch": self.best_epoch, "epochs": epochs}


@dataclass(frozen=True)
class TrainedNet:
    """The checkpoint of a net, its curve and its scores."""

    checkpoint: Checkpoint
    curve: Curve
    scores: Mapping[str, SplitScores]
    """By the split's key in a card."""
