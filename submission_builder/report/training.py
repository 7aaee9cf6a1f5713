"""A training run in the terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.report.marks import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from model_zoo.checkpoint import Checkpoint
    from model_zoo.training.record import EpochRecord
    from submission_builder.training_run.data import Loaded
    from submission_builder.training_run.folds import CrossValidated


def show_loaded(loaded: Sequence[Loaded], console: Console) -> None:
    """Print what is trained on, and every recording left out."""
    for item in loaded:
        name = marked(item.release.name, simulated=item.release.simulated)
        console.print(f"{name}: {len(item.table):,} windows, {item.table.n_subjects:,} subjects", highlight=False)
        if item.left_out:
            console.print(f"  {len(item.left_out)} recording(s) left out:", highlight=False)
        for left_out in item.left_out:
            console.print(f"  {left_out}", style="dim", highlight=False, soft_wrap=True)


def show_epoch(console: Console, record: EpochRecord) -> None:
    """Print the figures of an epoch."""
    train, val = (f"{_points(one.nrmse)} (spread {_percent(one.spread)})" for one in (record.train, record.val))
    console.print(
        f"epoch {record.epoch:3d}   loss {record.train_loss:.4f}   nrmse train {train}   val {val}",
        highlight=False,
        soft_wrap=True,
    )


def show_fold(console: Console, number: int, n_folds: int) -> None:
    """Print which fold comes."""
    console.print(f"fold {number} of {n_folds}", style="bold", highlight=False)


def show_folds(result: CrossValidated, console: Console) -> None:
    """Print the scores of a cross-validation."""
    card = result.folds[0].checkpoint.card
    simulated = any(data["simulated"] for data in card.data)
    title = marked(f"{card.architecture}, {len(result.folds)} folds by subject", simulated=simulated)
    table = Table("fold", "nrmse", "95 % interval", "windows", "subjects", title=title, title_justify="left")
    rows = [(fold.checkpoint.weights.name, fold.score) for fold in result.folds]
    for name, score in [*rows, ("out of fold, pooled", result.score)]:
        interval = _interval(score.interval)
        table.add_row(name, _points(score.nrmse), interval, f"{score.n_windows:,}", f"{score.n_subjects:,}")
        if score.reason:
            console.print(f"{name}: {score.reason}", highlight=False, soft_wrap=True)
    console.print(table)
    spread = result.mean_and_std()
    if spread:
        console.print("mean of the folds {:.5f} ± {:.5f} (std)".format(*spread), highlight=False)
    console.print("No fold chose its own epoch: other subjects did.", style="dim")


def show_trained(checkpoint: Checkpoint, console: Console) -> None:
    """Print the scores of a checkpoint and the command that packs it."""
    card = checkpoint.card
    title = marked(card.name, simulated=any(data["simulated"] for data in card.data))
    table = Table("side", "nrmse", "95 % interval", "windows", "subjects", title=title, title_justify="left")
    for side, score in card.scores.items():
        interval = _interval(score["interval"])
        table.add_row(side, _points(score["nrmse"]), interval, f"{score['n_windows']:,}", f"{score['n_subjects']:,}")
    console.print(table)
    console.print("The val side chose the epoch; only a test side (--test) is untouched.", style="dim")
    console.print(f"{card.summary}", highlight=False, soft_wrap=True)
    path = shlex.quote(str(checkpoint.weights))
    choices = {1: f"--c1 {path} --c2 constant:0", 2: f"--c1 constant:1.6 --c2 {path}"}[card.challenge]
    console.print(f"next: subpack build {choices}", highlight=False, soft_wrap=True)


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:.5f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _interval(ends: Sequence[float] | None) -> str:
    return "{:.3f} to {:.3f}".format(*ends) if ends else "–"
