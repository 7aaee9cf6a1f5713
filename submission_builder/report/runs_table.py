"""Several training runs as one table in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.diagnostics.advice import main_diagnosis
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN
from submission_builder.report.training_terminal import figures, show_advice, show_written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from submission_builder.diagnostics.advice import Advice
    from submission_builder.workflows.train.result import TrainingResult
    from submission_builder.workflows.train.several import FinishedRun


def show_runs(ended: Sequence[FinishedRun], advice: Sequence[Advice], console: Console) -> None:
    """Print the side of each run that decides, what has to be known to read it, and what to do.

    Parameters
    ----------
    ended
        Best first.
    advice
        What to do; none where every run failed.
    console
        Where to.
    """
    judged = [one.result for one in ended if one.result]
    console.print(_table(ended, judged))
    for note in _notes(judged):
        console.print(note, style="dim", highlight=False, soft_wrap=True)
    for result in judged:
        show_written(result, console)
    for label, one in zip(("next", "or"), advice, strict=False):
        show_advice(label, one, console)


def _table(ended: Sequence[FinishedRun], judged: Sequence[TrainingResult]) -> Table:
    side = judged[0].decisive.name if judged else ""
    scored = side and f", scored {side if side == 'out of fold' else f'on {side}'}"
    title = marked(f"{len(ended)} runs{scored}", simulated=any(result.simulated for result in judged))
    table = Table(title=title, title_justify="left")
    table.add_column("run", overflow="fold")
    for heading in ("nrmse", "95 % interval", "baseline", "spread", "diagnosis"):
        table.add_column(heading, no_wrap=heading == "nrmse")
    for one in ended:
        table.add_row(one.run.name, *(_row(one.result) if one.result else (*[UNKNOWN] * 4, "failed")))
    return table


def _row(result: TrainingResult) -> tuple[str, ...]:
    side = result.decisive
    return *figures(side.score, side.baselines), main_diagnosis(result.diagnoses, side.name)


def _notes(judged: Sequence[TrainingResult]) -> list[str]:
    """Say what has to be known to read the table."""
    if not judged:
        return []
    said = [judged[0].card.summary]
    if len({frozenset(result.decisive.subject) for result in judged}) > 1:
        said.append(
            "Each seed holds out other subjects: compare a run with the baseline beside it, or give --val or --test."
        )
    if len(judged) > 1:
        said.append(_flatters(judged[0].decisive.name, len(judged)))
    return said


def _flatters(side: str, n: int) -> str:
    """Say what choosing by a side does to the score there."""
    if side == "val":
        return f"val chose the epochs, and now the best of {n} runs: its score flatters; only a test side is untouched."
    return f"Whoever takes the best of {n} runs by {side} chooses by it, so that its score there flatters."
