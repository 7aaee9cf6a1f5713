"""A training run in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import Console

    from model_zoo.checkpoint import Checkpoint
    from submission_builder.training_run import Loaded


def show_loaded(loaded: Sequence[Loaded], console: Console) -> None:
    """Print what is trained on, and every recording left out."""
    for item in loaded:
        simulated = "SIMULATED · " if item.release.simulated else ""
        console.print(
            f"{simulated}{item.release.name}: {len(item.table):,} windows, {item.table.n_subjects:,} subjects",
            highlight=False,
        )
        if item.left_out:
            console.print(f"  {len(item.left_out)} recording(s) left out:", highlight=False)
        for left_out in item.left_out:
            console.print(f"  {left_out}", style="dim", highlight=False, soft_wrap=True)


class EpochTable:
    """A table that grows by a row an epoch; lines where the output is no terminal.

    Parameters
    ----------
    console
        Where it is printed.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._table = Table("epoch", "train loss", "val nrmse", title="training", title_justify="left")
        self._live = Live(self._table, console=console, auto_refresh=False, vertical_overflow="visible")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def __call__(self, epoch: int, train_loss: float, val_nrmse: float) -> None:
        """Add an epoch."""
        row = f"{epoch}", f"{train_loss:.4f}", f"{val_nrmse:.5f}"
        if self._console.is_terminal:
            self._table.add_row(*row)
            self._live.refresh()
        else:
            self._console.print("epoch {}: train loss {}, val nrmse {}".format(*row), highlight=False)


def show_trained(checkpoint: Checkpoint, console: Console) -> None:
    """Print the scores of a checkpoint and the command that packs it."""
    card = checkpoint.card
    simulated = "SIMULATED · " if any(data["simulated"] for data in card.data) else ""
    table = Table(
        "side",
        "nrmse",
        "95 % interval",
        "windows",
        "subjects",
        title=f"{simulated}{card.name}",
        title_justify="left",
    )
    for side, score in card.scores.items():
        interval = "{:.3f} to {:.3f}".format(*score["interval"]) if score["interval"] else "–"
        value = "–" if score["nrmse"] is None else f"{score['nrmse']:.5f}"
        table.add_row(side, value, interval, f"{score['n_windows']:,}", f"{score['n_subjects']:,}")
    console.print(table)
    console.print("The val side chose the epoch; only a test side (--test) is untouched.", style="dim")
    console.print(f"{card.summary}", highlight=False, soft_wrap=True)
    other = {1: "--c1 {} --c2 constant:0", 2: "--c1 constant:1.6 --c2 {}"}[card.challenge]
    console.print(f"next: subpack build {other.format(checkpoint.weights)}", highlight=False, soft_wrap=True)
