"""``subpack evaluate``."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from submission_builder.cli.job_options import job_options
from submission_builder.cli.run_options import run_options
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from submission_builder.harness.session import Precision
    from submission_builder.sandbox.isolation import Level
    from submission_builder.workflows.evaluate.result import Evaluation


@click.command()
@click.argument("zips", metavar="ZIP…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Release folder, such as R5_L100_bdf. Without it: the simulated demo release.",
)
@click.option(
    "--profile",
    type=click.Choice(sorted(PROFILES)),
    default=DEFAULT_PROFILE,
    show_default=True,
    help="Scoring rules.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the result here; of several zips, a list.",
)
@job_options("threading")
@click.option(
    "--max-windows",
    type=click.IntRange(min=1),
    help="Ask a sample of whole recordings, one at least, of at most this many windows of each challenge.",
)
@click.option("--fresh", is_flag=True, help="Ask anew where predictions are kept from an earlier run of the same.")
@click.option(
    "--project-to",
    type=(click.IntRange(min=0), click.IntRange(min=0)),
    metavar="N N",
    help="Also tell the time and memory that this many windows of challenges 1 and 2 would take.",
)
@run_options(limit_s=3600)
@click.option("--exact", is_flag=True, help="Ask one window at a time throughout, as the server does; slower.")
@click.option(
    "--probe",
    is_flag=True,
    help="Also ask a sample in other batches, orders, processes and threads: what does each cost?",
)
@click.option(
    "--precision",
    "precisions",
    type=click.Choice(["fp16", "bf16", "tf32"]),
    multiple=True,
    help="Also ask a sample with matrix products in this precision; may be repeated.",
)
@click.pass_context
def evaluate(
    ctx: click.Context,
    zips: tuple[Path, ...],
    data: Path | None,
    profile: str,
    json_path: Path | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    max_windows: int | None,
    fresh: bool,
    project_to: tuple[int, int] | None,
    device: str,
    limit_s: float,
    limit_mib: int,
    level: Level | None,
    server: str | None,
    exact: bool,
    probe: bool,
    precisions: tuple[Precision, ...],
) -> None:
    """RunSpec submission zips as the server would and score them.

    Exit code: 0 all scored, 1 any other outcome, 2 wrong usage, 130 interrupted.
    """
    from submission_builder.base.atomic import require_folder
    from submission_builder.base.cache import cache_folder
    from submission_builder.base.errors import SubpackError
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.evaluation_json import write_json
    from submission_builder.sandbox.limits import Limits
    from submission_builder.server.replica import find_replica
    from submission_builder.workflows.evaluate.evaluate import evaluate as run
    from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet
    from submission_builder.workflows.evaluate.many import THREADS, evaluate_each

    if json_path:
        require_folder(json_path)
    replica = find_replica(server, cache_folder()) if server else None
    zips = tuple(dict.fromkeys(zips))
    here = backend == THREADS
    with progress_bars(foretell=len(zips) == 1) as progress:
        if data is None:
            from submission_builder.releases.demo import demo_release  # loads what simulates: a second

            data = demo_release(cache_folder(), progress)
        test = EvaluationSet(data, PROFILES[profile], cache_folder(), max_windows=max_windows)
        one = partial(
            run,
            test=test,
            device=device,
            limits=Limits(wall_s=limit_s, memory_mib=limit_mib),
            level=level,
            server=replica,
            threads=max(1, (os.cpu_count() or 1) // jobs) if here and jobs > 1 else None,
            exact=exact,
            fresh=fresh,
            probe=probe,
            precisions=precisions,
            sizes={"the chosen size": dict(enumerate(project_to, 1))} if project_to else {},
        )
        if here and len(zips) == 1:
            done = [one(*zips, progress=progress)]
        else:
            from submission_builder.base.jobs import Jobs  # loads joblib: a third of a second

            if not here:  # recordings are decoded once, not by every job
                with contextlib.suppress(SubpackError):  # which every job tells of
                    test.lay_out(progress)
            done = evaluate_each(zips, one, Jobs(jobs, backend, scheduler), progress)
    evaluations = dict(zip(zips, done, strict=True))
    _show(evaluations)
    if json_path:
        write_json(evaluations, json_path)
    ctx.exit(1 if any(evaluation.error for evaluation in done) else 0)


def _show(evaluations: Mapping[Path, Evaluation]) -> None:
    """Print one zip's scores, or a table of many; failures go to standard error."""
    from rich.console import Console

    from submission_builder.cli.failure import show_failure
    from submission_builder.report.evaluation_terminal import show_evaluation
    from submission_builder.report.evaluations_table import show_evaluations

    many = len(evaluations) > 1
    for path, evaluation in evaluations.items():
        if evaluation.error:
            show_failure(evaluation.error, outcome=evaluation.outcome, of=str(path) if many else None)
        elif not many:
            show_evaluation(evaluation, Console())
    if many:
        show_evaluations(evaluations, Console())
