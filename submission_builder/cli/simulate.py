"""``subpack simulate``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="simulate", short_help="Write a SIMULATED release.")
@click.argument("output", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--subjects", type=click.IntRange(min=3), default=24, show_default=True, help="Number of participants.")
@click.option("--runs", type=click.IntRange(1, 3), default=1, show_default=True, help="Runs per participant.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed. Releases with different seeds share no participant.",
)
@click.option(
    "--trials",
    type=click.IntRange(min=2),
    default=24,
    show_default=True,
    help="Trials per run. A trial takes about 4.65 s, and one in ten has no button press.",
)
@click.option(
    "--alpha-correlation",
    type=click.FloatRange(0, 1),
    default=0.6,
    show_default=True,
    help="Correlation of alpha strength with externalizing.",
)
def simulate(output: Path, *, subjects: int, runs: int, seed: int, trials: int, alpha_correlation: float) -> None:
    """Write a SIMULATED release to the new folder FOLDER.

    The folder has the layout of a release of the challenge. Its signals follow a model, so that the best possible
    scores are known; the command prints them and writes them to FOLDER/dataset_description.json. Use the release to
    try out a submission. A score on it does not predict a score on recordings of people.
    """
    from submission_builder import simulate as verb
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.console import open_console
    from submission_builder.report.simulated import show_simulated

    with progress_bars() as progress:
        simulated = verb(
            output,
            subjects=subjects,
            runs=runs,
            seed=seed,
            trials=trials,
            alpha_correlation=alpha_correlation,
            progress=progress,
        )
    show_simulated(simulated, open_console())
