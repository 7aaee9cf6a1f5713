"""``subpack tune``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from submission_builder.cli.job_options import job_options, jobs_for
from submission_builder.cli.train import TrainCommand, load_releases, train_option

if TYPE_CHECKING:
    from submission_builder.workflows.tune import Pruner


class TuneCommand(TrainCommand):
    """A search keeps its trials in its storage, so it has no ``--resume``."""

    goes_on = "the same command goes on after the last whole trial"


@click.command(cls=TuneCommand)
@click.argument("source", metavar="CONFIG")
@train_option
@click.option("--tag", help="Name of the search.  [default: cN-seedS]")
@click.option("--trials", type=click.IntRange(min=1), default=50, show_default=True, help="In all, over all processes.")
@click.option("--storage", help="URL of a database, or path of a journal file.  [default: runs/ARCH.TAG.journal]")
@click.option("--pruner", type=click.Choice(["median", "hyperband", "none"]), default="median", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Config to write.")
@job_options("loky")
def tune(
    source: str,
    trials: int,
    storage: str | None,
    pruner: Pruner,
    output: Path | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    **flags: Any,
) -> None:
    """Search for better settings.

    CONFIG is a TOML file for train whose table [tune] says what may change, such as
    lr = {low = 1e-4, high = 1e-2, log = true} or batch_size = {choices = [32, 64]}; arguments of the net
    stand in [tune.net]. Processes with one storage share their trials, and a search that ended early goes on.
    """
    from rich.console import Console

    from model_zoo.registry import find_architecture as look_up
    from model_zoo.training.config import read_config, run_config
    from model_zoo.training.space import read_space
    from submission_builder.base.atomic import require_writable
    from submission_builder.report.search import show_search, show_trial
    from submission_builder.report.training_terminal import show_loaded
    from submission_builder.workflows.train.preflight import require_space
    from submission_builder.workflows.tune import (
        Search,
        n_finished,
        open_study,
        search,
        seen_from_anywhere,
        write_best,
    )

    settings = read_config(source)
    table = settings.pop("tune", None)
    settings |= {name: value for name, value in flags.items() if value not in (None, ())}
    config = run_config(settings, f"config {source}")
    space = read_space(table, settings, f"config {source}")
    row, where = look_up(config.architecture, config.challenge), jobs_for(config, jobs, backend, scheduler)
    require_space(row, config, space)
    path = output or Path("runs", f"{row.name}.{config.name}-tuned.toml")
    storage = storage or str(path.with_name(f"{row.name}.{config.name}.journal"))
    if not where.serial:
        storage = seen_from_anywhere(storage)
    require_writable(path.parent)
    data, console = load_releases(config), Console()
    show_loaded(data.releases, console)
    what = Search(row, data, config, space, storage, pruner)
    if (n := n_finished(open_study(what))) >= trials:
        console.print(f"{n} trials are finished already; --trials says how many there are to be in all")
    study = search(what, trials, where, show_trial)
    show_search(study, console, simulated=any(item.release.simulated for item in data.releases))
    write_best(what, study, path)
    console.print(f"wrote {path}\nnext: subpack train --config {path}", highlight=False, soft_wrap=True)
