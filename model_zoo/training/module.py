"""The LightningModule: a net, its loss, its optimizer and its random draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch

from model_zoo.training.augmentation import augment
from model_zoo.training.schedules import make_optimizer, make_schedule

if TYPE_CHECKING:
    from pytorch_lightning.utilities.types import OptimizerLRScheduler
    from torch import Tensor, nn

    from model_zoo.training.config import TrainConfig
    from model_zoo.training.losses import Loss

    Windows = tuple[Tensor, Tensor]


class TrainingModule(pl.LightningModule):
    """Train a net.

    The random draws of a step depend only on the seed, the epoch, the step and the rank of the process. A resumed run
    therefore draws the same numbers as an uninterrupted one.

    Parameters
    ----------
    net
        The net to train.
    config
        Settings.
    loss
        The loss function.
    """

    def __init__(self, net: nn.Module, config: TrainConfig, loss: Loss) -> None:
        super().__init__()
        self.net, self._config, self._loss = net, config, loss

    def training_step(self, batch: Windows, batch_index: int) -> Tensor:
        """Augment a batch and return its loss."""
        rng = np.random.default_rng([self._config.seed, self.current_epoch, batch_index, self.global_rank])
        torch.manual_seed(int(rng.integers(2**63)))
        X, target = augment(*batch, self._config, rng)
        loss = self._loss(self.net, X, target, self.current_epoch)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(X), sync_dist=True)
        return loss

    def validation_step(self, batch: Windows, batch_index: int, dataloader_idx: int = 0) -> Any:
        """Return targets and predictions; the callback :class:`Epochs` scores those of all batches together."""
        del batch_index, dataloader_idx
        X, target = batch
        return target.flatten(), self.net(X).flatten().float()

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW and the learning-rate schedule of the config."""
        optimizer = make_optimizer(self.parameters(), self._config)
        schedule = make_schedule(optimizer, self._config, int(self.trainer.estimated_stepping_batches))
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
