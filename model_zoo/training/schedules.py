"""The optimiser and how its step size goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch.nn import Parameter

    from model_zoo.training.config import TrainConfig

_FIRST = 0.01
"""Share of the step size that a warm-up starts from."""


def make_optimiser(parameters: Iterable[Parameter], config: TrainConfig) -> AdamW:
    """AdamW (Loshchilov & Hutter 2019)."""
    return AdamW(parameters, lr=config.lr, weight_decay=config.weight_decay)


def make_schedule(optimiser: Optimizer, config: TrainConfig, n_steps: int) -> LRScheduler | None:
    """Make the schedule that moves at each step; None where the step size follows the validation score.

    Parameters
    ----------
    optimiser
        Whose step size it is.
    config
        Settings. ``one_cycle``: a rise over three tenths of all steps, then a cosine (Smith & Topin 2019).
        ``cosine``: a linear rise over the warm-up, then a cosine to 0 (Loshchilov & Hutter 2017).
    n_steps
        Of all epochs.
    """
    if config.schedule == "plateau":
        return None
    if config.schedule == "one_cycle":
        return OneCycleLR(optimiser, config.lr, total_steps=n_steps)
    rise = min(config.warmup_epochs * n_steps // config.epochs, n_steps - 1)
    fall = CosineAnnealingLR(optimiser, n_steps - rise)
    return SequentialLR(optimiser, [LinearLR(optimiser, _FIRST, total_iters=rise), fall], [rise]) if rise else fall


class Plateau(pl.Callback):
    """Divide the step size by ten where the validation nrmse rests.

    Lightning steps such a schedule after the end of an epoch, so its state would not be in what is kept there.

    Parameters
    ----------
    patience
        Epochs without gain that are borne.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._kept: dict[str, Any] = {}
        self._schedule: ReduceLROnPlateau | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the optimiser, and go on where an interrupted run ended."""
        del pl_module
        self._schedule = ReduceLROnPlateau(trainer.optimizers[0], patience=self._patience)
        self._schedule.load_state_dict(self._kept)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the score of the epoch."""
        del pl_module
        if self._schedule is not None:
            self._schedule.step(trainer.callback_metrics["val_nrmse"])

    def state_dict(self) -> dict[str, Any]:
        """Hand over what an interrupted run goes on from."""
        return self._schedule.state_dict() if self._schedule else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep it until there is an optimiser."""
        self._kept = state_dict
