"""Several training runs as one table in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.diagnostics.advice import main_diagnosis
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN
from submission_builder.report.training_terminal import figures, show_advice, show_files

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.train.training_run import TrainingRun
    from submission_builder.workflows.train.training_runs import TrainingRuns


def show_runs(result: TrainingRuns, console: Console) -> None:
    """Print the final score of each run, best first, how to read it, the files and the advice."""
    console.print(_table(result))
    for note in _notes(result):
        console.print(note, style="dim", highlight=False, soft_wrap=True)
    for run in result.runs:
        show_files(run, console)
    for label, one in zip(("next", "or"), result.advice, strict=False):
        show_advice(label, one, console)


def _table(result: TrainingRuns) -> Table:
    n_runs = len(result.runs) + len(result.failures)
    scored = f", {_on(result.runs[0].final_split.name)}" if result.runs else ""
    title = marked(f"{n_runs} runs{scored}", simulated=any(run.simulated for run in result.runs))
    table = Table(title=title, title_justify="left")
    table.add_column("run", overflow="fold")
    for heading in ("nrmse", "95 % interval", "baseline", "spread", "diagnosis"):
        table.add_column(heading, no_wrap=heading == "nrmse")
    for run in result.runs:
        table.add_row(run.name, *figures(run.final_split), main_diagnosis(run.diagnoses, run.final_split.name))
    for failure in result.failures:
        table.add_row(failure.name, *[UNKNOWN] * 4, "failed")
    return table


def _on(split: str) -> str:
    return f"scored {split}" if split == "out of fold" else f"scored on the {split} split"


def _notes(result: TrainingRuns) -> list[str]:
    """Explain how the scores were obtained."""
    runs = result.runs
    notes = [runs[0].card.summary] if runs else []
    if len({frozenset(run.final_split.subject) for run in runs}) > 1:
        notes.append(
            "Each seed holds out other subjects: compare each run with its own baseline, or set --val or --test."
        )
    return [*notes, _optimism(runs)] if len(runs) > 1 else notes


def _optimism(runs: tuple[TrainingRun, ...]) -> str:
    split = runs[0].final_split.name
    if split == "validation":
        return (
            f"Validation selects the best epochs and now the best of {len(runs)} runs, so its score is optimistic. "
            "A test release (--test) is used only for the final score."
        )
    return f"If you select the best of {len(runs)} runs by their {split} score, that score is optimistic."
