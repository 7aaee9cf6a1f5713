"""What a training run is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; the card keeps them.

    Attributes
    ----------
    epochs
        At most this many passes over the training windows.
    patience
        Epochs without a better validation score after which training stops.
    batch_size
        Windows a step.
    lr, weight_decay
        Of AdamW; `lr` is the peak of its schedule.
    val_share
        Share of the subjects held out to choose the epoch.
    seed
        Of the split, the initial weights and the order of the windows.
    """

    epochs: int = 50
    patience: int = 10
    batch_size: int = 32
    lr: float = 1e-3
    weight_decay: float = 1e-4
    val_share: float = 0.2
    seed: int = 0
