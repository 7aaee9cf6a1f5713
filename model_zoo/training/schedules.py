"""The optimizer and the learning-rate schedules."""

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

_WARMUP_START = 0.01
"""Learning rate at the start of a warm-up, as a fraction of the maximum."""


def make_optimizer(parameters: Iterable[Parameter], config: TrainConfig) -> AdamW:
    """Return AdamW (Loshchilov & Hutter 2019) with the learning rate and weight decay of a config."""
    return AdamW(parameters, lr=config.lr, weight_decay=config.weight_decay)


def make_schedule(optimizer: Optimizer, config: TrainConfig, n_steps: int) -> LRScheduler | None:
    """Return the scheduler that is stepped after each batch; None for ``plateau``, which :class:`Plateau` handles.

    ``one_cycle`` is PyTorch's OneCycleLR with its defaults: a rise over 30 % of the steps, then a decay, both along a
    cosine (Smith & Topin 2019). ``cosine`` is a linear warm-up, then a cosine decay to 0 (Loshchilov & Hutter 2017).

    Parameters
    ----------
    optimizer
        The optimizer.
    config
        Settings.
    n_steps
        Number of optimizer steps of all epochs.
    """
    if config.schedule == "plateau":
        return None
    if config.schedule == "one_cycle":
        return OneCycleLR(optimizer, config.lr, total_steps=n_steps)
    n_warmup = min(config.warmup_epochs * n_steps // config.epochs, n_steps - 1)
    decay = CosineAnnealingLR(optimizer, n_steps - n_warmup)
    if not n_warmup:
        return decay
    warmup = LinearLR(optimizer, _WARMUP_START, total_iters=n_warmup)
    return SequentialLR(optimizer, [warmup, decay], [n_warmup])


class Plateau(pl.Callback):
    """Multiply the learning rate by 0.1 when the validation nrmse reaches a plateau (ReduceLROnPlateau).

    This is a callback because Lightning steps ReduceLROnPlateau after the epoch's checkpoint is saved; the checkpoint
    would lack the last step of the scheduler.

    Parameters
    ----------
    patience
        Number of epochs without a lower validation nrmse that are tolerated.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._saved: dict[str, Any] = {}
        self._schedule: ReduceLROnPlateau | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Create the scheduler for the optimizer, with the state of a resumed run."""
        del pl_module
        self._schedule = ReduceLROnPlateau(trainer.optimizers[0], patience=self._patience)
        self._schedule.load_state_dict(self._saved)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Step the scheduler with the validation nrmse of the epoch."""
        del pl_module
        if self._schedule is not None:
            self._schedule.step(trainer.callback_metrics["val_nrmse"])

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the scheduler."""
        return self._schedule.state_dict() if self._schedule else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Store the state until the optimizer exists."""
        self._saved = state_dict
