"""``subpack tune``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import submission_builder as sb
from submission_builder.cli.job_options import job_options
from submission_builder.cli.train import TrainCommand, train_option

if TYPE_CHECKING:
    from submission_builder.workflows.tune.storage import Pruner


class TuneCommand(TrainCommand):
    """A command whose storage keeps the trials, so that it has no ``--resume``."""

    after_interrupt = "the same command continues after the last finished trial"


@click.command(cls=TuneCommand)
@click.argument("config", metavar="CONFIG")
@train_option
@click.option("--tag", help="Name of the search.  [default: cN-seedS]")
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Number of finished trials, over all processes that share the storage.",
)
@click.option(
    "--storage", help="Storage of Optuna: URL of a database, or path of a journal.  [default: runs/ARCH.TAG.journal]"
)
@click.option(
    "--pruner",
    type=click.Choice(["median", "hyperband", "none"]),
    default="median",
    show_default=True,
    help="Pruner of Optuna, which ends trials early.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Config to write.  [default: runs/ARCH.TAG-tuned.toml]",
)
@job_options("loky", "trials")
def tune(
    config: str,
    trials: int,
    storage: str | None,
    pruner: Pruner,
    output: Path | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    **settings: Any,
) -> None:
    """Search for better settings with Optuna.

    CONFIG is a TOML file for train. Its table [tune] names the settings that may change, such as
    lr = {low = 1e-4, high = 1e-2, log = true} or batch_size = {choices = [32, 64]}; arguments of the net
    are in [tune.net]. Processes with the same storage share their trials. The same command continues a search.
    """
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.console import open_console
    from submission_builder.report.search import TuningProgress, show_search

    with progress_bars() as progress:
        result = sb.tune(
            config,
            trials=trials,
            storage=storage,
            pruner=pruner,
            output=output,
            jobs=sb.Jobs(jobs, backend, scheduler),
            observer=TuningProgress(),
            progress=progress,
            **settings,
        )
    show_search(result, open_console())
