"""The Lightning module: a net, its loss and its draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch

from model_zoo.training.augmentation import augment
from model_zoo.training.schedules import make_optimiser, make_schedule

if TYPE_CHECKING:
    from pytorch_lightning.utilities.types import OptimizerLRScheduler
    from torch import Tensor, nn

    from model_zoo.training.config import TrainConfig
    from model_zoo.training.losses import Loss

    Windows = tuple[Tensor, Tensor]


class TrainingModule(pl.LightningModule):
    """Train a net.

    What a step draws is a function of seed, epoch, step and process, so that a run that goes on after an interruption
    draws what it would have drawn without one.

    Parameters
    ----------
    net
        What is trained.
    config
        Settings.
    loss
        What is made small.
    """

    def __init__(self, net: nn.Module, config: TrainConfig, loss: Loss) -> None:
        super().__init__()
        self.net, self._config, self._loss = net, config, loss

    def training_step(self, batch: Windows, batch_index: int) -> Tensor:
        """Augment windows and compare the predictions to them."""
        rng = np.random.default_rng([self._config.seed, self.current_epoch, batch_index, self.global_rank])
        torch.manual_seed(int(rng.integers(2**63)))
        X, target = augment(*batch, self._config, rng)
        loss = self._loss(self.net, X, target, self.current_epoch)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(X), sync_dist=True)
        return loss

    def validation_step(self, batch: Windows, batch_index: int, dataloader_idx: int = 0) -> Any:
        """Hand targets and predictions to whoever scores them over all windows at once."""
        del batch_index, dataloader_idx
        X, target = batch
        return target.flatten(), self.net(X).flatten().float()

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW and the config's schedule."""
        optimiser = make_optimiser(self.parameters(), self._config)
        schedule = make_schedule(optimiser, self._config, int(self.trainer.estimated_stepping_batches))
        if schedule is None:
            return optimiser
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
