"""``subpack compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from submission_builder.cli.job_options import job_options
from submission_builder.cli.run_options import run_options
from submission_builder.cli.zip_options import ZipsCommand, fresh_option, profile_option, zips_argument

if TYPE_CHECKING:
    from submission_builder.sandbox.isolation import Level


@click.command(cls=ZipsCommand)
@zips_argument
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Release folder, such as R5_L100_bdf, or several.  [default: the simulated release of subpack demo]",
)
@profile_option
@click.option(
    "--left-today",
    type=click.IntRange(min=0),
    metavar="N",
    help="Submissions that are left today, for the plan. On the server, failed submissions do not count and cancelled "
    "ones do.  [default: no limit]",
)
@click.option("--members", is_flag=True, help="Also evaluate each ensemble without each of its members.")
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the result here.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write scores, differences, optimism, members and plan to one HTML file.",
)
@job_options("threading", "zips")
@click.option(
    "--max-windows",
    type=click.IntRange(min=1),
    metavar="N",
    help="Compare on a random subset of at most N windows per challenge.",
)
@fresh_option
@run_options(limit_s=3600, every_server=False)
@click.pass_context
def compare(
    ctx: click.Context,
    zips: tuple[Path, ...],
    data: tuple[Path, ...],
    profile: str,
    left_today: int | None,
    members: bool,
    json_path: Path | None,
    page: Path | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    max_windows: int | None,
    fresh: bool,
    device: str,
    limit_s: float,
    limit_mib: int,
    level: Level | None,
    server: str | None,
) -> None:
    """Compare submission zips on the same subjects, best first.

    The table has paired differences from the best zip. Below it are the optimism of the best of several scores, and a
    plan: submit this, hold, or more data needed. docs/scores.md explains each number.

    \b
    Exit code:
      0    all zips were scored
      1    a zip has no score, or the scores cannot be compared
      2    wrong usage
      130  interrupted
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder import Jobs, Limits, Runtime
    from submission_builder import compare as compare_zips
    from submission_builder.base.atomic import require_parent_folder
    from submission_builder.cli.console import ResultConsole
    from submission_builder.cli.failure import show_failures
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.comparison_terminal import show_comparison
    from submission_builder.report.json_file import write_json

    for path in filter(None, (json_path, page)):
        require_parent_folder(path)
    limits = Limits(wall_s=limit_s, memory_mib=limit_mib)
    with progress_bars() as progress:
        comparison = compare_zips(
            zips,
            data or None,
            profile=profile,
            max_windows=max_windows,
            left_today=left_today,
            members=members,
            runtime=Runtime(device, limits, level, server, use_cache=not fresh),
            jobs=Jobs(jobs, backend, scheduler),
            progress=progress,
        )
    if json_path:
        write_json(comparison.to_dict(), json_path)
    if page:
        from submission_builder.report.comparison_page import write_comparison_page  # loads matplotlib

        write_comparison_page(comparison, page)
    for evaluation in comparison.failed:
        show_failures(evaluation, str(evaluation.path))
    console = ResultConsole()
    show_comparison(comparison, console)
    if page:
        console.print(f"wrote {page}", soft_wrap=True)
    ctx.exit(1 if comparison.failed else 0)
