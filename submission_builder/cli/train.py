"""``subpack train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import submission_builder as sb
from submission_builder.base.errors import ConflictError
from submission_builder.cli.failure import INTERRUPTED, show_failure
from submission_builder.cli.job_options import job_options

if TYPE_CHECKING:
    from rich.console import Console


_OWN = ("architecture", "train", "net", "tag")
"""Settings whose options are written here. Those of all other settings are made from the fields of the config."""


class TrainCommand(click.Command):
    """A command with an option for each field of the config."""

    after_interrupt = "the same command with --resume continues from the last finished epoch"
    """Printed after Ctrl-C."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters and those of the config's fields."""
        from model_zoo.training.config import RunConfig
        from submission_builder.cli.config_options import options

        *own, help_option = super().get_params(ctx)
        return [*own, *options(RunConfig, skipped=_OWN), help_option]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Accept several values after one option, as in ``--train R1 R2`` and ``--seeds 0 1``."""
        from submission_builder.cli.config_options import spread

        return super().parse_args(ctx, spread(args, ("--train", "--data", "--seeds")))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; after Ctrl-C, explain how to continue."""
        try:
            return super().invoke(ctx)
        except ConflictError as error:
            raise click.UsageError(str(error), ctx) from error
        except KeyboardInterrupt:
            click.echo(f"interrupted; {self.after_interrupt}", err=True)
            ctx.exit(INTERRUPTED)


train_option = click.option(
    "--train",
    "--data",
    "train",
    type=click.Path(path_type=Path, file_okay=False),
    multiple=True,
    help="Release folders to train on.",
)
"""Option of every command that trains."""


@click.command(cls=TrainCommand)
@click.argument("architectures", metavar="[ARCHITECTURE]...", nargs=-1)
@click.option("--config", help="TOML file of settings, or name of a shipped config. Options override its settings.")
@train_option
@click.option("--net", multiple=True, metavar="KEY=VALUE", help="Keyword argument of the net, such as n_heads=8.")
@click.option(
    "--seeds", type=click.IntRange(min=0), multiple=True, help="Seeds of several runs, such as --seeds 0 1 2."
)
@click.option("--tag", help="Name of the weights.  [default: cN-seedS]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Folder of the weights.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run, and reuse finished weights.")
@click.option("--force", is_flag=True, help="Replace weights of the same name, and discard an interrupted run.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write scores, diagnoses, learning curves, scatter plots and errors by subject to one HTML file.",
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Write one row per epoch to a CSV file.")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the result to a JSON file."
)
@click.option(
    "--preview-augmentation",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw a few augmented windows to this file, and train nothing.",
)
@job_options("loky", "runs and folds")
def train(
    architectures: tuple[str, ...],
    seeds: tuple[int, ...],
    net: tuple[str, ...],
    output: Path,
    resume: bool,
    force: bool,
    page: Path | None,
    log: Path | None,
    json_path: Path | None,
    picture: Path | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    **settings: Any,
) -> None:
    """Train architectures, split by subject.

    Architecture, challenge and training releases come from the command line or from a config. The command writes the
    weights of each ARCHITECTURE, with a card (JSON) that describes data, settings and scores. Each combination of
    architecture and seed is an independent run. A default below is that of a run without --config.

    \b
    Exit code:
      0    all runs finished
      1    a run failed
      2    wrong usage
      130  interrupted; --resume continues
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder.base.atomic import require_parent_folder
    from submission_builder.cli.config_options import net_arguments
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.console import open_console
    from submission_builder.report.training_progress import TrainingProgress

    if seeds and settings["seed"] is not None:
        raise click.UsageError("--seed and --seeds cannot both be given")
    several = len(set(architectures)) > 1 or len(set(seeds)) > 1
    for option, path in (("--report", page), ("--preview-augmentation", picture)):
        if path and several:
            raise click.UsageError(f"{option} shows a single run, not several")
    for path in filter(None, (page, log, json_path, picture)):
        require_parent_folder(path)
    settings["net"] = net_arguments(net) or None
    if seeds and not several:
        settings["seed"] = seeds[0]
    console, name = open_console(), architectures[0] if architectures else None
    where = {"output": output, "resume": resume, "force": force, "jobs": sb.Jobs(jobs, backend, scheduler)}
    with progress_bars() as progress:
        settings |= {"observer": TrainingProgress(console, log), "progress": progress}
        if several:
            _train_many(architectures, seeds, settings | where, _Files(log, json_path), console)
        elif picture:
            _preview(name, settings, picture, console)
        else:
            _train_one(name, settings | where, _Files(log, json_path, page), console)


class _Files(NamedTuple):
    """Files to write beside the weights."""

    log: Path | None
    json: Path | None
    page: Path | None = None

    def show(self, console: Console) -> None:
        """Print their paths."""
        for path in filter(None, self):
            console.print(f"wrote {path}", highlight=False, soft_wrap=True)


def _train_one(architecture: str | None, arguments: dict[str, Any], files: _Files, console: Console) -> None:
    from submission_builder.report.json_file import write_json
    from submission_builder.report.training_log import epochs_of, write_log
    from submission_builder.report.training_terminal import show_training

    run = sb.train(architecture, **arguments)
    if run is None:  # a helper process of distributed training
        return
    if files.log:
        write_log(epochs_of(run), files.log)
    if files.json:
        write_json(run.to_dict(), files.json)
    if files.page:
        from submission_builder.report.training_page import write_page  # loads matplotlib

        write_page(run, files.page)
    show_training(run, console)
    files.show(console)


def _train_many(
    architectures: tuple[str, ...],
    seeds: tuple[int, ...],
    arguments: dict[str, Any],
    files: _Files,
    console: Console,
) -> None:
    from submission_builder.report.json_file import write_json
    from submission_builder.report.runs_table import show_runs
    from submission_builder.report.training_log import epochs_of_runs, write_log

    result = sb.train_many(architectures, seeds=seeds, **arguments)
    if files.log:
        write_log(epochs_of_runs(result.runs), files.log)
    if files.json:
        write_json(result.to_dict(), files.json)
    show_runs(result, console)
    files.show(console)
    for failure in result.failures:
        show_failure(failure.error, of=failure.name)
    click.get_current_context().exit(1 if result.failures else 0)


def _preview(architecture: str | None, arguments: dict[str, Any], picture: Path, console: Console) -> None:
    from submission_builder.report.augmentation import draw_preview

    draw_preview(sb.preview_augmentation(architecture, **arguments).panels, picture)
    console.print(f"wrote {picture}", highlight=False, soft_wrap=True)
