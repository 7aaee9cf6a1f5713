"""The Lightning module: a net, its loss and the official score on the validation side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytorch_lightning as pl
import torch
from torch import nn

from submission_builder.protocol.metrics import nrmse

if TYPE_CHECKING:
    from pytorch_lightning.utilities.types import OptimizerLRScheduler

    from model_zoo.training.config import TrainConfig

    Batch = tuple[torch.Tensor, torch.Tensor]


class Regression(pl.LightningModule):
    """Train a net on the squared error of its answers.

    Parameters
    ----------
    net
        What is trained.
    config
        Settings of the optimiser.
    target_std
        Spread of the training targets; the loss is divided by its square, so that a learning rate means the
        same for seconds and for factor scores.
    """

    def __init__(self, net: nn.Module, config: TrainConfig, target_std: float) -> None:
        super().__init__()
        self.net, self._config, self._target_std = net, config, target_std
        self._answers: list[torch.Tensor] = []
        self._targets: list[torch.Tensor] = []

    def training_step(self, batch: Batch, batch_index: int) -> torch.Tensor:
        """Squared error in units of the training targets' variance."""
        del batch_index
        windows, target = batch
        loss = nn.functional.mse_loss(self.net(windows), target) / self._target_std**2
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Collect answers; the score is taken over all windows at once."""
        del batch_index
        windows, target = batch
        self._answers.append(self.net(windows).flatten().cpu())
        self._targets.append(target.flatten().cpu())

    def on_validation_epoch_end(self) -> None:
        """Log the official nrmse."""
        answers, targets = torch.cat(self._answers).numpy(), torch.cat(self._targets).numpy()
        self._answers.clear()
        self._targets.clear()
        self.log("val_nrmse", nrmse(targets, answers), prog_bar=True)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW under a one-cycle schedule: a warm-up, then a cosine over all epochs (Smith & Topin 2019)."""
        optimiser = torch.optim.AdamW(self.parameters(), lr=self._config.lr, weight_decay=self._config.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self._config.lr, total_steps=steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
