"""``subpack simulate``: write a release whose best reachable scores are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from submission_builder.releases.simulated.release import Simulated


@click.command(short_help="Write a SIMULATED release.")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--subjects", type=click.IntRange(min=3), default=24, show_default=True, help="Participants.")
@click.option("--runs", type=click.IntRange(1, 3), default=1, show_default=True, help="Runs of each.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seeds share no participant.")
@click.option(
    "--trials",
    type=click.IntRange(min=2),
    default=24,
    show_default=True,
    help="Trials a run, about 4.65 s each; one in ten goes without a press.",
)
@click.option(
    "--alpha-correlation",
    type=click.FloatRange(0, 1),
    default=0.6,
    show_default=True,
    help="Correlation of alpha strength with externalizing.",
)
def simulate(out: Path, *, subjects: int, runs: int, seed: int, trials: int, alpha_correlation: float) -> None:
    """Write a SIMULATED release to the new folder OUT.

    It has the layout of a release of the challenge, and its signals follow a model whose best reachable
    scores are known: they are printed, and kept in OUT/dataset_description.json. It serves to try a
    submission out; a score on it says nothing about recordings of people.
    """
    from rich.console import Console

    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.releases.simulated.release import simulate_release

    with progress_bars() as progress:
        made = simulate_release(
            out,
            subjects=subjects,
            runs=runs,
            seed=seed,
            trials=trials,
            alpha_correlation=alpha_correlation,
            progress=progress,
        )
    console = Console()
    console.print(_marks(made))
    console.print(f"written to {out}", soft_wrap=True, highlight=False)


def _marks(made: Simulated) -> Table:
    from rich.table import Table

    table = Table(title=f"SIMULATED release, {made.subjects} subjects, seed {made.seed}", caption="nrmse")
    for heading in ("challenge", "windows", "ideal", "ridge"):
        table.add_column(heading, justify="right")
    for number in ("1", "2"):
        key = f"challenge{number}"
        ridge = f"{made.ridge[key]:.5f}" if key in made.ridge else "–"
        table.add_row(number, str(made.windows[key]), f"{made.ideal[key]:.5f}", ridge)
    return table
