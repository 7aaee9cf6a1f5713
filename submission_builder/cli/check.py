"""``subpack check`` and ``subpack explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from submission_builder.cli.run_options import run_options
from submission_builder.sandbox.isolation import best_level
from submission_builder.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.checks.check import Check
    from submission_builder.checks.runner import CheckReport
    from submission_builder.sandbox.isolation import Level


@click.command()
@click.argument("zips", metavar="ZIP...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--select", multiple=True, metavar="ID", help="Make only these: S104, or S1 for all that begin so.")
@click.option("--ignore", multiple=True, metavar="ID", help="Do not make these.")
@click.option("--static", is_flag=True, help="Read the zip and run nothing of it.")
@run_options(limit_s=600)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How findings are printed.",
)
@click.option(
    "--summary",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append a Markdown table to this file, such as $GITHUB_STEP_SUMMARY.",
)
@click.option("--list", "list_", is_flag=True, help="List all checks.")
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
    format_: str,
    summary: Path | None,
    list_: bool,
) -> None:
    """Look for what makes a submission zip fail.

    The zip is read first; where that finds no error it is run on synthetic windows, in another process. --static runs
    nothing. [tool.subpack] in the nearest pyproject.toml may hold select and ignore; options come before it.

    Exit code: 0 no error (there may be warnings), 1 errors, 2 wrong usage.
    """
    from submission_builder.checks.catalogue import select_checks
    from submission_builder.checks.runner import check_zip
    from submission_builder.checks.settings import find_settings
    from submission_builder.report.findings import FORMATS
    from submission_builder.report.findings_markdown import append_summary

    settings = find_settings(Path.cwd())
    checks = select_checks(select or settings.select, ignore or settings.ignore)
    if list_:
        for one in checks:
            click.echo(f"{one.id} {one.severity:7} {one.title}")
        return
    if not zips:
        raise click.UsageError("ZIP is missing: name a submission, or --list")
    if static or not any(one.runs for one in checks):
        checked = [check_zip(path, checks) for path in zips]
    else:
        limits = Limits(wall_s=limit_s, memory_mib=limit_mib)
        checked = _checked_in_a_run(zips, checks, device, limits, level, server)
    said = FORMATS[format_](checked, checks)
    if said:
        click.echo(said)
    if summary:
        append_summary(checked, summary)
    ctx.exit(int(any(one.failed for one in checked)))


def _checked_in_a_run(
    zips: Sequence[Path],
    checks: Sequence[Check],
    device: str,
    limits: Limits,
    level: Level | None,
    server: str | None,
) -> list[CheckReport]:
    from submission_builder.base.cache import cache_folder
    from submission_builder.sandbox.isolation import why_unavailable
    from submission_builder.server.replica import find_replica
    from submission_builder.workflows.check import check_submission

    if level is None and best_level() == "process":
        click.echo(
            "note: what is checked is also run, at isolation process, which keeps nothing apart "
            f"({why_unavailable()}); --static runs nothing",
            err=True,
        )
    python = find_replica(server, cache_folder()).interpreter.executable if server else None
    return [
        check_submission(path, checks, device=device, limits=limits, level=level, interpreter=python) for path in zips
    ]


@click.command()
@click.argument("word", metavar="ID|OUTCOME")
def explain(word: str) -> None:
    """Say what a check looks for, or what an outcome of a run means, why it is so and what to do."""
    from submission_builder.base.errors import CheckError, did_you_mean
    from submission_builder.checks.catalogue import find_check
    from submission_builder.report.findings import page
    from submission_builder.report.outcomes import outcome_page
    from submission_builder.sandbox.outcomes import OUTCOMES

    if word in OUTCOMES:
        click.echo(outcome_page(word, OUTCOMES[word]))
    elif hint := did_you_mean(word, OUTCOMES):
        raise CheckError(f"there is no check and no outcome {word}", hint=hint)
    else:
        click.echo(page(find_check(word)))
