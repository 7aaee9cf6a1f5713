"""``subpack train``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from submission_builder.cli.numbers import FiniteRange

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("architecture")
@click.option("--challenge", type=click.IntRange(1, 2), required=True, help="1: response time, 2: externalizing.")
@click.option("--data", type=_FOLDER, multiple=True, required=True, help="Release folder; may be given again.")
@click.option("--test", "test_folder", type=_FOLDER, help="Release that is scored at the end and never trained on.")
@click.option("--tag", help="Name of these weights.  [default: cN-seedS]")
@click.option("-o", "--output", type=_FOLDER, default=Path("runs"), show_default=True, help="Folder for the weights.")
@click.option("--epochs", type=click.IntRange(min=1), default=50, show_default=True, help="At most this many.")
@click.option("--patience", type=click.IntRange(min=1), default=10, show_default=True, help="Epochs without gain.")
@click.option("--batch-size", type=click.IntRange(min=2), default=32, show_default=True, help="Windows a step.")
@click.option("--lr", type=FiniteRange(min=0, min_open=True), default=1e-3, show_default=True, help="Step size.")
@click.option("--weight-decay", type=FiniteRange(min=0), default=1e-4, show_default=True, help="Of AdamW.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of split, weights and order.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where it trains.",
)
@click.option("--force", is_flag=True, help="Replace weights of the same name.")
def train(
    architecture: str,
    challenge: int,
    data: tuple[Path, ...],
    test_folder: Path | None,
    tag: str | None,
    output: Path,
    epochs: int,
    patience: int,
    batch_size: int,
    lr: float,
    weight_decay: float,
    seed: int,
    device: str,
    force: bool,
) -> None:
    """Train an architecture, split by subject.

    ARCHITECTURE is trained on release folders; its weights are written with a card that says what they rest on.
    """
    from rich.console import Console

    from model_zoo.registry import architecture as look_up
    from model_zoo.training.config import TrainConfig
    from submission_builder.cli.progress import progress_bars
    from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
    from submission_builder.releases.cache import cache_folder
    from submission_builder.report.training import show_epoch, show_loaded, show_trained
    from submission_builder.training_run import load, require_ready
    from submission_builder.training_run import train as run

    row, spec = look_up(architecture, challenge), PROFILES[DEFAULT_PROFILE].challenges[challenge]
    tag = tag or f"c{challenge}-seed{seed}"
    require_ready(row, tag, output, device=device, force=force)
    console = Console()
    with progress_bars() as progress:
        loaded = [load(folder, spec, cache_folder(), progress) for folder in data]
        tested = load(test_folder, spec, cache_folder(), progress) if test_folder else None
    show_loaded([*loaded, tested] if tested else loaded, console)
    config = TrainConfig(
        epochs=epochs, patience=patience, batch_size=batch_size, lr=lr, weight_decay=weight_decay, seed=seed
    )
    report = partial(show_epoch, console)
    checkpoint = run(row, tag, loaded, tested, config, output, device=device, report=report)
    show_trained(checkpoint, console)
