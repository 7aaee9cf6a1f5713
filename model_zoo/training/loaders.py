"""DataLoaders for training and validation; a sampler yields whole batches, divided among the processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import DataLoader

from model_zoo.training.dataset import WindowDataset
from model_zoo.training.order import OrderedBatches, ShuffledBatches
from submission_builder.base.errors import ReleaseError
from submission_builder.protocol.challenges import SFREQ

if TYPE_CHECKING:
    import pytorch_lightning as pl

    from model_zoo.training.config import TrainConfig
    from submission_builder.protocol.windows import WindowReader, WindowTable

PREDICT_BATCH = 64
"""Batch size for prediction without gradients."""

Loader = DataLoader[tuple[torch.Tensor, torch.Tensor]]


def train_loader(
    table: WindowTable, reader: WindowReader, config: TrainConfig, trainer: pl.Trainer, n_finished: int
) -> Loader:
    """Return the loader of the training windows, in a new random order in each epoch.

    Parameters
    ----------
    table, reader
        The training windows and the reader of their signals.
    config
        Settings.
    trainer
        Knows the rank of this process and the number of processes.
    n_finished
        Number of epochs that an earlier, interrupted run finished.

    Raises
    ------
    ReleaseError
        If there are too few windows for one batch.
    """
    batches = ShuffledBatches(
        table.recording,
        config.batch_size,
        config.seed,
        n_windows=config.epoch_windows,
        max_shift=round(config.time_shift_s * SFREQ),
        rank=trainer.global_rank,
        n_processes=trainer.world_size,
    )
    batches.set_epoch(n_finished)  # Lightning calls set_epoch only after the workers have drawn their first batches
    if not len(batches):
        raise ReleaseError(f"training needs at least 2 windows per process; there are {len(table)}")
    return _loader(table, reader, batches, config)


def val_loaders(
    train: WindowTable, val: WindowTable, reader: WindowReader, config: TrainConfig, trainer: pl.Trainer
) -> list[Loader]:
    """Return the loaders of the validation windows and of as many evenly spaced training windows."""
    n_train = min(len(train), len(val))
    rows = np.arange(len(val)), np.linspace(0, len(train) - 1, n_train).round().astype(np.int64)
    rank = {"rank": trainer.global_rank, "n_processes": trainer.world_size}
    return [
        _loader(table, reader, OrderedBatches(chosen, PREDICT_BATCH, **rank), config)
        for table, chosen in zip((val, train), rows, strict=True)
    ]


def _loader(
    table: WindowTable, reader: WindowReader, batches: ShuffledBatches | OrderedBatches, config: TrainConfig
) -> Loader:
    return DataLoader(
        WindowDataset(table, reader),
        batch_size=None,  # the sampler yields whole batches
        sampler=batches,
        num_workers=config.workers,
        persistent_workers=config.workers > 0,
    )
