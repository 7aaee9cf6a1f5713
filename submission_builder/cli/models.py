"""``subpack models``."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", required=False)
@click.option("--challenge", type=click.IntRange(1, 2), help="List only the nets for this challenge.")
@click.option(
    "--measure",
    is_flag=True,
    help="Measure each net's inference time on this machine's CPU, for batches of 1 and 64 windows.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(name: str | None, challenge: int | None, measure: bool, as_json: bool) -> None:
    """List the architectures of the model zoo, or show one.

    With NAME, the command shows the layers of that architecture.
    """
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.console import open_console
    from submission_builder.report.json_file import json_text
    from submission_builder.report.zoo import show_models
    from submission_builder.workflows.models import models as list_models

    with progress_bars() as progress:
        result = list_models(name, challenge=challenge, measure=measure, progress=progress)
    if as_json:
        click.echo(json_text(result.to_dict()))
    else:
        show_models(result, open_console())
