"""Many evaluations as one table in the terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.evaluation_terminal import title_of
from submission_builder.report.numbers import decimal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from submission_builder.workflows.evaluate.result import Evaluation


def show_evaluations(evaluations: Mapping[Path, Evaluation], console: Console) -> None:
    """Print a row for each zip, and what has to be known to read all of them."""
    scored = [evaluation for evaluation in evaluations.values() if evaluation.error is None]
    title = f"{title_of(scored[0])} · profile {scored[0].profile}" if scored else "nothing was scored"
    table = Table(title=title, title_justify="left")
    table.add_column("zip", overflow="fold")
    table.add_column("outcome", no_wrap=True)
    for heading in ("challenge 1", "challenge 2", "overall"):
        table.add_column(heading, justify="right", no_wrap=True)
    for path, evaluation in evaluations.items():
        scores = [score.nrmse if (score := evaluation.challenges.get(n)) else None for n in (1, 2)]
        outcome = evaluation.outcome + (" (kept predictions)" if evaluation.run["cached"] else "")
        cells = (decimal(score, DECIMALS) for score in (*scores, evaluation.overall))
        table.add_row(Text(str(path)), outcome, *cells)
    console.print(table)
    caveats = Counter(caveat for evaluation in scored for caveat in dict.fromkeys(evaluation.caveats))
    for caveat, said_of in caveats.items():
        whose = "" if said_of == len(scored) else f" ({said_of} of {len(scored)} zips)"
        console.print(f"note: {caveat}{whose}.", style="dim", soft_wrap=True, highlight=False)
