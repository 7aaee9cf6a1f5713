"""After each epoch: score both sides, keep the best weights, stop in time, and keep what a resumed run needs."""

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
    """Score, choose and keep.

    Parameters
    ----------
    patience
        Epochs without a better validation nrmse after which training stops.
    report
        Told of each epoch.
    state
        File that everything is kept in after each epoch, whole or not at all; None keeps nothing.

    Attributes
    ----------
    records
        One an epoch.
    best
        Weights of the epoch with the best validation nrmse, on the CPU.
    """

    def __init__(self, patience: int, report: EpochReport, state: Path | None) -> None:
        self._patience, self._report, self._state = patience, report, state
        self.records: list[EpochRecord] = []
        self.best: dict[str, Tensor] = {}
        self._weights: dict[str, Tensor] = {}
        self._predictions: list[list[tuple[Tensor, Tensor]]] = [[], []]
        self._sides: list[SplitMetrics] = []

    @property
    def best_epoch(self) -> int:
        """Epoch with the best validation nrmse, counted from 1; the first of equals."""
        return int(np.argmin([_or_worst(record.val.nrmse) for record in self.records])) + 1

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell again of the epochs of an interrupted run, and do not go on with one that had ended."""
        del pl_module
        for record in self.records:
            self._report(record)
        self._stop_in_time(trainer)

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take a copy of the weights that are scored: with a running mean, these are not the ones that train."""
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
        """Score both sides over all windows of all processes."""
        self._sides = [split_metrics(*_gathered(trainer, predictions)) for predictions in self._predictions]
        self._predictions = [[], []]
        pl_module.log("val_nrmse", _or_worst(self._sides[0].nrmse))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the epoch, and keep what has to be kept."""
        del pl_module
        val, train = self._sides
        lr = float(trainer.optimizers[0].param_groups[0]["lr"])
        loss = float(trainer.callback_metrics["train_loss"])
        self.records.append(EpochRecord(trainer.current_epoch + 1, lr, loss, train, val))
        if self.best_epoch == len(self.records):
            self.best = self._weights
        self._stop_in_time(trainer)
        if self._state is not None:
            trainer.save_checkpoint(self._state)
        self._report(self.records[-1])

    def state_dict(self) -> dict[str, Any]:
        """Hand over what a resumed run goes on from, beside what Lightning keeps."""
        return {"records": [asdict(record) for record in self.records], "best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from it."""
        self.records = [EpochRecord.from_dict(record) for record in state_dict["records"]]
        self.best = state_dict["best"]

    def _stop_in_time(self, trainer: pl.Trainer) -> None:
        if self.records and len(self.records) - self.best_epoch >= self._patience:
            trainer.should_stop = True


class AtomicCheckpointIO(TorchCheckpointIO):
    """Write Lightning's checkpoints whole or not at all: a kill or a full disk leaves the previous one.

    Parameters
    ----------
    fingerprint
        What is kept beside the state, to know the run again by.
    """

    def __init__(self, fingerprint: dict[str, Any]) -> None:
        super().__init__()
        self._fingerprint = fingerprint

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write one."""
        del storage_options
        content = io.BytesIO()  # torch itself reports a full disk as an internal error
        torch.save(checkpoint | {"fingerprint": self._fingerprint}, content)
        with atomic_file(Path(path)) as part:
            part.write_bytes(content.getbuffer())


def _or_worst(nrmse: float | None) -> float:
    return np.inf if nrmse is None else nrmse


def _gathered(
    trainer: pl.Trainer, predictions: list[tuple[Tensor, Tensor]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Targets and predictions of all processes."""
    parts = [predictions]
    if trainer.world_size > 1:
        parts = [[] for _ in range(trainer.world_size)]
        torch.distributed.all_gather_object(parts, predictions)
    target, prediction = (torch.cat(values).numpy() for values in zip(*chain(*parts), strict=True))
    return target, prediction
