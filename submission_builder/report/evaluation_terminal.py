"""An evaluation as tables in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.cost import show_cost
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, decimal, interval
from submission_builder.report.numbers_table import numbers_table
from submission_builder.report.scores_table import denominator_name, scores_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from submission_builder.workflows.evaluate.evaluation import Evaluation
    from submission_builder.workflows.evaluate.invariance import VariantResult


def show_evaluation(evaluation: Evaluation, console: Console) -> None:
    """Print the scores, one column per challenge, and the notes that explain them.

    Of several releases, a table of each is printed first; the scores are those of all windows together.
    """
    if evaluation.releases:
        _show_releases(evaluation, console)
    if evaluation.ok:
        console.print(scores_table(evaluation, title_of(evaluation)))
    for part in evaluation.parts:
        name = title_of(part)
        _show_variants(f"{name} · invariance checks on a sample", part.invariance, console)
        _show_variants(f"{name} · lower precision on a sample", part.precision, console)
    _show_notes(evaluation, console)


def _show_releases(evaluation: Evaluation, console: Console) -> None:
    """Print one row per release, and one for all of them together."""
    numbers = sorted(PROFILES[evaluation.profile].challenges)
    title = f"profile {evaluation.profile} · each release, and all together"
    table = numbers_table(title, "release", (*(f"challenge {number}" for number in numbers), "overall"))
    for name, one in (*((title_of(part), part) for part in evaluation.releases), ("together", evaluation)):
        scores = [one.challenges.get(number) for number in numbers]
        cells = [f"{decimal(s.nrmse, DECIMALS)}\n{interval(s.interval)}" if s else UNKNOWN for s in scores]
        ends = interval(one.over_subjects.interval if one.over_subjects else None)
        overall = f"{decimal(one.overall, DECIMALS)}\n{ends}" if one.ok else one.outcome
        table.add_row(Text(name), *cells, overall, end_section=True)
    console.print(table)


def title_of(evaluation: Evaluation) -> str:
    """Name the release of a scored evaluation, and mark it if it is simulated, partial or a sample."""
    release = evaluation.release
    if release is None:
        return "unknown release"
    name = marked(release.name, simulated=release.simulated)
    n_left_out = len({one.recording for one in release.left_out})
    partial = f" · PARTIAL, without {n_left_out:,} of its recordings" if n_left_out else ""
    return name + partial + (" · a SAMPLE of its windows" if release.sample else "")


def _show_variants(title: str, results: Sequence[VariantResult], console: Console) -> None:
    """Print the nrmse under each variant; nothing if there is none."""
    if not results:
        return
    table = Table(title=title, title_justify="left")
    table.add_column("challenge", justify="right")
    table.add_column("variant")
    for heading in ("nrmse", "effect", "largest change"):
        table.add_column(heading, justify="right")
    for result in results:
        effect = change(result.effect, "+.1e") if result.outcome == "scored" else result.outcome
        largest = change(result.largest, ".1e")
        table.add_row(str(result.challenge), result.variant, decimal(result.nrmse, DECIMALS), effect, largest)
    console.print(table)


def change(value: float | None, form: str) -> str:
    """Write a change in a format such as ``+.1e``; no change is 0."""
    return UNKNOWN if value is None else f"{value:{form}}" if value else "0"


def _show_notes(evaluation: Evaluation, console: Console) -> None:
    for part in evaluation.parts:
        of = f"{title_of(part)}, " if evaluation.releases else ""
        for diagnosis in part.diagnoses:
            sign, style = ("✓", "green") if diagnosis.kind.good else ("!", "yellow")
            console.print(Text(f"{sign} {of}{diagnosis}", style=style), soft_wrap=True)
    if evaluation.placement:
        boards = "; ".join(map(str, evaluation.placement))
        console.print(Text(f"boards of 2025, which were scored on another release: {boards}"), soft_wrap=True)
    for number, score in evaluation.challenges.items():
        if score.reason:
            console.print(Text(f"challenge {number} has no score: {score.reason}"), soft_wrap=True)
    console.print(
        f"nrmse: RMSE divided by {denominator_name(evaluation.profile)}; interval: over subjects; "
        f"spread: std of the predictions divided by std of the targets; bias: mean of the predictions minus mean of "
        f"the targets; isolation: {evaluation.isolation}.",
        style="dim",
        soft_wrap=True,
        highlight=False,
    )
    for part in evaluation.parts:
        if part.cost:
            name = title_of(part) if evaluation.releases else None
            show_cost(part.cost, console, cached=part.run.cached, of=name)
    cached = "the predictions are cached from an earlier run (--fresh repeats it); the scores are computed anew"
    for caveat in [*evaluation.caveats, *([cached] if evaluation.run.cached else [])]:
        console.print(Text(f"note: {caveat}."), style="dim", soft_wrap=True)
