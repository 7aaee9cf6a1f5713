"""Ensembles in the terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.report.marks import marked

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from submission_builder.blending import Blended
    from submission_builder.scores.points import ChallengeScore


def show_blended(blended: Blended, console: Console) -> None:
    """Print what each run, their mean and fitted shares score out of fold."""
    title = marked("out of fold, all by subject", simulated=any(run.simulated for run in blended.runs))
    table = Table("ensemble", "share", "nrmse", "95 % interval", title=title, title_justify="left")
    for run, share, score in zip(blended.runs, blended.shares.of_runs, blended.alone, strict=True):
        table.add_row(run.path.stem, f"{share:.1%}", *_figures(score))
    table.add_row("mean of the runs", "", *_figures(blended.mean))
    table.add_row("fitted to other subjects", "", *_figures(blended.fitted))
    console.print(table)
    factor, mean = blended.shares.factor, blended.shares.mean
    fit = f"shares, and {factor:.1%} of the difference from {mean:.4g}" if factor else "the constant: no run holds"
    kept = (
        f"kept: fitted {fit}" if blended.fit_holds else "kept: the mean; fitted shares do no better on other subjects"
    )
    console.print(kept, highlight=False, soft_wrap=True)


def show_ensemble(path: Path, challenge: int, what: str, console: Console) -> None:
    """Print where an ensemble was written and the command that packs it."""
    name = shlex.quote(str(path))
    console.print(f"wrote {path} ({what})", highlight=False, soft_wrap=True)
    choices = {1: f"--c1 {name} --c2 constant:0", 2: f"--c1 constant:1.6 --c2 {name}"}[challenge]
    console.print(f"next: subpack build {choices}", highlight=False, soft_wrap=True)


def _figures(score: ChallengeScore) -> tuple[str, str]:
    interval = "{:.3f} to {:.3f}".format(*score.interval) if score.interval else "–"
    return "–" if score.nrmse is None else f"{score.nrmse:.5f}", interval
