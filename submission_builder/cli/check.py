"""``subpack check`` and ``subpack explain``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from submission_builder.cli.run_options import run_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder import Runtime
    from submission_builder.checks.report import CheckReport
    from submission_builder.report.findings import Format
    from submission_builder.sandbox.isolation import Level

_ERRORS, _UNDECIDED = 1, 3


@click.command()
@click.argument("zips", metavar="ZIP...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--select",
    multiple=True,
    metavar="ID",
    help="Run only these checks: S104, or S1 for all that begin with S1. Repeatable.",
)
@click.option("--ignore", multiple=True, metavar="ID", help="Skip these checks. Repeatable.")
@click.option("--static", is_flag=True, help="Run only the checks that read the zip; do not start the submission.")
@run_options(limit_s=600, every_server=True)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@click.option(
    "--summary",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append a Markdown table to this file, such as $GITHUB_STEP_SUMMARY.",
)
@click.option("--list", "list_", is_flag=True, help="List the checks and exit.")
@click.pass_context
def check(
    ctx: click.Context,
    zips: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    static: bool,
    device: str,
    limit_s: float,
    limit_mib: int,
    level: Level | None,
    server: str | None,
    format_: Format,
    summary: Path | None,
    list_: bool,
) -> None:
    """Look for faults that make a zip fail on the server.

    The static checks read the zip. Then the submission runs on synthetic windows in another process. This run is left
    out with --static, if no selected check needs it, or if a static check has found an error that would end it. A run
    without predictions of both challenges is an error, whatever checks are selected. With --server all, the submission
    runs under each installed replica of the server, and the report lists where findings, outcomes and predictions
    differ. The table [tool.subpack] of the nearest pyproject.toml may set select and ignore; the options take
    precedence.

    \b
    Exit code:
      0    no errors (there may be warnings)
      1    errors
      2    wrong usage, or a zip that does not exist
      3    no errors found, but the submission could not run on this machine
      130  interrupted
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder import Limits, Runtime
    from submission_builder import check as run
    from submission_builder.cli.project_settings import find_settings
    from submission_builder.report.findings import render
    from submission_builder.report.findings_markdown import append_summary
    from submission_builder.workflows.check import list_checks

    settings = find_settings(Path.cwd())
    select, ignore = select or settings.select, ignore or settings.ignore
    checks = list_checks(select, ignore)
    if list_:
        for one in checks:
            click.echo(f"{one.id} {one.severity:7} {one.title}")
        return
    if not zips:
        raise click.UsageError("ZIP is missing: name a submission, or --list")
    runtime = Runtime(
        device=device, limits=Limits(wall_s=limit_s, memory_mib=limit_mib), isolation=level, server=server
    )
    if not static and level is None and any(one.runs for one in checks) and (reason := _why_weaker(runtime)):
        click.echo(
            f"note: the check runs the submission without isolation from your files and network ({reason}); "
            "--static runs nothing",
            err=True,
        )
    reports = [run(path, select=select, ignore=ignore, static=static, runtime=runtime) for path in zips]
    if report := render(reports, list_checks(), format_):
        click.echo(report)
    if summary:
        append_summary(reports, summary)
    ctx.exit(_exit_code(reports))


def _why_weaker(runtime: Runtime) -> str | None:
    """Return why the run will have the weaker isolation level; for all replicas, our own Python is examined."""
    return (replace(runtime, server=None) if runtime.every_server else runtime).why_weaker()


def _exit_code(reports: Sequence[CheckReport]) -> int:
    if any(report.errors for report in reports):
        return _ERRORS
    return _UNDECIDED if any(report.undecided for report in reports) else 0


@click.command()
@click.argument("word", metavar="ID|OUTCOME")
def explain(word: str) -> None:
    """Explain a check or an outcome of a run.

    ID is the number of a check, such as S104. OUTCOME is the result of a run, such as timeout.
    """
    from submission_builder.workflows.explain import explain as run

    click.echo(str(run(word)))
