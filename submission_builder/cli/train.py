"""``subpack train``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from submission_builder.cli.failure import INTERRUPTED
from submission_builder.cli.job_options import job_options, jobs_for
from submission_builder.cli.training import train_folds, train_one, train_several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from model_zoo.training.config import RunConfig
    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.data import Data
    from submission_builder.workflows.train.result import TrainingResult
    from submission_builder.workflows.train.several import RunSpec

_OWN = ("architecture", "train", "net", "tag")
"""Settings whose flag is written here; those of all others are made of the config's fields."""


class TrainCommand(click.Command):
    """A command whose options are the config's fields; they are made when they are needed.

    Attributes
    ----------
    goes_on
        What is said after Ctrl-C.
    """

    goes_on = "the same command with --resume goes on from the last whole epoch"

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own parameters and the fields'."""
        from model_zoo.training.config import RunConfig
        from submission_builder.cli.config_options import options

        *own, help_option = super().get_params(ctx)
        return [*own, *options(RunConfig, skipped=_OWN), help_option]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take ``--train R1 R2`` and ``--seeds 0 1``."""
        from submission_builder.cli.config_options import spread

        return super().parse_args(ctx, spread(args, ("--train", "--data", "--seeds")))

    def invoke(self, ctx: click.Context) -> object:
        """Train; after Ctrl-C, say how to go on."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(f"interrupted; {self.goes_on}", err=True)
            ctx.exit(INTERRUPTED)


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
@click.argument("architectures", metavar="[ARCHITECTURE]...", nargs=-1)
@click.option(
    "--config", "source", help="TOML file of settings, or a shipped one by its net's name; flags override it."
)
@train_option
@click.option("--net", multiple=True, metavar="KEY=VALUE", help="Argument of the net, such as n_heads=8.")
@click.option(
    "--seeds",
    type=click.IntRange(min=0),
    multiple=True,
    help="In place of --seed: a run with each, as in --seeds 0 1 2.",
)
@click.option("--tag", help="Name of these weights.  [default: cN-seedS]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Folder for the weights.",
)
@click.option("--resume", is_flag=True, help="Go on with what was interrupted; weights that are there stay.")
@click.option("--force", is_flag=True, help="Replace weights of the same name, and forget an interrupted run.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write curves, scatter, errors by subject and diagnoses as one HTML file.",
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Write every epoch to this CSV file.")
@click.option(
    "--preview-augmentation",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw what augmentation does to a few windows into this file, and train nothing.",
)
@job_options("loky")
def train(
    architectures: tuple[str, ...],
    seeds: tuple[int, ...],
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
    """Train architectures, split by subject.

    ARCHITECTURE is trained on release folders; its weights are written with a card that says what they rest on.
    Several, or several --seeds, are as many runs, each what it would be alone; --jobs trains them beside each other.

    Exit code: 0 all trained, 1 any failed, 2 wrong usage, 130 interrupted.
    """
    from rich.console import Console

    from model_zoo.training.fit import is_rank_zero
    from submission_builder.base.atomic import require_folder
    from submission_builder.report.training_terminal import show_judgement, show_loaded
    from submission_builder.workflows.train.preflight import forget_unfinished, require_trainable

    if seeds and flags["seed"] is not None:
        raise click.UsageError("--seed and --seeds cannot both be given")
    if force and resume:
        raise click.UsageError("--force and --resume cannot both be given: one starts anew, the other goes on")
    runs = _runs(source, flags, net, architectures, seeds)
    config = runs[0].config
    where = jobs_for(config, jobs, backend, scheduler)
    output = output if where.serial else output.absolute()  # an engine's workers stand elsewhere
    _require_as_many(runs, where, one_alone={"--report": page, "--preview-augmentation": picture})
    for path in filter(None, (page, log, picture)):
        require_folder(path)
    if picture is None:
        for run in runs:
            require_trainable(run.row, run.config, output, new=not resume and not force)
        for run in runs if force else ():
            forget_unfinished(run.row, run.config, output)
    console = Console(quiet=not is_rank_zero())
    data = load_releases(config)
    show_loaded(data.releases, console)
    if picture is not None:
        _draw(data, config, picture, console)
        return
    if len(runs) > 1:
        code = train_several(runs, data, output, console, resume=resume, jobs=where, log=log)
        click.get_current_context().exit(code)
    one = partial(train_folds, jobs=where) if config.folds else partial(train_one, log=log if is_rank_zero() else None)
    result = one(runs[0], data, output, console, resume=resume)
    if result:
        show_judgement(result, console)
        _write(result, page, log, console)


def _runs(
    source: str | None,
    flags: dict[str, Any],
    net: tuple[str, ...],
    architectures: tuple[str, ...],
    seeds: tuple[int, ...],
) -> list[RunSpec]:
    """Join file and flags: a run for each architecture with each seed."""
    from model_zoo.registry import find_architecture as look_up
    from model_zoo.training.config import read_config, run_configs
    from submission_builder.cli.config_options import net_arguments
    from submission_builder.workflows.train.several import RunSpec

    settings = read_config(source) if source else {}
    settings.pop("tune", None)  # what subpack tune may change of it
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if net:
        given["net"] = settings.get("net", {}) | net_arguments(net)
    where = f"config {source}" if source else "the run"
    configs = run_configs(settings | given, architectures, seeds, where)
    return [RunSpec(look_up(config.architecture, config.challenge), config) for config in configs]


def _require_as_many(runs: Sequence[RunSpec], jobs: Jobs, one_alone: dict[str, Path | None]) -> None:
    """Refuse what one run cannot have, and what several cannot."""
    config = runs[0].config
    if len(runs) == 1 and not config.folds and not jobs.serial:
        raise click.UsageError(
            "--jobs and --backend go with --folds, --seeds or several architectures: one net is trained by one job"
        )
    if len(runs) > 1 and config.n_processes > 1:
        raise click.UsageError("--devices and --nodes go with one run, not several")
    for flag in (flag for flag, path in one_alone.items() if path and len(runs) > 1):
        raise click.UsageError(f"{flag} shows one run, not several")


def load_releases(config: RunConfig) -> Data:
    """Open the releases of a run, with progress bars."""
    from submission_builder.base.cache import cache_folder
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
    from submission_builder.workflows.train.data import Data, load

    spec = PROFILES[DEFAULT_PROFILE].challenges[config.challenge]
    with progress_bars() as progress:
        ready = partial(load, spec=spec, cache=cache_folder(), progress=progress)
        train = tuple(ready(folder) for folder in config.train)
        val, test = (ready(folder) if folder else None for folder in (config.val, config.test))
        return Data(train, val, test)


def _write(result: TrainingResult, page: Path | None, log: Path | None, console: Console) -> None:
    """Write what was asked for."""
    from submission_builder.report.training_page import write_page
    from submission_builder.report.training_terminal import write_log

    if log:
        write_log({curve.name: curve.records for curve in result.curves}, log)
    if page:
        write_page(result, page)
    for path in filter(None, (log, page)):
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)


def _draw(data: Data, config: RunConfig, picture: Path, console: Console) -> None:
    from model_zoo.training.preview import preview
    from submission_builder.report.augmentation import draw_preview

    joined = data.joined()
    draw_preview(preview(joined.train, joined.reader, config), picture)
    console.print(f"wrote {picture}", highlight=False, soft_wrap=True)
