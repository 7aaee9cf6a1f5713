"""``subpack doctor``."""

from __future__ import annotations

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Examine this machine, with a remedy for what is missing.

    The command looks at Python, torch, GPU, isolation, replicas, disk, data and token. Each line is ok, a note (only
    some commands need it) or a problem, with its remedy below. The value of the token is never shown.

    \b
    Exit code:
      0    nothing prevents work
      1    a problem prevents work
      2    wrong usage
      130  interrupted
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder import doctor as verb
    from submission_builder.base.printable import printable
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.json_file import json_text
    from submission_builder.report.machine import as_text

    with progress_bars() as progress:
        report = verb(progress=progress)
    click.echo(json_text(report.to_dict()) if as_json else printable(as_text(report)))
    ctx.exit(0 if report.ok else 1)
