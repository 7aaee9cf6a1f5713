"""Ensembles in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.blend import Blended


def show_blended(blended: Blended, console: Console) -> None:
    """Print what each run, their mean and fitted shares score out of fold."""
    title = marked("out of fold, all by subject", simulated=any(run.simulated for run in blended.runs))
    table = Table("ensemble", "fitted share", "nrmse", "95 % interval", title=title, title_justify="left")
    for run, share, score in zip(blended.runs, blended.shares.weights, blended.alone, strict=True):
        table.add_row(run.path.stem, UNKNOWN if not blended.shares.factor else f"{share:.1%}", *_figures(score))
    table.add_row("mean of the runs", "", *_figures(blended.mean))
    table.add_row("fitted to other subjects", "", *_figures(blended.fitted))
    console.print(table)
    console.print("The mean of the targets, a constant, scores 1.", style="dim", highlight=False)
    console.print(f"kept: {_kept(blended)}", highlight=False, soft_wrap=True)


def _kept(blended: Blended) -> str:
    factor, mean = blended.shares.factor, blended.shares.mean
    if blended.constant:
        return f"the constant {mean:.4g}, the mean of the targets; no run holds on other subjects"
    if blended.fit_holds:
        return f"the fitted shares, drawn towards {mean:.4g}: {factor:.1%} of the difference is left"
    return "the mean; fitted shares do no better on other subjects"


def show_ensemble(path: Path, what: str, console: Console) -> None:
    """Print where an ensemble was written."""
    console.print(f"wrote {path} ({what})", highlight=False, soft_wrap=True)


def _figures(score: ChallengeScore) -> tuple[str, str]:
    return points(score.nrmse), interval(score.interval)
