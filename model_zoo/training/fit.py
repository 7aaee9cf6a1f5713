"""Fit a net to window tables with PyTorch Lightning."""

from __future__ import annotations

import hashlib
import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EMAWeightAveraging
from pytorch_lightning.utilities import rank_zero_only
from torch import nn

from model_zoo.nets.spectral_ridge import SpectralRidge
from model_zoo.training.closed_form import solve
from model_zoo.training.dataset import WindowDataset
from model_zoo.training.epochs import AtomicCheckpointIO, Epochs
from model_zoo.training.loaders import PREDICT_BATCH, train_loader, val_loaders
from model_zoo.training.losses import make_loss
from model_zoo.training.module import TrainingModule
from model_zoo.training.order import OrderedBatches
from model_zoo.training.record import EpochRecord, split_metrics
from model_zoo.training.schedules import Plateau
from model_zoo.training.splits import require_disjoint, require_varying_targets
from submission_builder.base.errors import ScoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from model_zoo.training.config import TrainConfig
    from model_zoo.training.record import EpochReport
    from model_zoo.training.resume_state import ResumeState
    from submission_builder.protocol.windows import WindowReader, WindowTable


@dataclass(frozen=True)
class Fitted:
    """A trained net and its epochs."""

    net: nn.Module
    """The net with the weights of its best epoch, in eval mode, on the CPU."""
    best_epoch: int
    """Number of the epoch with the lowest validation nrmse, counted from 1."""
    records: tuple[EpochRecord, ...]
    """One record for each epoch."""


def fit(
    build: Callable[[], nn.Module],
    train: WindowTable,
    val: WindowTable,
    reader: WindowReader,
    config: TrainConfig,
    *,
    report: EpochReport,
    state: ResumeState | None = None,
) -> Fitted:
    """Train a net, and return it with the weights of the epoch that has the lowest validation nrmse.

    Parameters
    ----------
    build
        Returns the net; called once, after the random seed is set.
    train, val
        Training and validation windows, of disjoint subjects.
    reader
        Reads the signals of the windows.
    config
        Settings.
    report
        Called with the record of each epoch. A resumed run reports its earlier epochs again.
    state
        File to resume from and to save the state to after each epoch; None saves nothing.

    Raises
    ------
    ReleaseError
        If the splits share a subject, all validation targets are equal, or there are too few windows.
    ScoreError
        If training diverged.
    CheckpointError
        If the state belongs to another run.
    OutputError
        If the state cannot be written; the state of the previous epoch remains.
    """
    require_disjoint(("the training split", train), ("the validation split", val))
    require_varying_targets(val)
    fingerprint = _fingerprint(train, val, config)
    n_finished = state.n_finished(fingerprint) if state else 0
    with _quiet_lightning():
        pl.seed_everything(config.seed, verbose=False)
        net = build()
        if isinstance(net, SpectralRidge):
            return _fit_in_closed_form(net, train, val, reader, report)
        init_output_bias(net, float(train.target.mean()))
        module = TrainingModule(net, config, make_loss(config, net, float(train.target.std()) or 1.0))
        epochs = Epochs(config.patience, report, state.path if state else None)
        trainer = _trainer(config, epochs, fingerprint)
        loaders = (
            train_loader(train, reader, config, trainer, n_finished),
            val_loaders(train, val, reader, config, trainer),
        )
        try:
            trainer.fit(module, *loaders, ckpt_path=state.path if state and n_finished else None, weights_only=True)
        except ScoreError as error:
            raise ScoreError(f"training diverged: {error}", hint="try a lower --lr") from error
        except SystemExit as error:
            if isinstance(error.__context__, KeyboardInterrupt):  # Lightning turns it into SystemExit
                raise KeyboardInterrupt from error
            raise
        module.net.load_state_dict(epochs.best)
        return Fitted(module.net.cpu().eval(), epochs.best_epoch, tuple(epochs.records))


def _fit_in_closed_form(
    net: SpectralRidge, train: WindowTable, val: WindowTable, reader: WindowReader, report: EpochReport
) -> Fitted:
    """Fit a ridge regression, and report it as a single epoch."""
    solve(net.eval(), train, reader)
    train_predictions, val_predictions = (predict(net, table, reader).astype(np.float32) for table in (train, val))
    loss = np.mean((train_predictions - train.target) ** 2) / (float(train.target.var()) or 1.0)
    metrics = split_metrics(train.target, train_predictions), split_metrics(val.target, val_predictions)
    record = EpochRecord(1, 0.0, float(loss), *metrics)
    report(record)
    return Fitted(net, 1, (record,))


def cuda_is_available() -> bool:
    """Whether PyTorch finds a CUDA device."""
    return torch.cuda.is_available()


def is_rank_zero() -> bool:
    """Whether this process has rank 0; with DDP, only that process prints and writes files."""
    return bool(getattr(rank_zero_only, "rank", 0) == 0)


def init_output_bias(net: nn.Module, mean: float) -> None:
    """Initialise the output bias with the mean of the targets, so that an untrained net predicts about that mean.

    Parameters
    ----------
    net
        If the net has a method ``init_output_bias``, it is called. Otherwise the bias of the last layer with one output
        is set; a net without such a layer is not changed.
    mean
        Mean of the training targets, in their unit.
    """
    method = getattr(net, "init_output_bias", None)
    if method is not None:
        method(mean)
        return
    linear = (nn.Linear, nn.Conv1d, nn.Conv2d)
    layers = [module for module in net.modules() if isinstance(module, linear) and len(module.weight) == 1]
    biases = [layer.bias for layer in layers if layer.bias is not None]
    if biases:
        nn.init.constant_(biases[-1], mean)


def predict(net: nn.Module, table: WindowTable, reader: WindowReader) -> NDArray[np.float64]:
    """Return the predictions of a net for all windows of a table.

    Parameters
    ----------
    net
        The net, in eval mode, on the CPU.
    table, reader
        The windows, and the reader of their signals.

    Shape
    -----
    Output: ``(n_windows,)``
    """
    windows = WindowDataset(table, reader)
    batches = OrderedBatches(np.arange(len(table)), PREDICT_BATCH)
    with torch.inference_mode():
        predictions = [net(windows[batch][0]).flatten().numpy() for batch in batches]
    return np.concatenate([*predictions, np.empty(0)]).astype(np.float64)


def _trainer(config: TrainConfig, epochs: Epochs, fingerprint: dict[str, Any]) -> pl.Trainer:
    ema = [EMAWeightAveraging(decay=config.ema_decay)] if config.ema_decay else []
    plateau = [Plateau(config.plateau_epochs)] if config.schedule == "plateau" else []
    return pl.Trainer(
        accelerator={"cuda": "gpu"}.get(config.device, config.device),
        devices=config.devices,
        num_nodes=config.nodes,
        strategy="ddp" if config.n_processes > 1 else "auto",
        sync_batchnorm=config.n_processes > 1 and config.device != "cpu" and cuda_is_available(),
        precision=config.precision,
        max_epochs=config.epochs,
        callbacks=[*ema, *plateau, epochs],
        plugins=[AtomicCheckpointIO(fingerprint)],
        gradient_clip_val=config.clip,
        deterministic="warn",
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _fingerprint(train: WindowTable, val: WindowTable, config: TrainConfig) -> dict[str, Any]:
    """Return the settings and a digest of the windows; a state is resumed only if they are equal."""
    digest = hashlib.sha256()
    for table in (train, val):
        for values in (table.recording, table.start, table.target, table.subject):
            digest.update(np.ascontiguousarray(values).tobytes())
    return {
        **config.model_dump(mode="json", exclude={"workers", "train", "val", "test"}),
        "windows": digest.hexdigest(),
    }


class _quiet_lightning(warnings.catch_warnings):  # noqa: N801 - used as a function
    """Hide Lightning's log messages and warnings, which would interrupt the table of epochs."""

    def __enter__(self) -> None:
        super().__enter__()
        for name in ("pytorch_lightning", "lightning_fabric"):
            logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", module="lightning_fabric")
        warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
