"""A training run in the terminal, and its log."""

from __future__ import annotations

import csv
import textwrap
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.table import Table

from submission_builder.base.atomic import atomic_file
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, correlation, interval, percent, points, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from model_zoo.training.record import EpochRecord, EpochReport
    from submission_builder.diagnostics.advice import Advice
    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.train.data import Loaded
    from submission_builder.workflows.train.result import SplitScores, TrainingResult

_SIDE = "{:>8}  {:>6}  {:>5}"
_EPOCH = "{:>5}  {:>7}  {:>8}   {}   {}"
_HEADINGS = "\n".join(
    [
        _EPOCH.format("", "", "", " train ".center(23, "─"), " val ".center(23, "─")),
        _EPOCH.format("epoch", "lr", "loss", *[_SIDE.format("nrmse", "spread", "corr")] * 2),
    ]
)


def show_loaded(loaded: Sequence[Loaded], console: Console) -> None:
    """Print what is trained on, and every recording left out."""
    for item in loaded:
        name = marked(item.release.name, simulated=item.release.simulated)
        console.print(f"{name}: {len(item.table):,} windows, {item.table.n_subjects:,} subjects", highlight=False)
        if item.left_out:
            console.print(f"  {len(item.left_out)} recording(s) left out:", highlight=False)
        for left_out in item.left_out:
            console.print(f"  {left_out}", style="dim", highlight=False, soft_wrap=True)


def show_headings(console: Console, indent: int = 0) -> None:
    """Print what the figures of an epoch are, above figures that stand so far to the right."""
    console.print(textwrap.indent(_HEADINGS, " " * indent), style="dim", highlight=False, soft_wrap=True)


def show_epoch(console: Console, record: EpochRecord) -> None:
    """Print the figures of an epoch."""
    sides = (
        _SIDE.format(points(split.nrmse), percent(split.spread), correlation(split.correlation))
        for split in (record.train, record.val)
    )
    said = _EPOCH.format(record.epoch, f"{record.lr:.1e}", f"{record.train_loss:.4g}", *sides)
    console.print(said, highlight=False, soft_wrap=True)


def show_job(console: Console, job: str) -> EpochReport:
    """Print which fold or run comes, and what the figures of its epochs are; hand out what prints these."""
    console.print(job, style="bold", highlight=False)
    show_headings(console)
    return partial(show_epoch, console)


def show_judgement(result: TrainingResult, console: Console) -> None:
    """Print the scores of a run beside their baselines, what is said of them, and what to do."""
    title = marked(result.name, simulated=result.simulated)
    table = Table(
        "split", "nrmse", "95 % interval", "baseline", "spread", "subjects", title=title, title_justify="left"
    )
    for name, score, baselines in result.scores():
        table.add_row(name, *figures(score, baselines), f"{score.n_subjects:,}")
    console.print(table)
    for note in [_baselines(result.decisive), *notes(result)]:
        console.print(note, style="dim", highlight=False, soft_wrap=True)
    for diagnosis in result.diagnoses:
        mark, style = ("✓", "green") if diagnosis.kind.good else ("!", "yellow")
        console.print(f"{mark} {diagnosis}", style=style, highlight=False, soft_wrap=True)
    console.print(result.card.summary, highlight=False, soft_wrap=True)
    show_written(result, console)
    show_advice("next", result.advice, console)


def figures(score: ChallengeScore, baselines: Mapping[str, float]) -> tuple[str, str, str, str]:
    """Write nrmse, interval, lowest baseline and spread of a split."""
    baseline = points(min(baselines.values())) if baselines else UNKNOWN
    return points(score.nrmse), interval(score.interval), baseline, spread(score)


def show_written(result: TrainingResult, console: Console) -> None:
    """Print where the weights are, new or as an earlier run left them."""
    for checkpoint, curve in zip(result.checkpoints, result.curves, strict=True):
        console.print(f"{'wrote' if curve.records else 'kept'} {checkpoint.weights}", highlight=False, soft_wrap=True)


def show_advice(label: str, advice: Advice, console: Console) -> None:
    """Print what to do, and the command for it."""
    console.print(f"{label}: {advice.message}", style="bold", highlight=False, soft_wrap=True)
    if advice.command:
        console.print(f"  {advice.command}", highlight=False, soft_wrap=True)


def notes(result: TrainingResult) -> list[str]:
    """Say what has to be known to read the scores."""
    if not result.card.n_parameters:
        said = "The weights were solved on the train split alone; no other split chose anything."
    elif result.train is not None:
        said = "The val split chose the epoch; only a test split (--test) is untouched."
    else:
        said = "No fold chose its own epoch: other subjects did."
    return (
        ["Mean of the folds {:.5f} ± {:.5f} (std).".format(*result.mean_and_std), said]
        if result.mean_and_std
        else [said]
    )


def _baselines(split: SplitScores) -> str:
    known = ", ".join(f"{name} {points(value)}" for name, value in split.baselines.items())
    return f"Floors of {split.name}, without any EEG: {known or UNKNOWN}."


def write_log(curves: Mapping[str, Sequence[EpochRecord]], path: Path) -> None:
    """Write every epoch so far as CSV.

    Parameters
    ----------
    curves
        Epochs by the name of the run or fold.
    path
        Where to.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    rows = [{"run": name} | _flat(record) for name, records in curves.items() for record in records]
    with atomic_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0] if rows else ["run"])  # no rows: every fold was there already
        writer.writeheader()
        writer.writerows(rows)


def _flat(record: EpochRecord) -> dict[str, Any]:
    """Lay the two sides of an epoch beside its other figures."""
    content = asdict(record)
    sides = {f"{split}_{name}": value for split in ("train", "val") for name, value in content.pop(split).items()}
    return content | sides
