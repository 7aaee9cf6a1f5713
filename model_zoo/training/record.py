"""Metrics of one epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.protocol.metrics import nrmse

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SplitMetrics:
    """Metrics of a net in eval mode on one split."""

    nrmse: float | None
    """RMSE over the standard deviation of the targets; None if all targets are equal."""
    spread: float | None
    """Standard deviation of the predictions over that of the targets; close to 0 for constant predictions."""
    correlation: float | None
    """Pearson correlation of predictions and targets; None if either is constant."""


@dataclass(frozen=True)
class EpochRecord:
    """Metrics of one epoch."""

    epoch: int
    """Number of the epoch, counted from 1."""
    lr: float
    """Learning rate at the end of the epoch."""
    train_loss: float
    """Mean training loss over the batches of the epoch, with dropout and augmentation."""
    train: SplitMetrics
    """Metrics on the training split.

    They use evenly spaced windows, at most as many as there are validation windows; a closed-form fit uses all."""
    val: SplitMetrics
    """Metrics on the validation split, which selects the best epoch."""

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> EpochRecord:
        """Restore a record from the result of :func:`dataclasses.asdict`."""
        return cls(**{**content, "train": SplitMetrics(**content["train"]), "val": SplitMetrics(**content["val"])})


EpochReport = Callable[[EpochRecord], None]
"""Callback that receives the record of each epoch."""

JobReport = Callable[[str], EpochReport]
"""Callback that receives the name of a job (a fold or a run) when it starts, and returns its epoch callback."""


def split_metrics(target: NDArray[np.float32], prediction: NDArray[np.float32]) -> SplitMetrics:
    """Compare predictions with targets.

    Shape
    -----
    target, prediction: ``(n_windows,)``

    Raises
    ------
    ScoreError
        If a prediction is not finite.
    """
    if np.isfinite(prediction).all() and np.ptp(target) == 0:
        return SplitMetrics(None, None, None)
    score = nrmse(target, prediction)
    y, y_hat = target.astype(np.float64), prediction.astype(np.float64)
    correlation = float(np.corrcoef(y, y_hat)[0, 1]) if np.ptp(y_hat) else None
    return SplitMetrics(score, float(y_hat.std() / y.std()), correlation)
