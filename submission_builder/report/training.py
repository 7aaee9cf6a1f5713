"""A training run in the terminal, and its log."""

from __future__ import annotations

import csv
import textwrap
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.table import Table

from submission_builder.atomic import whole_file
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, correlation, interval, percent, points, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from model_zoo.training.record import EpochRecord, EpochReport
    from submission_builder.scores.points import ChallengeScore
    from submission_builder.training_run.data import Loaded
    from submission_builder.training_run.judgement import Judgement, Side
    from submission_builder.verdicts.advice import Advice

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
        _SIDE.format(points(side.nrmse), percent(side.spread), correlation(side.correlation))
        for side in (record.train, record.val)
    )
    said = _EPOCH.format(record.epoch, f"{record.lr:.1e}", f"{record.train_loss:.4g}", *sides)
    console.print(said, highlight=False, soft_wrap=True)


def show_job(console: Console, job: str) -> EpochReport:
    """Print which fold or run comes, and what the figures of its epochs are; hand out what prints these."""
    console.print(job, style="bold", highlight=False)
    show_headings(console)
    return partial(show_epoch, console)


def show_judgement(judgement: Judgement, console: Console) -> None:
    """Print the scores of a run beside their floors, what is said of them, and what to do."""
    title = marked(judgement.name, simulated=judgement.simulated)
    table = Table("side", "nrmse", "95 % interval", "floor", "spread", "subjects", title=title, title_justify="left")
    for name, score, floors in judgement.scores():
        table.add_row(name, *figures(score, floors), f"{score.n_subjects:,}")
    console.print(table)
    for note in [_floors(judgement.decisive), *notes(judgement)]:
        console.print(note, style="dim", highlight=False, soft_wrap=True)
    for verdict in judgement.verdicts:
        mark, style = ("✓", "green") if verdict.word.good else ("!", "yellow")
        console.print(f"{mark} {verdict}", style=style, highlight=False, soft_wrap=True)
    console.print(judgement.card.summary, highlight=False, soft_wrap=True)
    show_written(judgement, console)
    show_advice("next", judgement.advice, console)


def figures(score: ChallengeScore, floors: Mapping[str, float]) -> tuple[str, str, str, str]:
    """Write nrmse, interval, lowest floor and spread of a side."""
    floor = points(min(floors.values())) if floors else UNKNOWN
    return points(score.nrmse), interval(score.interval), floor, spread(score)


def show_written(judgement: Judgement, console: Console) -> None:
    """Print where the weights are, new or as an earlier run left them."""
    for checkpoint, curve in zip(judgement.checkpoints, judgement.curves, strict=True):
        console.print(f"{'wrote' if curve.records else 'kept'} {checkpoint.weights}", highlight=False, soft_wrap=True)


def show_advice(label: str, advice: Advice, console: Console) -> None:
    """Print what to do, and the command for it."""
    console.print(f"{label}: {advice.said}", style="bold", highlight=False, soft_wrap=True)
    if advice.command:
        console.print(f"  {advice.command}", highlight=False, soft_wrap=True)


def notes(judgement: Judgement) -> list[str]:
    """Say what has to be known to read the scores."""
    if not judgement.card.n_parameters:
        said = "The weights were solved on the train side alone; no other side chose anything."
    elif judgement.train is not None:
        said = "The val side chose the epoch; only a test side (--test) is untouched."
    else:
        said = "No fold chose its own epoch: other subjects did."
    return (
        ["Mean of the folds {:.5f} ± {:.5f} (std).".format(*judgement.mean_and_std), said]
        if judgement.mean_and_std
        else [said]
    )


def _floors(side: Side) -> str:
    known = ", ".join(f"{name} {points(value)}" for name, value in side.floors.items())
    return f"Floors of {side.name}, without any EEG: {known or UNKNOWN}."


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
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0] if rows else ["run"])  # no rows: every fold was there already
        writer.writeheader()
        writer.writerows(rows)


def _flat(record: EpochRecord) -> dict[str, Any]:
    """Lay the two sides of an epoch beside its other figures."""
    content = asdict(record)
    sides = {f"{side}_{name}": value for side in ("train", "val") for name, value in content.pop(side).items()}
    return content | sides
