"""What is known of an epoch."""

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
    """How a net in eval mode predictions one split of a split.

    Attributes
    ----------
    nrmse
        The official score; None where all targets are equal.
    spread
        Standard deviation of the predictions over that of the targets: near 0, the net predictions a constant. None where all
        targets are equal.
    correlation
        Pearson's, of predictions and targets; None where either is constant.
    """

    nrmse: float | None
    spread: float | None
    correlation: float | None


@dataclass(frozen=True)
class EpochRecord:
    """What is known of an epoch.

    Attributes
    ----------
    epoch
        Counted from 1.
    lr
        Step size at its end.
    train_loss
        Mean over its batches, as trained on: with dropout and augmentation.
    train
        The training split: as many windows as the validation split has, evenly drawn, or all where it has fewer.
    val
        The validation split, which chooses the epoch.
    """

    epoch: int
    lr: float
    train_loss: float
    train: SplitMetrics
    val: SplitMetrics

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> EpochRecord:
        """Undo :func:`dataclasses.asdict`."""
        return cls(**{**content, "train": SplitMetrics(**content["train"]), "val": SplitMetrics(**content["val"])})


EpochReport = Callable[[EpochRecord], None]
"""Called after each epoch."""

JobReport = Callable[[str], EpochReport]
"""Called where a job trains, with what it is called: hands out what is told of its epochs."""


def split_metrics(target: NDArray[np.float32], prediction: NDArray[np.float32]) -> SplitMetrics:
    """Compare predictions with targets.

    Shape
    -----
    target, prediction: ``(n_windows,)``

    Raises
    ------
    ScoreError
        If an prediction is not finite.
    """
    if np.isfinite(prediction).all() and np.ptp(target) == 0:
        return SplitMetrics(None, None, None)
    score = nrmse(target, prediction)
    y, y_hat = target.astype(np.float64), prediction.astype(np.float64)
    correlation = float(np.corrcoef(y, y_hat)[0, 1]) if np.ptp(y_hat) else None
    return SplitMetrics(score, float(y_hat.std() / y.std()), correlation)
