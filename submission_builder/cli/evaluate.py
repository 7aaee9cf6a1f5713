"""``subpack evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from submission_builder.cli.gate_options import gate_options
from submission_builder.cli.job_options import job_options
from submission_builder.cli.run_options import run_options
from submission_builder.cli.zip_options import ZipsCommand, fresh_option, profile_option, zips_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from submission_builder.harness.session import Precision
    from submission_builder.sandbox.isolation import Level
    from submission_builder.workflows.evaluate.evaluation import Evaluation
    from submission_builder.workflows.evaluate.gate import Judged
    from submission_builder.workflows.evaluate.servers import ServerEvaluation

_FAILED, _MACHINE_AT_FAULT, _GATE_FAILED = 1, 3, 4


@click.command(cls=ZipsCommand)
@zips_argument
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Release folder, such as R5_L100_bdf, or several: a score of each and one of all together.  [default: the "
    "simulated release of subpack demo]",
)
@click.option(
    "--reference",
    "references",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Other releases, such as those of the training. Baselines without EEG are computed from them: the mean of "
    "their targets, and age and sex.",
)
@profile_option
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the result to this file; of several zips, a list.",
)
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write scores, figures, subjects, cost and provenance to one HTML file; of several zips, their scores.",
)
@click.option(
    "--predictions",
    "table_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one row per window to this file: release, challenge, subject, recording, start, target and prediction. "
    "CSV, or Parquet with the package pyarrow.",
)
@job_options("threading", "zips")
@click.option(
    "--max-windows",
    type=click.IntRange(min=1),
    metavar="N",
    help="Evaluate a random subset of at most N windows per challenge. If the model keeps state, it consists of whole "
    "recordings, at least one.",
)
@click.option(
    "--skip-unusable",
    is_flag=True,
    help="Leave out recordings that cannot be used, such as truncated ones, and give a PARTIAL score. Otherwise they "
    "are an error, because the server uses all recordings.",
)
@fresh_option
@click.option(
    "--project-to",
    type=(click.IntRange(min=0), click.IntRange(min=0)),
    metavar="N1 N2",
    help="Also project time and memory to N1 windows of challenge 1 and N2 of challenge 2.",
)
@gate_options()
@run_options(limit_s=3600, every_server=True)
@click.option("--exact", is_flag=True, help="Predict one window at a time throughout, as the server does; slower.")
@click.option(
    "--invariance",
    "--probe",
    "invariance",
    is_flag=True,
    help="Also predict a sample in other batches, orders, processes and with other threads, and compare.",
)
@click.option(
    "--precision",
    "precisions",
    type=click.Choice(["fp16", "bf16", "tf32"]),
    multiple=True,
    help="Also predict a sample with matrix products in this precision, and compare; repeatable.",
)
@click.pass_context
def evaluate(
    ctx: click.Context,
    zips: tuple[Path, ...],
    data: tuple[Path, ...],
    references: tuple[Path, ...],
    profile: str,
    json_path: Path | None,
    page: Path | None,
    table_path: Path | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    max_windows: int | None,
    skip_unusable: bool,
    fresh: bool,
    project_to: tuple[int, int] | None,
    junit_path: Path | None,
    format_: str,
    limit: float | None,
    gate_zip: Path | None,
    device: str,
    limit_s: float,
    limit_mib: int,
    level: Level | None,
    server: str | None,
    exact: bool,
    invariance: bool,
    precisions: tuple[Precision, ...],
) -> None:
    """Replay submission zips as the server would, and score them.

    The scores are those of the official scorer. docs/scores.md explains each number. With --server all, every zip runs
    under each installed replica of the server, and differences of outcomes and predictions are listed.

    \b
    Exit code:
      0    all zips were scored
      1    a zip or the release has a fault
      2    wrong usage
      3    a zip could not run on this machine, and no other fault was found
      4    a gate failed (--fail-above, --fail-if-worse-than), and no zip or release has a fault
      130  interrupted
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder import Jobs, Limits, Runtime, evaluate_many, evaluate_servers
    from submission_builder.base.atomic import require_parent_folder
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.evaluation_ci import write_junit
    from submission_builder.report.json_file import write_json
    from submission_builder.report.table_file import require_table_format, write_table
    from submission_builder.workflows.evaluate.gate import judge
    from submission_builder.workflows.evaluate.prediction_table import prediction_table

    for path in filter(None, (json_path, page, junit_path)):
        require_parent_folder(path)
    if table_path:
        require_table_format(table_path)
    limits = Limits(wall_s=limit_s, memory_mib=limit_mib)
    compared: Sequence[ServerEvaluation] = ()
    zips = tuple(dict.fromkeys(zips))
    every = dict.fromkeys([*zips, *([gate_zip] if gate_zip else [])])
    with progress_bars(estimate_duration=len(every) == 1) as progress:
        runtime = Runtime(device, limits, level, server, exact=exact, use_cache=not fresh)
        settings: dict[str, Any] = {
            "profile": profile,
            "max_windows": max_windows,
            "skip_unusable": skip_unusable,
            "invariance": invariance,
            "precisions": precisions,
            "reference": references,
            "project_to": dict(enumerate(project_to, 1)) if project_to else None,
            "runtime": runtime,
            "jobs": Jobs(jobs, backend, scheduler),
            "progress": progress,
        }
        if runtime.every_server:
            if gate_zip:
                raise click.UsageError("--fail-if-worse-than compares runs under one Python, not --server all")
            compared = evaluate_servers(zips, data or None, **settings)
            evaluations = [one for of_zip in compared for one in of_zip.evaluations.values()]
        else:
            found = dict(zip(every, evaluate_many(list(every), data or None, **settings), strict=True))
            evaluations = [found[path] for path in zips]
    other = found[gate_zip] if gate_zip else None
    results = [judge(evaluation, limit, other) for evaluation in evaluations]
    if json_path:
        contents = [result.to_dict() for result in compared or evaluations]
        write_json(contents if len(contents) > 1 else contents[0], json_path)
    if table_path:
        write_table(prediction_table(evaluations), table_path)
    if page:
        from submission_builder.report.evaluations_page import write_evaluations_page  # loads matplotlib

        write_evaluations_page(evaluations, page)
    if junit_path:
        write_junit(results, junit_path)
    lines = [f"{of_zip.path}: {note}" for of_zip in compared for note in of_zip.notes()]
    lines += [f"wrote {path}" for path in filter(None, (page, table_path))]
    _print(results, other, format_, lines)
    ctx.exit(_exit_code([*evaluations, *([other] if other else [])], results))


def _exit_code(evaluations: Sequence[Evaluation], results: Sequence[Judged]) -> int:
    faults = {part.fault for evaluation in evaluations for part in evaluation.parts} - {None}
    if faults - {"machine"}:
        return _FAILED
    if any(result.failed for result in results):
        return _GATE_FAILED
    return _MACHINE_AT_FAULT if faults else 0


def _print(results: Sequence[Judged], other: Evaluation | None, format_: str, lines: Sequence[str]) -> None:
    """Print the results, then `lines`, after all files are written."""
    from rich.text import Text

    from submission_builder.cli.console import ResultConsole
    from submission_builder.report.console import WorkflowCommand
    from submission_builder.report.evaluation_ci import as_github, gate_line
    from submission_builder.workflows.evaluate.gate import judge

    console, evaluations = ResultConsole(), [result.evaluation for result in results]
    others = [other] if other and not other.ok and other.path not in {one.path for one in evaluations} else []
    if format_ == "github":
        shown: list[RenderableType] = [*map(WorkflowCommand, as_github([*results, *map(judge, others)]).splitlines())]
    else:
        _show(evaluations, others, console)
        shown = [Text(gate_line(result, gate)) for result in results for gate in result.gates]
    for line in [*shown, *map(Text, lines)]:
        console.print(line, soft_wrap=True)


def _show(evaluations: Sequence[Evaluation], others: Sequence[Evaluation], console: Console) -> None:
    """Print the scores of one zip, or a table of several; errors, also those of other zips, go to standard error."""
    from submission_builder.cli.failure import show_failures
    from submission_builder.report.evaluation_terminal import show_evaluation
    from submission_builder.report.evaluations_table import show_evaluations

    several = len([*evaluations, *others]) > 1
    for evaluation in [*evaluations, *others]:
        show_failures(evaluation, str(evaluation.path) if several else "", evaluation.image)
    if len(evaluations) > 1:
        show_evaluations(evaluations, console)
    elif any(part.ok for part in evaluations[0].parts):
        show_evaluation(evaluations[0], console)
