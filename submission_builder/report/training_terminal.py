"""The result of a training run in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points, spread

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.diagnostics.advice import Advice
    from submission_builder.workflows.train.split_scores import SplitScores
    from submission_builder.workflows.train.training_run import TrainingRun


def show_training(run: TrainingRun, console: Console) -> None:
    """Print the scores of a run beside their baselines, the diagnoses and the advice."""
    title = marked(run.title, simulated=run.simulated)
    table = Table(
        "split", "nrmse", "95 % interval", "baseline", "spread", "subjects", title=title, title_justify="left"
    )
    for split in run.splits:
        table.add_row(split.name, *figures(split), f"{split.score.n_subjects:,}")
    console.print(table)
    for note in [_baselines(run.final_split), *notes(run)]:
        console.print(note, style="dim", highlight=False, soft_wrap=True)
    for diagnosis in run.diagnoses:
        mark, style = ("✓", "green") if diagnosis.kind.good else ("!", "yellow")
        console.print(f"{mark} {diagnosis}", style=style, highlight=False, soft_wrap=True)
    console.print(run.card.summary, highlight=False, soft_wrap=True)
    show_files(run, console)
    show_advice("next", run.advice, console)


def figures(split: SplitScores) -> tuple[str, str, str, str]:
    """Format nrmse, interval, best baseline and spread of a split."""
    baseline = points(min(split.baselines.values())) if split.baselines else UNKNOWN
    return points(split.score.nrmse), interval(split.score.interval), baseline, spread(split.score)


def show_files(run: TrainingRun, console: Console) -> None:
    """Print the files of a run: weights, written now or reused, and the ensemble of the folds."""
    for checkpoint, curve in zip(run.checkpoints, run.curves, strict=True):
        verb = "wrote" if curve.records else "reused"
        console.print(f"{verb} {checkpoint.weights}", highlight=False, soft_wrap=True)
    if run.ensemble:
        console.print(f"wrote {run.ensemble} (mean of the folds)", highlight=False, soft_wrap=True)


def show_advice(label: str, advice: Advice, console: Console) -> None:
    """Print an advice and its command."""
    console.print(f"{label}: {advice.message}", style="bold", highlight=False, soft_wrap=True)
    if advice.command:
        console.print(f"  {advice.command}", highlight=False, soft_wrap=True)


def notes(run: TrainingRun) -> list[str]:
    """Explain how the scores were obtained."""
    mean_and_std = run.fold_mean_and_std
    folds = "Mean of the folds: {:.5f} ± {:.5f} (std).".format(*mean_and_std) if mean_and_std else ""
    return [note for note in (folds, _selection(run)) if note]


def _selection(run: TrainingRun) -> str:
    if not run.card.n_parameters:
        return "The weights were solved on the training split. No other split was used for a choice."
    if run.train is None:
        return "A net that saw none of a fold's subjects predicts them. Other subjects select its best epoch."
    release, tested = run.card.config["val"], run.final_split.name == "test"
    selects = (
        "The validation release selects the best epoch, so its score is optimistic."
        if release
        else "The validation subjects select the best epoch, so their score is optimistic."
    )
    return (
        f"{selects} {'The test release is' if tested else 'A test release (--test) is'} used only for the final score."
    )


def _baselines(split: SplitScores) -> str:
    known = ", ".join(f"{name} {points(value)}" for name, value in split.baselines.items())
    return f"Baselines without EEG ({split.name}): {known or UNKNOWN}."
