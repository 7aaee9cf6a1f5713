"""``subpack blend``."""

from __future__ import annotations

from pathlib import Path

import click

import submission_builder as sb


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("blend.toml"),
    show_default=True,
    help="Ensemble to write.",
)
@click.option("--force", is_flag=True, help="Replace the ensemble if it exists.")
def blend(runs: tuple[Path, ...], output: Path, force: bool) -> None:
    """Fit how much each cross-validated run counts in an ensemble.

    The coefficients are fitted to the out-of-fold predictions. RUNS are the ensemble files (.toml) that `subpack train
    --folds` writes. `subpack build` accepts the result as --c1 or --c2.
    """
    from submission_builder.report.console import open_console
    from submission_builder.report.ensemble import show_blend

    show_blend(sb.blend(runs, output=output, force=force), open_console())
