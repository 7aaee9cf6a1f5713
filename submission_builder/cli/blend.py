"""``subpack blend``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("blend.toml"),
    show_default=True,
    help="The ensemble to write.",
)
@click.option("--force", is_flag=True, help="Replace the ensemble if it is there.")
def blend(runs: tuple[Path, ...], output: Path, force: bool) -> None:
    """Weigh cross-validated runs by their predictions to subjects that they never saw.

    RUNS are files that ``subpack train --folds`` wrote. What is written goes behind --c1 or --c2 of ``subpack build``.
    """
    from rich.console import Console

    from submission_builder.base.errors import OutputError
    from submission_builder.report.ensemble import show_blended, show_ensemble
    from submission_builder.workflows.blend import blend as join
    from submission_builder.workflows.blend import read_cross_validation, write_blend
    from submission_builder.workflows.train.next_steps import build_command

    if output.exists() and not force:
        raise OutputError(f"{output} is there already", hint="--force replaces it")
    blended = join([read_cross_validation(path) for path in runs])
    write_blend(blended, output)
    console = Console()
    show_blended(blended, console)
    show_ensemble(output, f"{len(runs)} run(s)", console)
    console.print(f"next: {build_command(blended.runs[0].challenge, output)}", highlight=False, soft_wrap=True)
