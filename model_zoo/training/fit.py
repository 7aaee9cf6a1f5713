"""Fit a net to window tables with PyTorch Lightning."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader

from model_zoo.training.module import Regression
from model_zoo.training.windows import WindowDataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_zoo.training.config import TrainConfig
    from submission_builder.protocol.windows import WindowReader, WindowTable

EpochReport = Callable[[int, float, float], None]
"""Called after each epoch with its number, the training loss and the validation nrmse."""

_ANSWER_BATCH = 64


@dataclass(frozen=True)
class Fitted:
    """A trained net.

    Attributes
    ----------
    net
        With the weights of its best epoch, in eval mode, on the CPU.
    best_epoch, n_epochs
        Counted from 1.
    """

    net: nn.Module
    best_epoch: int
    n_epochs: int


class _Tell(Callback):
    """Hand each epoch's figures to a function and remember the last epoch."""

    def __init__(self, report: EpochReport) -> None:
        self._report = report
        self.n_epochs = 0

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        del pl_module
        self.n_epochs = trainer.current_epoch + 1
        metrics = trainer.callback_metrics
        self._report(self.n_epochs, float(metrics["train_loss"]), float(metrics["val_nrmse"]))


def fit(
    build: Callable[[], nn.Module],
    train: WindowTable,
    val: WindowTable,
    reader: WindowReader,
    config: TrainConfig,
    *,
    device: str = "auto",
    report: EpochReport,
) -> Fitted:
    """Train a net and keep the epoch with the best validation nrmse.

    Parameters
    ----------
    build
        Makes the net; called once, after the seed is set.
    train, val
        Windows of disjoint subjects.
    reader
        Where the windows are read.
    config
        Settings.
    device
        ``auto``, ``cpu`` or ``cuda``.
    report
        Told of each epoch.
    """
    with _quiet(), tempfile.TemporaryDirectory(prefix="subpack-train-") as scratch:
        pl.seed_everything(config.seed, workers=True, verbose=False)
        net = build()
        start_at(net, float(train.target.mean()))
        module = Regression(net, config, float(train.target.std()) or 1.0)
        best = ModelCheckpoint(scratch, monitor="val_nrmse", mode="min", save_weights_only=True, filename="{epoch}")
        tell = _Tell(report)
        trainer = pl.Trainer(
            accelerator={"cuda": "gpu"}.get(device, device),
            devices=1,
            max_epochs=config.epochs,
            callbacks=[best, EarlyStopping("val_nrmse", patience=config.patience), tell],
            gradient_clip_val=1.0,
            deterministic="warn",
            num_sanity_val_steps=0,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, _loader(train, reader, config, shuffle=True), _loader(val, reader, config, shuffle=False))
        chosen = torch.load(best.best_model_path, map_location="cpu", weights_only=True)
        module.load_state_dict(chosen["state_dict"])
        return Fitted(module.net.cpu().eval(), int(Path(best.best_model_path).stem.split("=")[1]) + 1, tell.n_epochs)


def cuda_is_there() -> bool:
    """Whether torch finds a CUDA device."""
    return torch.cuda.is_available()


def start_at(net: nn.Module, mean: float) -> None:
    """Let an untrained net answer about the mean of the targets, so that no epoch goes into finding it.

    Parameters
    ----------
    net
        The layer that ends in one value gets `mean` as its bias; a net without such a layer is left alone.
    mean
        Of the training targets, in their unit.
    """
    linear = (nn.Linear, nn.Conv1d, nn.Conv2d)
    ends = [module.bias for module in net.modules() if isinstance(module, linear) and len(module.weight) == 1]
    biases = [bias for bias in ends if bias is not None]
    if biases:
        nn.init.constant_(biases[-1], mean)


def answer(net: nn.Module, table: WindowTable, reader: WindowReader) -> NDArray[np.float64]:
    """Ask a net in eval mode for every window of a table.

    Shape
    -----
    Output: ``(n_windows,)``
    """
    answers = []
    with torch.inference_mode():
        for windows, _ in DataLoader(WindowDataset(table, reader), batch_size=_ANSWER_BATCH):
            answers.append(net(windows).flatten().numpy())
    return np.concatenate([*answers, np.empty(0)]).astype(np.float64)


def _loader(
    table: WindowTable, reader: WindowReader, config: TrainConfig, *, shuffle: bool
) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
    """Windows in batches; a last batch of one window is dropped, as batch normalisation cannot take it."""
    dataset = WindowDataset(table, reader)
    lonely = shuffle and len(dataset) % config.batch_size == 1
    return DataLoader(dataset, batch_size=config.batch_size, shuffle=shuffle, drop_last=lonely)


class _quiet(warnings.catch_warnings):  # noqa: N801 - used as a function
    """Keep Lightning's advice on loaders and logging away from the user's table."""

    def __enter__(self) -> None:
        super().__enter__()
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
