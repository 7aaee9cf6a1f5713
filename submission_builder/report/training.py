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
    from submission_builder.training_run import Loaded


def show_loaded(loaded: Sequence[Loaded], console: Console) -> None:
    """Print what is trained on, and every recording left out."""
    for item in loaded:
        name = marked(item.release.name, simulated=item.release.simulated)
        console.print(f"{name}: {len(item.table):,} windows, {item.table.n_subjects:,} subjects", highlight=False)
        if item.left_out:
            console.print(f"  {len(item.left_out)} recording(s) left out:", highlight=False)
        for left_out in item.left_out:
            console.print(f"  {left_out}", style="dim", highlight=False, soft_wrap=True)


def show_epoch(console: Console, epoch: int, train_loss: float, val_nrmse: float) -> None:
    """Print the figures of an epoch."""
    console.print(f"epoch {epoch:3d}   train loss {train_loss:.4f}   val nrmse {val_nrmse:.5f}", highlight=False)


def show_trained(checkpoint: Checkpoint, console: Console) -> None:
    """Print the scores of a checkpoint and the command that packs it."""
    card = checkpoint.card
    title = marked(card.name, simulated=any(data["simulated"] for data in card.data))
    table = Table("side", "nrmse", "95 % interval", "windows", "subjects", title=title, title_justify="left")
    for side, score in card.scores.items():
        interval = "{:.3f} to {:.3f}".format(*score["interval"]) if score["interval"] else "–"
        value = "–" if score["nrmse"] is None else f"{score['nrmse']:.5f}"
        table.add_row(side, value, interval, f"{score['n_windows']:,}", f"{score['n_subjects']:,}")
    console.print(table)
    console.print("The val side chose the epoch; only a test side (--test) is untouched.", style="dim")
    console.print(f"{card.summary}", highlight=False, soft_wrap=True)
    path = shlex.quote(str(checkpoint.weights))
    choices = {1: f"--c1 {path} --c2 constant:0", 2: f"--c1 constant:1.6 --c2 {path}"}[card.challenge]
    console.print(f"next: subpack build {choices}", highlight=False, soft_wrap=True)
