"""A simulated release in the terminal: its reference scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.report.numbers import decimal

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.releases.simulated.release import SimulatedRelease


def show_simulated(release: SimulatedRelease, console: Console) -> None:
    """Print the reference scores of each challenge, and the folder."""
    title = f"SIMULATED release, {release.subjects} subjects, seed {release.seed}"
    table = Table(title=title, caption="ideal, ridge: nrmse")
    for heading in ("challenge", "windows", "ideal", "ridge"):
        table.add_column(heading, justify="right")
    for number, n_windows in sorted(release.n_windows.items()):
        scores = (decimal(values.get(number), 5) for values in (release.ideal, release.ridge))
        table.add_row(str(number), str(n_windows), *scores)
    console.print(table)
    console.print(f"written to {release.path}", soft_wrap=True, highlight=False)
