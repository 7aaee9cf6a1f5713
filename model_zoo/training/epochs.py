"""Callback at the end of each epoch: validation metrics, best weights, early stopping and the state to resume from."""

from __future__ import annotations

import io
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from model_zoo.training.record import EpochRecord, EpochReport, SplitMetrics, split_metrics
from submission_builder.base.atomic import atomic_file

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


class Epochs(pl.Callback):
    """Record the metrics of each epoch, keep the best weights and stop early.

    The name of this class is a key of saved states.

    Parameters
    ----------
    patience
        Early stopping: number of epochs without a lower validation nrmse.
    report
        Called with the record of each epoch.
    state
        File that the state of the run is saved to after each epoch; None saves nothing.

    Attributes
    ----------
    records
        One record for each epoch.
    best
        ``state_dict`` of the epoch with the lowest validation nrmse, on the CPU.
    """

    def __init__(self, patience: int, report: EpochReport, state: Path | None) -> None:
        self._patience, self._report, self._state = patience, report, state
        self.records: list[EpochRecord] = []
        self.best: dict[str, Tensor] = {}
        self._weights: dict[str, Tensor] = {}
        self._predictions: list[list[tuple[Tensor, Tensor]]] = [[], []]
        self._metrics: list[SplitMetrics] = []

    @property
    def best_epoch(self) -> int:
        """Number of the epoch with the lowest validation nrmse, counted from 1; the first one if several are equal."""
        return int(np.argmin([_or_inf(record.val.nrmse) for record in self.records])) + 1

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report the epochs of a resumed run again, and stop at once if it had already stopped early."""
        del pl_module
        for record in self.records:
            self._report(record)
        self._stop_early(trainer)

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Copy the weights that are validated; with EMA, these are the averaged weights."""
        del trainer
        self._weights = {
            key: value.detach().cpu().clone() for key, value in pl_module.get_submodule("net").state_dict().items()
        }

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect targets and predictions."""
        del trainer, pl_module, batch, batch_idx
        self._predictions[dataloader_idx].append(tuple(values.cpu() for values in outputs))

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Compute the metrics of both splits over the windows of all processes."""
        self._metrics = [split_metrics(*_gather(trainer, predictions)) for predictions in self._predictions]
        self._predictions = [[], []]
        pl_module.log("val_nrmse", _or_inf(self._metrics[0].nrmse))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the epoch, keep its weights if they are the best, and save the state."""
        del pl_module
        val, train = self._metrics
        lr = float(trainer.optimizers[0].param_groups[0]["lr"])
        loss = float(trainer.callback_metrics["train_loss"])
        self.records.append(EpochRecord(trainer.current_epoch + 1, lr, loss, train, val))
        if self.best_epoch == len(self.records):
            self.best = self._weights
        self._stop_early(trainer)
        if self._state is not None:
            trainer.save_checkpoint(self._state)
        self._report(self.records[-1])

    def state_dict(self) -> dict[str, Any]:
        """Return the records and the best weights, which Lightning saves in its checkpoint."""
        return {"records": [asdict(record) for record in self.records], "best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the records and the best weights of a resumed run."""
        self.records = [EpochRecord.from_dict(record) for record in state_dict["records"]]
        self.best = state_dict["best"]

    def _stop_early(self, trainer: pl.Trainer) -> None:
        if self.records and len(self.records) - self.best_epoch >= self._patience:
            trainer.should_stop = True


class AtomicCheckpointIO(TorchCheckpointIO):
    """Write Lightning's checkpoints atomically: after a kill or on a full disk, the previous checkpoint remains.

    Parameters
    ----------
    fingerprint
        Identifies the run; it is saved with each checkpoint.
    """

    def __init__(self, fingerprint: dict[str, Any]) -> None:
        super().__init__()
        self._fingerprint = fingerprint

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint together with the fingerprint of the run."""
        del storage_options
        content = io.BytesIO()  # torch.save to a file reports a full disk as an internal error
        torch.save(checkpoint | {"fingerprint": self._fingerprint}, content)
        with atomic_file(Path(path)) as part:
            part.write_bytes(content.getbuffer())


def _or_inf(nrmse: float | None) -> float:
    return np.inf if nrmse is None else nrmse


def _gather(
    trainer: pl.Trainer, predictions: list[tuple[Tensor, Tensor]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the targets and predictions of all processes."""
    parts = [predictions]
    if trainer.world_size > 1:
        parts = [[] for _ in range(trainer.world_size)]
        torch.distributed.all_gather_object(parts, predictions)
    target, prediction = (torch.cat(values).numpy() for values in zip(*chain(*parts), strict=True))
    return target, prediction
