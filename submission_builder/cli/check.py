"""``subpack check`` and ``subpack explain``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("zips", metavar="ZIP...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--select", multiple=True, metavar="ID", help="Make only these: S104, or S1 for all that begin so.")
@click.option("--ignore", multiple=True, metavar="ID", help="Do not make these.")
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
    format_: str,
    summary: Path | None,
    list_: bool,
) -> None:
    """Look for what makes a submission zip fail, without running it.

    Exit code: 0 no error (there may be warnings), 1 errors, 2 wrong usage.
    """
    from submission_builder.checks.run import check_zip, select_checks
    from submission_builder.report.findings import FORMATS
    from submission_builder.report.summary import append_summary

    checks = select_checks(select, ignore)
    if list_:
        for one in checks:
            click.echo(f"{one.id} {one.severity:7} {one.title}")
        return
    if not zips:
        raise click.UsageError("ZIP is missing: name a submission, or --list")
    checked = [check_zip(path, checks) for path in zips]
    said = FORMATS[format_](checked, checks)
    if said:
        click.echo(said)
    if summary:
        append_summary(checked, summary)
    ctx.exit(int(any(one.failed for one in checked)))


@click.command()
@click.argument("word", metavar="ID|OUTCOME")
def explain(word: str) -> None:
    """Say what a check looks for, or what an outcome of a run means, why it is so and what to do."""
    from submission_builder.checks.catalogue import find_check
    from submission_builder.report.findings import page
    from submission_builder.report.outcomes import outcome_page
    from submission_builder.sandbox.outcomes import OUTCOMES

    click.echo(outcome_page(word, OUTCOMES[word]) if word in OUTCOMES else page(find_check(word)))
