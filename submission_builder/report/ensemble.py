"""A blend of cross-validated runs in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.blend.result import BlendResult


def show_blend(result: BlendResult, console: Console) -> None:
    """Print the out-of-fold scores of the runs, of their mean and of fitted weights, and what was written."""
    title = marked("out of fold, all by subject", simulated=result.simulated)
    table = Table("ensemble", "fitted weight", "nrmse", "95 % interval", title=title, title_justify="left")
    for run, weight, score in zip(result.runs, result.weights.weights, result.scores, strict=True):
        table.add_row(run.path.stem, f"{weight:.1%}" if result.weights.factor else UNKNOWN, *_figures(score))
    table.add_row("mean of the runs", "", *_figures(result.mean))
    table.add_row("fitted to other subjects", "", *_figures(result.cross_fitted))
    console.print(table)
    console.print("A constant, the mean of the targets, has nrmse 1.", style="dim", highlight=False)
    console.print(f"kept: {_kept(result)}", highlight=False, soft_wrap=True)
    console.print(f"wrote {result.path} ({len(result.runs)} run(s))", highlight=False, soft_wrap=True)
    console.print(f"next: {result.command}", highlight=False, soft_wrap=True)


def _kept(result: BlendResult) -> str:
    factor, mean = result.weights.factor, result.weights.mean
    if result.kept == "constant":
        return f"the constant {mean:.4g}, the mean of the targets; no run helps on other subjects"
    if result.kept == "fitted weights":
        return f"the fitted weights, shrunk towards {mean:.4g}: {factor:.1%} of the difference remains"
    return "the mean; fitted weights are no better on other subjects"


def _figures(score: ChallengeScore) -> tuple[str, str]:
    return points(score.nrmse), interval(score.interval)
