"""``subpack train``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from submission_builder.cli.jobs import job_options, jobs_for

if TYPE_CHECKING:
    from rich.console import Console

    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.record import EpochRecord, EpochReport
    from submission_builder.training_run.data import Data
    from submission_builder.training_run.jobs import Jobs
    from submission_builder.training_run.judgement import Judgement

_OWN = ("architecture", "train", "net", "tag")
"""Settings whose flag is written here; those of all others are made of the config's fields."""


class TrainCommand(click.Command):
    """A command whose options are the config's fields; they are made when they are needed."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own parameters and the fields'."""
        from model_zoo.training.config import RunConfig
        from submission_builder.cli.settings import options

        *own, help_option = super().get_params(ctx)
        return [*own, *options(RunConfig, skipped=_OWN), help_option]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take ``--train R1 R2``."""
        from submission_builder.cli.settings import spread

        return super().parse_args(ctx, spread(args, ("--train", "--data")))


train_option = click.option(
    "--train",
    "--data",
    "train",
    type=click.Path(path_type=Path, file_okay=False),
    multiple=True,
    help="Release folders to train on.",
)
"""Of every command that trains."""


@click.command(cls=TrainCommand)
@click.argument("architecture", required=False)
@click.option(
    "--config", "source", help="TOML file of settings, or a shipped one by its net's name; flags override it."
)
@train_option
@click.option("--net", multiple=True, metavar="KEY=VALUE", help="Argument of the net, such as n_heads=8.")
@click.option("--tag", help="Name of these weights.  [default: cN-seedS]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Folder for the weights.",
)
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option("--force", is_flag=True, help="Replace weights of the same name, and forget an interrupted run.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write curves, scatter, errors by subject and verdicts as one HTML file.",
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Write every epoch to this CSV file.")
@click.option(
    "--preview-augmentation",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw what augmentation does to a few windows into this file, and train nothing.",
)
@job_options
def train(
    source: str | None,
    output: Path,
    resume: bool,
    force: bool,
    page: Path | None,
    log: Path | None,
    picture: Path | None,
    net: tuple[str, ...],
    jobs: int,
    backend: str,
    scheduler: str | None,
    **flags: Any,
) -> None:
    """Train an architecture, split by subject.

    ARCHITECTURE is trained on release folders; its weights are written with a card that says what they rest on.
    """
    from rich.console import Console

    from model_zoo.registry import architecture as look_up
    from model_zoo.training.fit import leads
    from submission_builder.atomic import require_folder
    from submission_builder.report.training import show_judgement, show_loaded
    from submission_builder.training_run.ready import require_ready

    config = _config(source, flags, net)
    where = jobs_for(config, jobs, backend, scheduler)
    if not where.here and not config.folds:
        raise click.UsageError("--jobs and --backend go with --folds: one net is trained by one job")
    row = look_up(config.architecture, config.challenge)
    for path in filter(None, (page, log, picture)):
        require_folder(path)
    if picture is None:
        require_ready(row, config, output, resume=resume, force=force)
    console = Console(quiet=not leads())
    data = load_releases(config)
    show_loaded(data.releases, console)
    if picture is not None:
        _draw(data, config, picture, console)
        return
    run = partial(_folds, resume=resume, jobs=where) if config.folds else partial(_one, log=log if leads() else None)
    judgement = run(row, data, config, output, console)
    if judgement:
        show_judgement(judgement, console)
        _write(judgement, page, log, console)


def _config(source: str | None, flags: dict[str, Any], net: tuple[str, ...]) -> RunConfig:
    """Join file and flags."""
    from model_zoo.training.config import read_config, run_config
    from submission_builder.cli.settings import net_arguments

    settings = read_config(source) if source else {}
    settings.pop("tune", None)  # what subpack tune may change of it
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if net:
        given["net"] = settings.get("net", {}) | net_arguments(net)
    where = f"config {source}" if source else "the run"
    return run_config(settings | given, where)


def load_releases(config: RunConfig) -> Data:
    """Open the releases of a run, with progress bars."""
    from submission_builder.cli.progress import progress_bars
    from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
    from submission_builder.releases.cache import cache_folder
    from submission_builder.training_run.data import Data, load

    spec = PROFILES[DEFAULT_PROFILE].challenges[config.challenge]
    with progress_bars() as progress:
        ready = partial(load, spec=spec, cache=cache_folder(), progress=progress)
        train = tuple(ready(folder) for folder in config.train)
        val, test = (ready(folder) if folder else None for folder in (config.val, config.test))
        return Data(train, val, test)


def _one(
    row: Architecture, data: Data, config: RunConfig, output: Path, console: Console, *, log: Path | None
) -> Judgement | None:
    from submission_builder.report.training import show_epoch, show_headings, write_log
    from submission_builder.training_run.judgement import judge
    from submission_builder.training_run.run import train as run

    told: list[EpochRecord] = []

    def report(record: EpochRecord) -> None:
        told.append(record)
        show_epoch(console, record)
        if log:
            write_log({"epochs": told}, log)

    show_headings(console)
    trained = run(row, data, config, output, report=report)
    return judge(trained, data, row, config) if trained else None


def _folds(
    row: Architecture, data: Data, config: RunConfig, output: Path, console: Console, *, jobs: Jobs, resume: bool
) -> Judgement | None:
    from submission_builder.blending import write_folds
    from submission_builder.report.blending import show_ensemble
    from submission_builder.report.jobs import fold_apart
    from submission_builder.report.training import show_epoch, show_fold
    from submission_builder.training_run.folds import cross_validate
    from submission_builder.training_run.judgement import judge_folds

    def fold_here(number: int, n_folds: int) -> EpochReport:
        show_fold(console, number, n_folds)
        return partial(show_epoch, console)

    report_fold = fold_here if jobs.here else fold_apart
    result = cross_validate(row, data, config, output, resume=resume, report_fold=report_fold, jobs=jobs)
    if result is None:
        return None
    path = output / f"{row.name}.{config.name}-{config.folds}folds.toml"
    write_folds(result, path)
    show_ensemble(path, "mean of the folds", console)
    return judge_folds(result, data, row, config, path)


def _write(judgement: Judgement, page: Path | None, log: Path | None, console: Console) -> None:
    """Write what was asked for."""
    from submission_builder.report.training import write_log
    from submission_builder.report.training_page import write_page

    if log:
        write_log({curve.name: curve.records for curve in judgement.curves}, log)
    if page:
        write_page(judgement, page)
    for path in filter(None, (log, page)):
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)


def _draw(data: Data, config: RunConfig, picture: Path, console: Console) -> None:
    from model_zoo.training.preview import preview
    from submission_builder.report.augmentation import draw_preview

    joined = data.joined()
    draw_preview(preview(joined.train, joined.reader, config), picture)
    console.print(f"wrote {picture}", highlight=False, soft_wrap=True)
